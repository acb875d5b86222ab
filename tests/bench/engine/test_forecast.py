"""In which order runs begin, and what that saves."""

from dataclasses import replace

from bench.config.experiment import Experiment
from bench.data.images import PixelSettings
from bench.engine.durations import makespan
from bench.engine.forecast import longest_first, smaller_choices
from bench.execution.executor import Speed
from bench.plan.plan import seeds_of
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunSpec, Sample, Weights

SPEEDS = {name: Speed(training=rate, evaluation=1e12) for name, rate in {"quick": 10.0, "slow": 1.0}.items()}


def spec(backbone: str, seed: int, fold: int, cases: int = 10) -> RunSpec:
    """So many cases to train on, in one epoch."""
    samples = tuple(Sample(str(number), "internal", "a", str(number), None) for number in range(cases))
    return RunSpec(
        backbone,
        Weights("random", ""),
        Recipe(epochs=1),
        PixelSettings(image_size=32),
        Numerics("fp32"),
        ("a", "b"),
        seed,
        seeds_of(seed),
        fold,
        samples,
        samples[:1],
    )


def test_slow_backbones_begin_first_within_each_seed() -> None:
    planned = [spec(name, seed, fold) for seed in (3, 1) for fold in (0, 1) for name in ("quick", "slow")]
    begun = [(one.seed, one.backbone, one.fold) for one in longest_first(planned, SPEEDS)]
    assert begun == [
        *[(3, "slow", 0), (3, "slow", 1), (3, "quick", 0), (3, "quick", 1)],
        *[(1, "slow", 0), (1, "slow", 1), (1, "quick", 0), (1, "quick", 1)],
    ]


def test_a_fold_of_more_cases_changes_nothing_within_a_backbone() -> None:
    planned = [spec("slow", 0, 0), spec("slow", 0, 1, cases=11), spec("quick", 0, 0)]
    assert longest_first(planned, SPEEDS) == planned


def test_runs_of_training_draws_begin_when_all_others_have() -> None:
    planned = [replace(spec("slow", seed, 0), replicate=draw) for seed in (0, 1) for draw in (0, 1, 2)]
    begun = [(one.draw, one.seed) for one in longest_first(planned, SPEEDS)]
    assert begun == [(draw, seed) for draw in (0, 1, 2) for seed in (0, 1)]


def test_leaving_out_the_draws_is_offered_with_what_it_saves() -> None:
    said = smaller_choices(Experiment(training_draws=3, image_size=64), 4 * 1200.0)
    assert said.startswith("To take less time: no --training-draws (about 20 min)")


def test_no_worker_is_left_alone_with_a_long_run() -> None:
    """Two workers: 1 s and 10 s, then 1 s and 10 s: the second long run begins at 2 s. Else both begin at once."""
    planned = [spec(name, 0, fold) for fold in (0, 1) for name in ("quick", "slow")]
    seconds = [SPEEDS[one.backbone].seconds(one) for one in planned]
    assert round(makespan(seconds, 2)) == 12
    ordered = [SPEEDS[one.backbone].seconds(one) for one in longest_first(planned, SPEEDS)]
    assert round(makespan(ordered, 2)) == 11
