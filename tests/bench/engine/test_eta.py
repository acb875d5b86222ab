"""The time left against runs whose seconds are known, on a planted clock."""

import io
import itertools
from dataclasses import replace

import numpy as np
import pytest

from bench.data.images import PixelSettings
from bench.engine.eta import Eta
from bench.engine.progress import Allowance, RunProgress
from bench.execution.executor import Speed
from bench.plan.plan import seeds_of
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, Numerics, RunResult, RunSpec, Sample, Weights
from bench.terminal import Terminal

DONE = RunResult("done", np.zeros((0, 0), dtype=np.float32))
FAILED = RunResult("failed", np.zeros((0, 0), dtype=np.float32), error="The loss is nan")
NEVER = Speed(
    training=1.0, evaluation=1e12
)  # evaluation takes no time: a run of 100 images and 2 epochs promises 200 s


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def spec(backbone: str, seed: int = 0, fold: int = 0) -> RunSpec:
    """100 cases to train on, 2 epochs."""
    samples = tuple(Sample(str(number), "internal", "a", str(number), None) for number in range(100))
    return RunSpec(
        backbone,
        Weights("random", ""),
        Recipe(epochs=2),
        PixelSettings(image_size=32),
        Numerics("fp32"),
        ("a", "b"),
        seed,
        seeds_of(seed),
        fold,
        samples,
        samples[:2],
    )


def epoch(number: int, seconds: float) -> EpochRecord:
    return EpochRecord(number, "full", 1.0, 1e-3, 1.0, 0.5, 0.5, seconds, 100)


def test_the_first_estimate_is_that_of_the_timed_steps(clock: Clock) -> None:
    speeds = {"slow": NEVER, "quick": Speed(10.0, 1e12)}
    pace = Eta([spec("slow"), spec("quick"), spec("quick", 1)], speeds, 1, clock)
    assert pace.seconds_left() == pytest.approx(200 + 20 + 20)
    clock.now = 50
    assert pace.seconds_left() == pytest.approx(190)  # time passes between signs of life, too


def test_each_backbone_is_corrected_by_its_own_runs(clock: Clock) -> None:
    """Timed steps promised 200 s for both; one takes twice as long, the other half. No mean of both is right."""
    specs = [spec(name, seed) for seed in range(3) for name in ("slow", "quick")]
    pace = Eta(specs, {"slow": NEVER, "quick": NEVER}, 1, clock)
    for one, seconds in ((specs[0], 400), (specs[1], 100)):
        clock.now += seconds
        pace.run(one, DONE)
    assert pace.seconds_left() == pytest.approx(2 * 400 + 2 * 100)
    clock.now += 400
    pace.run(specs[2], DONE)
    assert pace.seconds_left() == pytest.approx(400 + 2 * 100)


def test_epochs_correct_before_a_run_has_ended(clock: Clock) -> None:
    specs = [spec("net"), spec("net", 1)]
    pace = Eta(specs, {"net": NEVER}, 1, clock)
    clock.now = 150
    pace.epoch(specs[0], epoch(0, 150.0))  # 100 images, promised in 100 s
    assert pace.seconds_left() == pytest.approx(150 + 300)
    assert pace.share() == pytest.approx(0.25)
    assert pace.running() == [(specs[0], 1)]


def test_a_backbone_that_has_not_begun_is_corrected_by_the_others(clock: Clock) -> None:
    specs = [spec("first"), spec("second")]
    pace = Eta(specs, {"first": NEVER, "second": Speed(4.0, 1e12)}, 1, clock)
    clock.now = 300
    pace.run(specs[0], DONE)  # half as long again as promised
    assert pace.seconds_left() == pytest.approx(1.5 * 50)


def test_workers_share_the_runs_and_the_last_round_counts_whole(clock: Clock) -> None:
    specs = [spec("net", seed) for seed in range(5)]
    pace = Eta(specs, {"net": NEVER}, 2, clock)
    assert pace.seconds_left() == pytest.approx(600)
    assert [one.seed for one, _ in pace.running()] == [0, 1]
    clock.now = 200
    pace.run(specs[0], DONE)
    pace.run(specs[1], DONE)
    assert pace.seconds_left() == pytest.approx(400)
    assert [one.seed for one, _ in pace.running()] == [2, 3]


def test_an_executor_may_have_an_order_of_its_own(clock: Clock) -> None:
    specs = [spec("net", seed) for seed in range(3)]
    pace = Eta(specs, {"net": NEVER}, 1, clock)
    pace.epoch(specs[2], epoch(0, 100.0))
    assert [one.seed for one, _ in pace.running()] == [0, 2]
    for one in (specs[2], specs[0], specs[1]):
        clock.now += 200
        pace.run(one, DONE)
    assert (pace.done, pace.share(), pace.seconds_left()) == (3, 1.0, 0.0)


