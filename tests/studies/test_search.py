"""Trials of plain functions: how many, which, what becomes of those that fail, and of a search that was stopped."""

import itertools
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from plans import Open, height, hill

from studies.errors import StudyError, TrialFailedError
from studies.glance import glance
from studies.outcome import TrialRecord, outcome
from studies.pruners import PRUNERS, Watch
from studies.samplers import SAMPLERS
from studies.space import Choices, FloatRange, Params, Space
from studies.storage import open_storage
from studies.worker import Scored, run_trials


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_finds_the_hill_and_repeats(study: Open, sampler: str) -> None:
    runs = []
    for name in ("one", "two"):
        opened = study(name=name, sampler=sampler, seed=1)
        run_trials(opened, hill, 13)
        found = outcome(opened)
        assert found.count("complete") == 13
        assert len({tuple(trial.params.values()) for trial in found.trials}) > 8
        runs.append([trial.params for trial in found.trials])
    assert runs[0] == runs[1]
    assert outcome(opened).best.value == max(height(params) for params in runs[0])


def test_tpe_comes_nearer_than_its_random_start(study: Open) -> None:
    opened = study()
    run_trials(opened, hill, 40)
    values = [trial.value for trial in outcome(opened).trials]
    assert max(values[10:]) > max(values[:10])
    assert outcome(opened).importance["x"] + outcome(opened).importance["n"] == pytest.approx(1)


@pytest.mark.parametrize("sampler", ["tpe", "cma-es"])
def test_a_search_in_two_calls_makes_the_trials_of_one(study: Open, sampler: str) -> None:
    """The state of the sampler is a function of the seed and the finished trials."""
    whole = study(name="whole", sampler=sampler)
    run_trials(whole, hill, 12)
    run_trials(study(name="parts", sampler=sampler), hill, 6)
    again = study(name="parts", sampler=sampler)
    run_trials(again, hill, 12)
    assert [t.params for t in outcome(again).trials] == [t.params for t in outcome(whole).trials]
    assert again.remarks == ()


def test_a_finished_study_runs_nothing(study: Open) -> None:
    run_trials(study(), hill, 5)

    def never(params: Params, watch: Watch) -> Scored:
        raise AssertionError("a sixth trial")

    run_trials(study(), never, 5)


def test_a_grid_is_searched_once_each(study: Open) -> None:
    space = Space({"x": FloatRange(0.0, 4.0), "n": Choices((3, 4))})
    opened = study(space=space, sampler="grid")
    run_trials(opened, hill, 10)
    tried = {(trial.params["x"], trial.params["n"]) for trial in outcome(opened).trials}
    assert tried == set(itertools.product([0.0, 1.0, 2.0, 3.0, 4.0], [3, 4]))
    assert outcome(opened).best.params == {"x": 2.0, "n": 3}


def test_the_first_trial_may_be_given(study: Open) -> None:
    opened = study()
    run_trials(opened, hill, 3, first={"x": 2.0, "n": 3})
    assert outcome(opened).trials[0].params == {"x": 2.0, "n": 3}
    assert outcome(opened).best.number == 0


@pytest.mark.parametrize("pruner", [name for name in PRUNERS if name != "none"])
def test_pruners_spare_what_is_clearly_worse(study: Open, pruner: str) -> None:
    """Ten parts of noiseless curves: bad trials must cost less than good ones."""
    spent: dict[float, int] = {}

    def curve(params: Params, watch: Watch) -> Scored:
        x, scores = float(params["x"]), []
        for part in range(10):
            for epoch in range(1, 11):
                spent[x] = spent.get(x, 0) + 1
                score = -abs(x) + 0.1 * epoch + 0.01 * part
                if part == 0 and not watch.epoch(epoch, 10, score):
                    return Scored(score, {"parts": len(scores)})
            scores.append(score)
            if not watch.part(scores):
                break
        return Scored(sum(scores) / len(scores), {"parts": len(scores)})

    opened = study(space=Space({"x": FloatRange(-5.0, 5.0)}), pruner=pruner, parts=10, sampler="random")
    run_trials(opened, curve, 25)
    found = outcome(opened)
    assert found.count("pruned") >= 5
    assert found.count("pruned") + found.count("complete") == 25
    assert found.best.value == max(-abs(x) + 1.045 for x in spent)
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert all("parts" in trial.attributes for trial in pruned)
    assert all(spent[float(trial.params["x"])] < 100 for trial in pruned)
    assert spent[float(found.best.params["x"])] == 100


