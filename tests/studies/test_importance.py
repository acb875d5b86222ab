"""The importance of parameters: one estimate, in reports and in the dashboard, and none of few trials."""

import json
from wsgiref.util import setup_testing_defaults

import pytest
from optuna_dashboard import wsgi
from plans import Open

from studies.dashboard import with_our_importance
from studies.outcome import FEWEST_TRIALS, outcome
from studies.pruners import Watch
from studies.space import Params
from studies.study import OpenStudy
from studies.worker import Scored, run_trials


def steep(params: Params, watch: Watch) -> Scored:
    return Scored(-10 * float(params["x"]) - 0.01 * float(params["n"]))


def told_by_the_dashboard(opened: OpenStudy, path: str) -> tuple[str, bytes]:
    """Status and body of its answer."""
    environment: dict[str, object] = {"PATH_INFO": path}
    setup_testing_defaults(environment)
    said: list[str] = []
    storage = opened.study._storage
    app = with_our_importance(wsgi(storage), storage)
    body = b"".join(app(environment, lambda status, headers, error=None: said.append(status)))
    return said[0], body


@pytest.mark.parametrize("trials", [FEWEST_TRIALS - 1, FEWEST_TRIALS])
def test_twenty_complete_trials_it_takes_and_the_dashboard_shows_the_same(study: Open, trials: int) -> None:
    opened = study(sampler="random")
    run_trials(opened, steep, trials)
    found = outcome(opened).importance
    status, body = told_by_the_dashboard(opened, "/api/studies/1/param_importances")
    (shown,) = json.loads(body)["param_importances"]
    assert status == "200 OK"
    assert {one["name"]: one["importance"] for one in shown} == pytest.approx(found)
    if trials < FEWEST_TRIALS:
        assert found == {}
    else:
        assert found["x"] > 0.8
        assert {one["distribution"] for one in shown} <= {"FloatDistribution", "IntDistribution"}


def test_what_the_dashboard_does_not_know_it_says_itself(study: Open) -> None:
    status, _ = told_by_the_dashboard(study(), "/api/studies/99/param_importances")
    assert status.startswith("404")
