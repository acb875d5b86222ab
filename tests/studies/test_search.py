"""Trials of plain functions: how many, which, what becomes of those that fail, and of a search that was stopped."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from plans import Open

from studies.errors import StudyError, TrialFailedError
from studies.glance import glance
from studies.outcome import TrialRecord, outcome
from studies.pruners import PRUNERS, Watch
from studies.retry import PROCESS, _process, announce, take_over
from studies.samplers import SAMPLERS
from studies.space import Choices, FloatRange, Params, Space
from studies.storage import open_storage, sqlite_url
from studies.worker import Scored, run_trials


def height(params: Params) -> float:
    """Highest, 0, at x = 2, n = 3."""
    return -((float(params["x"]) - 2) ** 2) - (float(params["n"]) - 3) ** 2


def hill(params: Params, watch: Watch) -> Scored:
    return Scored(height(params))


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


KILLED = """
import os, signal, sys
where, after, first, sampler, url = sys.argv[1:6]
sys.path[:0] = sys.argv[6:]
from plans import plan
from studies import retry, worker
from studies.space import FloatRange, Space
from studies.storage import open_storage
from studies.study import open_study

def killed(*given):
    os.kill(os.getpid(), signal.SIGKILL)

if where == "before it is signed":
    worker.sign = killed
if where == "between its parameters":
    FloatRange.suggest = killed
if where == "before it has parameters":
    Space.suggest = killed
if where == "between its end and its successor":
    retry.retry = killed
done = 0

def score(params, watch):
    global done
    done += 1
    if done > int(after):
        killed()
    return worker.Scored(-((params["x"] - 2) ** 2) - (params["n"] - 3) ** 2)

opened = open_study(open_storage(url, 30), url, plan(sampler=sampler))
worker.run_trials(opened, score, 15, first={"x": 2.0, "n": 3} if first == "given" else None)
"""
FIRST: Params = {"x": 2.0, "n": 3}


def killed_search(tmp_path: Path, where: str, after: int = 0, first: str = "given", sampler: str = "tpe") -> None:
    """A search whose process kills itself at a place, having ended so many trials."""
    url = sqlite_url(tmp_path / "study.db")
    command = [sys.executable, "-c", KILLED, where, str(after), first, sampler, url, *sys.path]
    killed = subprocess.run(command, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


PLACES = {
    "once": [("in its score", 0)],
    "before it is signed": [("before it is signed", 0)],
    "and while it is taken over": [("before it has parameters", 0), ("between its end and its successor", 0)],
    "another one, too": [("between its parameters", 0), ("in its score", 2), ("before it is signed", 0)],
}


def goes_on(study: Open, tmp_path: Path, kills: list[tuple[str, int]], first: str, sampler: str, trials: int) -> None:
    """That a search has the same parameters in the same order as one whose processes nobody killed."""
    given = FIRST if first == "given" else None
    undisturbed = study(name="undisturbed", sampler=sampler)
    run_trials(undisturbed, hill, trials, first=given)
    for where, after in kills:
        killed_search(tmp_path, where, after, first, sampler)
    again = study(heartbeat=3600, sampler=sampler)  # so long that nothing is found by its heart
    assert TrialState.WAITING not in {trial.state for trial in again.study.trials}
    run_trials(again, hill, trials, first=given)
    found = outcome(again)
    assert [trial.params for trial in found.trials if trial.state == "complete"] == [
        trial.params for trial in outcome(undisturbed).trials
    ]
    assert found.count("lost") == len(found.trials) - trials
    assert given is None or outcome(undisturbed).trials[0].params == given


@pytest.mark.parametrize("first", ["given", "drawn"])
@pytest.mark.parametrize("kills", PLACES.values(), ids=PLACES)
def test_a_killed_search_goes_on_as_if_nobody_had_killed_it(
    study: Open, tmp_path: Path, kills: list[tuple[str, int]], first: str
) -> None:
    goes_on(study, tmp_path, kills, first, "tpe", 5)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_so_does_every_sampler_past_its_random_start(study: Open, tmp_path: Path, sampler: str) -> None:
    goes_on(study, tmp_path, [("in its score", 3), ("before it has parameters", 8)], "drawn", sampler, 14)


def test_given_parameters_are_tried_as_often_as_it_takes(study: Open, tmp_path: Path) -> None:
    goes_on(study, tmp_path, 7 * [("in its score", 0)], "given", "tpe", 5)


def test_no_two_trials_are_drawn_alike_whatever_prunes(study: Open) -> None:
    """Hyperband shows a sampler the trials of one bracket alone."""
    opened = study(sampler="random", pruner="hyperband")
    run_trials(opened, hill, 14)
    assert len({tuple(trial.params.values()) for trial in outcome(opened).trials}) == 14


NOBODY = 2**22 + 1  # Linux gives no number beyond 2^22


@pytest.mark.parametrize(("taker", "state"), [(os.getppid(), TrialState.RUNNING), (NOBODY, TrialState.FAIL)])
def test_a_trial_that_is_not_signed_is_left_to_processes_that_live(study: Open, taker: int, state: TrialState) -> None:
    """One of which may be about to sign it."""
    opened = study()
    host = _process(os.getpid()).rsplit(maxsplit=2)[0]
    gone = [f"{PROCESS} {host} {NOBODY} 1", f"{PROCESS} elsewhere/pid:[1] 7 1"]
    named = f"{PROCESS} {_process(taker)}" if taker != NOBODY else gone[0]
    for name, takes in ((gone[0], True), (gone[1], False), (named, True)):
        opened.storage.set_study_system_attr(opened.study._study_id, name, takes)
    announce(opened.study, opened.storage, takes=True)
    opened.study.ask()
    take_over(opened.study, opened.storage)
    assert opened.study.trials[0].state == state


def test_a_trial_of_a_process_that_has_ended_and_was_not_waited_for_is_taken_over(study: Open) -> None:
    """As of a driver whose shell was killed with it."""
    opened = study()
    process = subprocess.Popen(["sleep", "100"])
    signed = _process(process.pid)
    opened.storage.set_trial_system_attr(opened.study.ask()._trial_id, PROCESS, signed)
    take_over(opened.study, opened.storage)
    assert opened.study.trials[0].state == TrialState.RUNNING
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    take_over(opened.study, opened.storage)
    assert opened.study.trials[0].state == TrialState.FAIL
    process.wait()


def test_other_parameters_that_kill_processes_are_given_up(study: Open, tmp_path: Path) -> None:
    opened = study()
    run_trials(opened, hill, 1, first=FIRST)
    for _ in range(6):
        killed_search(tmp_path, "in its score")
    run_trials(opened, hill, 5, first=FIRST)
    found = outcome(opened)
    assert (found.count("complete"), found.count("lost"), found.count("failed")) == (4, 5, 1)


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