def test_failures_and_numbers_that_are_none_do_not_end_a_search(study: Open) -> None:
    def fragile(params: Params, watch: Watch) -> Scored:
        if float(params["x"]) > 1:
            raise TrialFailedError("the loss is nan in epoch 0")
        if float(params["x"]) > 0:
            return Scored(float("nan"))
        return hill(params, watch)

    told: list[TrialRecord] = []
    opened = study(sampler="random")
    run_trials(opened, fragile, 12, told.append)
    found = outcome(opened)
    errors = {trial.attributes["error"] for trial in found.trials if trial.state == "failed"}
    assert errors == {"the loss is nan in epoch 0", "the score is nan"}
    assert len(told) == len(found.trials) == 12
    assert all(float(trial.params["x"]) <= 0 for trial in found.trials if trial.state == "complete")


def test_all_trials_failed_says_why(study: Open) -> None:
    def hopeless(params: Params, watch: Watch) -> Scored:
        raise TrialFailedError("the loss is inf in epoch 3")

    opened = study()
    run_trials(opened, hopeless, 4)
    with pytest.raises(StudyError, match="0 pruned, 4 failed; the first failure: the loss is inf in epoch 3"):
        outcome(opened)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_an_interrupted_trial_is_tried_again(study: Open, stop: type[BaseException]) -> None:
    calls: list[Params] = []

    def third_stops(params: Params, watch: Watch) -> Scored:
        calls.append(params)
        if len(calls) == 3:
            raise stop
        return hill(params, watch)

    with pytest.raises(stop):
        run_trials(study(), third_stops, 5)
    opened = study()
    run_trials(opened, third_stops, 5)
    found = outcome(opened)
    assert calls[3] == calls[2]
    assert (found.count("complete"), found.count("lost"), found.count("failed")) == (5, 1, 0)
    assert [trial.retry_of for trial in found.trials] == [None, None, None, 2, None, None]


def test_a_changed_space_is_refused_with_the_difference(study: Open) -> None:
    run_trials(study(), hill, 2)
    other = Space({"x": FloatRange(-1.0, 5.0)})
    with pytest.raises(StudyError) as caught:
        study(space=other)
    assert "space.x was -5 to 5, now -1 to 5" in str(caught.value)
    assert "space.n was 1 to 6, now not there" in str(caught.value)
    assert "--new-study" in str(caught.value)
    fresh = study(space=other, new=True)
    assert fresh.study.study_name == "s-2"
    run_trials(fresh, lambda params, watch: Scored(float(params["x"])), 3)
    assert outcome(study(space=other)).name == "s-2"
    assert outcome(study(space=other, new=True)).name == "s-2", "the same call again goes on"
    assert outcome(study()).name == "s", "as does the first one"
    with pytest.raises(StudyError, match="data was abc, now xyz"):
        study(space=other, question={"data": "xyz"})


def test_changed_means_are_only_said(study: Open) -> None:
    study()
    assert study(sampler="random", seed=3).remarks == ("sampler was tpe, now random", "seed was 0, now 3")


def test_a_trial_in_its_last_states_is_not_reopened(study: Open) -> None:
    opened = study()
    run_trials(opened, hill, 3)
    assert {trial.state for trial in opened.study.trials} == {TrialState.COMPLETE}


def test_the_note_and_metric_are_kept_for_the_dashboard(study: Open, tmp_path: Path) -> None:
    from optuna_dashboard import get_note

    opened = study(note="Tuned on these cases.")
    assert get_note(opened.study) == "Tuned on these cases."
    assert opened.study.metric_names == ["height"]


def test_a_trial_whose_process_died_before_any_sign_of_life_holds_nobody_up(study: Open) -> None:
    """A trial that is taken and never begun, as by a process killed in between, has no heartbeat to grow old."""
    opened = study(heartbeat=1)
    opened.storage.create_new_trial(opened.study._study_id)
    run_trials(opened, hill, 2)
    trials = outcome(opened).trials
    assert opened.study.trials[0].state == TrialState.FAIL
    assert [trial.state for trial in trials].count("complete") == 2


