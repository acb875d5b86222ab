"""How long the runs should take, and what a smaller experiment would. Times a few steps; prints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.config.experiment import Experiment
from bench.engine.durations import duration, makespan
from bench.execution.executor import Executor, Speed
from bench.plan.spec import RunSpec

LONG = 600.0  # seconds from which smaller choices are offered


@dataclass(frozen=True)
class Forecast:
    """`seconds` for all pending runs on this executor's workers; `speeds` of each backbone, images a second.

    `order`: the runs in the order in which they should begin, which is the one of `seconds`.
    """

    seconds: float
    speeds: Mapping[str, Speed]
    order: Sequence[RunSpec]


def forecast(executor: Executor, pending: Sequence[RunSpec]) -> Forecast:
    """Time each backbone once and add up; features of frozen bodies and process start are not counted."""
    examples = {spec.backbone: spec for spec in pending}
    speeds = {name: executor.measure(spec) for name, spec in examples.items()}
    order = longest_first(pending, speeds)
    seconds = [speeds[spec.backbone].seconds(spec) for spec in order]
    return Forecast(makespan(seconds, executor.workers), speeds, order)


def longest_first(pending: Sequence[RunSpec], speeds: Mapping[str, Speed]) -> list[RunSpec]:
    """Seed after seed as they are, those of training draws last, and in each the slowest backbone first: no worker ends
    alone with a long run.

    Runs of one backbone keep their order, since their folds differ by a case or two.
    """
    slowest = dict[str, float]()
    for spec in pending:
        slowest[spec.backbone] = max(slowest.get(spec.backbone, 0.0), speeds[spec.backbone].seconds(spec))
    seeds = {seed: place for place, seed in enumerate(dict.fromkeys(spec.seed for spec in pending))}
    return sorted(pending, key=lambda spec: (spec.draw, seeds[spec.seed], -slowest[spec.backbone]))


def announce(
    executor: Executor,
    pending: Sequence[RunSpec],
    what: str,
    say: Callable[[str], None],
    rest: Callable[[Forecast], str],
    times: int = 1,
) -> Forecast | None:
    """Say what is to be done and how long it should take; None where a timed step fails.

    rest: what else the sentence says; times: how often all of `pending` is to be done.
    """
    try:
        expected = forecast(executor, pending)
    except Exception as error:  # the runs themselves will say it again, each for itself
        say(f"{what}; no forecast, since a timed step failed: {error}")
        return None
    seconds = duration(expected.seconds * times)
    say(f"{what}, about {seconds} with {executor.workers} worker(s){rest(expected)}.")
    return expected


def smaller_choices(experiment: Experiment, seconds: float) -> str:
    """Options that would take less time, with about how much; "" where nothing long is asked."""
    if seconds < LONG:
        return ""
    choices = list(_choices(experiment, seconds))
    return "To take less time: " + "; ".join(choices) + "." if choices else ""


def _choices(experiment: Experiment, seconds: float) -> Iterable[str]:
    seeds, size, draws = len(experiment.seeds), experiment.pixels.image_size, experiment.training_draws
    if draws:
        yield f"no --training-draws (about {duration(seconds / (1 + draws))})"
    if seeds > 5:
        yield f"--seeds 5 (about {duration(seconds * 5 / seeds)})"
    folds = experiment.drawn_folds
    if experiment.holdout is None and folds > 3:
        share = 3 * (1 - 1 / 3) / (folds * (1 - 1 / folds))
        yield f"--folds 3 (about {duration(seconds * share)})"
    if size > 128:
        yield f"--image-size 128 (about {duration(seconds * (128 / size) ** 2)})"
    if experiment.recipe.epochs > 5:
        yield f"--epochs 5 (about {duration(seconds * 5 / experiment.recipe.epochs)})"