def test_failed_runs_leave_nothing_to_wait_for_and_say_nothing_of_others(clock: Clock) -> None:
    specs = [spec("net", seed) for seed in range(3)]
    pace = Eta(specs, {"net": NEVER}, 1, clock)
    clock.now = 3
    pace.run(specs[0], FAILED)
    assert pace.seconds_left() == pytest.approx(400)
    assert (pace.done, pace.share()) == (1, pytest.approx(1 / 3))


def test_without_timed_steps_nothing_is_promised_before_a_run_has_ended(clock: Clock) -> None:
    specs = [spec("net", seed) for seed in range(3)]
    pace = Eta(specs, None, 1, clock)
    assert pace.seconds_left() is None
    clock.now = 70
    pace.run(specs[0], DONE)
    assert pace.seconds_left() == pytest.approx(140)


def test_piped_progress_is_a_line_for_each_run(clock: Clock) -> None:
    specs, out = [spec("net", seed) for seed in range(2)], io.StringIO()
    console = Terminal(file=out, width=200)
    with RunProgress(console, Eta(specs, {"net": NEVER}, 1, clock)) as progress:
        for number in range(2):
            clock.now += 100
            progress.epoch(specs[0], epoch(number, 100.0))
        progress.run(specs[0], DONE)
        progress.run(specs[1], FAILED)
    assert out.getvalue().splitlines() == [
        "1/2 runs, 1 images/s, 3 min left: net seed 0 fold 0",
        "net seed 1 fold 0 failed: The loss is nan",
    ]


def test_a_terminal_shows_a_bar_and_a_dumb_one_lines(clock: Clock) -> None:
    specs = [spec("net", seed) for seed in range(2)]
    for term, bar in (("xterm-256color", True), ("dumb", False)):
        out = io.StringIO()
        console = Terminal(file=out, width=100, force_terminal=True, _environ={"TERM": term, "NO_COLOR": "1"})
        with RunProgress(console, Eta(specs, {"net": NEVER}, 1, clock)) as progress:
            clock.now += 200
            progress.run(specs[0], DONE)
        assert ("━" in out.getvalue()) == bar
        assert ("\x1b" in out.getvalue()) == bar
        assert "\x1b[3" not in out.getvalue()  # no colour
        assert "1/2 runs, 0 images/s, 3 min left" in out.getvalue()


def test_probes_have_an_estimate_once_each_backbone_has_its_features(clock: Clock) -> None:
    """Its first run computed them for all others, which takes 100 s here; each fit takes 5 s."""
    probe = Recipe(name="logistic probe", probe="logistic")
    specs = [replace(spec(name, seed), recipe=probe) for seed in range(3) for name in ("slow", "quick")]
    eta = Eta(specs, None, 1, clock)
    first = replace(DONE, timings={"features": 100.0})
    clock.now = 105
    eta.run(specs[0], first)
    assert eta.seconds_left() is None
    clock.now = 210
    eta.run(specs[1], first)
    assert eta.seconds_left() == pytest.approx(4 * 5)
    out = io.StringIO()
    with RunProgress(Terminal(file=out, width=100), eta) as progress:
        clock.now = 215
        progress.run(specs[2], replace(DONE, timings={"features": 0.0}))
    assert "3/6 runs, 15 s left: slow seed 1 fold 0" in out.getvalue()


def test_telling_how_far_work_is_takes_no_more_than_its_share(clock: Clock) -> None:
    """Each look takes a second; two are allowed at once, and then a tenth of the time."""

    def look() -> None:
        looks.append(clock.now)
        clock.now += 1

    looks, allowance = list[float](), Allowance(share=0.1, saved=2.0, clock=clock)
    for second in range(100):
        clock.now = max(clock.now, second)
        allowance.spend(look)
    assert looks[:2] == [0, 1]
    assert 10 <= len(looks) <= 13
    assert max(later - before for before, later in itertools.pairwise(looks)) <= 11


def test_a_plan_of_many_runs_is_asked_for_each_promise_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a run should take depends on nothing that changes."""
    asked, seconds = list[RunSpec](), Speed.seconds
    monkeypatch.setattr(Speed, "seconds", lambda speed, one: (asked.append(one), seconds(speed, one))[1])
    specs = [spec("net", seed) for seed in range(5)]
    pace = Eta(specs, {"net": NEVER}, 2, clock)
    for one in specs:
        clock.now += 100
        pace.epoch(one, epoch(0, 100.0))
        pace.seconds_left()
        pace.share()
        pace.run(one, DONE)
    assert len(asked) == len(specs)