def test_a_trial_that_could_not_be_queued_again_is_queued_by_the_next_call(study: Open) -> None:
    """A full disk takes the end of a trial, which needs no more room, and not its successor, which does."""
    opened = study()
    trial = opened.study.ask()
    params = opened.plan.space.suggest(trial)
    opened.study.tell(trial, state=TrialState.FAIL)
    again = study()
    run_trials(again, hill, 3)
    found = outcome(again)
    assert (found.count("complete"), found.count("lost"), found.count("failed")) == (3, 1, 0)
    assert params in [one.params for one in found.trials if one.state == "complete"]


def test_the_parameters_to_begin_with_are_never_given_up(study: Open) -> None:
    """Even where they come last, behind better ones."""
    first: Params = {"x": -5.0, "n": 6}

    def told(params: Params, watch: Watch) -> Scored:
        for done in range(1, 11):
            if not watch.epoch(done, 10, height(params)):
                break
        return Scored(height(params))

    opened = study(pruner="median", space=Space({"x": FloatRange(-5.0, 5.0), "n": Choices((3, 6))}), sampler="random")
    for x in (1.7, 1.75, 1.8, 1.85, 1.9, 1.95):  # each better than the median of those before
        opened.study.enqueue_trial({"x": x, "n": 3})
    opened.study.enqueue_trial({"x": -4.9, "n": 6})
    opened.study.enqueue_trial(first)
    run_trials(opened, told, 8, first=first)
    states = [trial.state for trial in outcome(opened).trials]
    assert states[:6] == ["complete"] * 6
    assert states[6:] == ["pruned", "complete"]


@pytest.mark.parametrize("at", ["set_trial_state_values", "get_trial"])
def test_an_interrupt_while_optuna_notes_a_trials_end_is_an_interrupt(
    study: Open, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, scored = study(), []

    def score(params: Params, watch: Watch) -> Scored:
        scored.append(params)
        if len(scored) == 2:
            monkeypatch.setattr(opened.study._storage, at, interrupted)
        return Scored(1.0)

    def interrupted(*given: object, **named: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trials(opened, score, 3)
    assert len(scored) == 2


def indexes(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as opened:
        return {sql for (sql,) in opened.execute("SELECT sql FROM sqlite_master WHERE type = 'index'") if sql}


def test_a_study_whose_tables_are_not_all_made_is_none_yet(study: Open, tmp_path: Path) -> None:
    """Optuna was killed while it made them."""
    run_trials(study(), hill, 1)
    with closing(sqlite3.connect(tmp_path / "study.db")) as whole:
        made = [line for (line,) in whole.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")]
    for number in (0, 1, len(made) - 1):
        file = tmp_path / f"after-{number}.db"
        with closing(sqlite3.connect(file)) as begun:
            for line in made[:number]:
                begun.execute(line)
            begun.commit()
        assert glance(file) == []
        again = optuna.create_study(storage=open_storage(f"sqlite:///{file}"), study_name="again")
        again.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
        assert [(one.name, one.complete) for one in glance(file)] == [("again", 1)]
        assert indexes(file) == indexes(tmp_path / "study.db") > set()
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as foreign:
        foreign.execute("CREATE TABLE foods (name text)")
        foreign.commit()
    with pytest.raises(StudyError, match="no such table"):
        glance(other)


def test_what_a_killed_process_has_half_written_is_no_obstacle_to_a_glance(study: Open, tmp_path: Path) -> None:
    """SQLite keeps a journal to take it back by; whoever only reads may not do that."""
    run_trials(study(), hill, 3)
    file = tmp_path / "study.db"
    writes = (
        "import os, signal, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA cache_size = 1'); "
        "c.execute('BEGIN IMMEDIATE'); c.execute('DELETE FROM trials'); c.execute('CREATE TABLE much (text)'); "
        "[c.execute('INSERT INTO much VALUES (?)', ('x' * 4000,)) for _ in range(500)]; os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", writes, file], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert file.with_name("study.db-journal").stat().st_size > 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (found,) = glance(file)
    assert (found.complete, found.running) == (3, 0)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
