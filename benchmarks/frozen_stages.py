"""How much faster frozen stages train than everything: `--freeze stages:3` beside fine-tuning, at 64 px.

resnet34 from weights in a file (random ones; their values do not matter here) and tf_efficientnet_lite0 from ImageNet
weights (extra lite), in fp32 and, where the processor has it, bf16. Steps are those of the engine, in the time of the
processor; runs are whole ones, each with an empty cache of features, so that what the features cost is in their timings
and can be left out or shared. Everything takes turns in one process with one thread.
Run: python -m benchmarks.frozen_stages [--rounds 5] [--cases 200] [--external 80]
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import timm
import torch
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode

from backbones.build import build
from backbones.stages import divide
from backbones.weights import PACKAGES
from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.execution.optimisation import Optimisation, loss_function
from bench.execution.run import PreparedRun, execute
from bench.plan.recipe import Recipe
from bench.plan.spec import Precision, RunSpec
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal
from benchmarks.convolutions import precisions
from benchmarks.goals import at_least
from benchmarks.timing import bench, machine, options, take_turns, versions

BACKBONES = ("resnet34", "tf_efficientnet_lite0")
STAGES, WANTED = 3, 4.0
RUNS = 10
"""That share features computed once: 5 folds × 2 seeds."""
PARTS = ("forward", "backward", "update")
PHASES = ("features", "train", "validate", "predict", "build")
WAYS = {"everything": 0, f"stages:{STAGES} frozen": STAGES}


@dataclass(frozen=True)
class Run:
    """Seconds of a whole run by phase."""

    phases: dict[str, float]

    @property
    def alone(self) -> float:
        """With the features that it needs."""
        return self.phases["total"]

    @property
    def cached(self) -> float:
        """Where the features are there already."""
        return self.alone - self.phases["features"]

    @property
    def shared(self) -> float:
        """Where several runs share them."""
        return self.cached + self.phases["features"] / RUNS


COUNTED: dict[str, Callable[[Run], float]] = {
    "a run, its features computed": lambda run: run.alone,
    f"a run of {RUNS} that share features": lambda run: run.shared,
    "a run, features there already": lambda run: run.cached,
}


def prepared(given: argparse.Namespace, name: str, precision: Precision, data: Path, caches: Caches) -> Prepared:
    """The request as `bench run` would read it."""
    weights = "imagenet"
    if name not in PACKAGES or find_spec(PACKAGES[name]) is None:
        file = data.with_name(f"{name}.safetensors")
        torch.manual_seed(0)
        save_file(timm.create_model(name).state_dict(), file)
        weights = str(file)
    experiment = Experiment(
        data=str(data),
        backbone=[name],
        seeds=[0],
        recipe=Recipe(epochs=given.epochs, batch_size=given.batch),
        image_size=given.size,
        weights=weights,
        precision=precision,
        device="cpu",
    )
    folder, terminal = ResultsFolder(data.with_name("results")), Terminal(quiet=True)
    return prepare(experiment, folder, look_ahead(experiment, folder, caches, terminal), caches, terminal)


def step_work(run: PreparedRun, steps: int) -> dict[str, Callable[[], object]]:
    """A training step up to the end of its forward pass, of its backward pass, and whole."""
    batch = run.rows(run.spec.train)[: run.spec.recipe.batch_size]
    labels = torch.from_numpy(run.labels(run.spec.train)[: len(batch)])
    module, inputs = run.trained
    optimisation = Optimisation(module, run.spec.recipe, steps, run.device)
    criterion = loss_function(run.spec.recipe, labels.tolist(), len(run.spec.classes), run.device)
    module.train()

    def forward() -> torch.Tensor:
        given = inputs(batch)
        with run.autocast:
            logits = module(given)
        loss: torch.Tensor = criterion(logits.float(), labels)
        return loss

    def with_backward() -> None:
        optimisation.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(forward())

    return {"forward": forward, "backward": with_backward, "whole": lambda: optimisation.step(forward())}


def step_parts(runs: Sequence[PreparedRun], rounds: int) -> list[dict[str, list[float]]]:
    """Of each run the seconds of a step in each round, by part and as a whole; all take turns."""
    work = {(place, what): do for place, run in enumerate(runs) for what, do in step_work(run, rounds + 1).items()}
    taken = take_turns(work, rounds, warm_up=1, clock=time.process_time)
    found = []
    for place in range(len(runs)):
        ahead, back, whole = (np.array(taken[place, what]) for what in ("forward", "backward", "whole"))
        parts = dict(zip(PARTS, (ahead, back - ahead, whole - back), strict=True))
        found.append({name: values.tolist() for name, values in {**parts, "whole": whole}.items()})
    return found


def whole_run(spec: RunSpec, given: Prepared) -> Run:
    """From an empty cache of features."""
    shutil.rmtree(given.caches.features)
    result = execute(spec, given.resources(), lambda epoch: True)
    if result.status != "done":
        raise RuntimeError(result.error)
    return Run({phase: result.timings.get(phase, 0.0) for phase in (*PHASES, "total")})


def tail_share(name: str, size: int) -> float:
    """Of the operations of a forward pass, those behind the frozen stages."""
    model = build(name, 6, size)
    images = torch.zeros(2, 3, size, size)
    body, tail = divide(model, name, STAGES, size)
    with torch.inference_mode():
        features = body(images)
        return _operations(tail, features) / _operations(model, images)


def _operations(module: torch.nn.Module, given: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        module(given)
    return counter.get_total_flops()


def lines_of(given: argparse.Namespace, name: str, precision: Precision, data: Path, caches: Caches) -> Iterator[str]:
    """Of one backbone in one precision."""
    ready = prepared(given, name, precision, data, caches)
    spec = ready.specs()[0]
    specs = [replace(spec, recipe=spec.recipe.model_copy(update={"frozen_stages": n})) for n in WAYS.values()]
    steps = step_parts([PreparedRun(one, ready.resources()) for one in specs], given.rounds)
    runs: list[list[Run]] = [[], []]
    for _ in range(given.rounds):
        for of_way, one in zip(runs, specs, strict=True):
            of_way.append(whole_run(one, ready))
    yield f"\n{name} ({spec.weights.source}), {precision}"
    ratios = {}
    seconds = {"a step": [of_way["whole"] for of_way in steps]}
    seconds |= {what: [list(map(count, of_way)) for of_way in runs] for what, count in COUNTED.items()}
    for what, (everything, frozen) in seconds.items():
        found = sorted(a / b for a, b in zip(everything, frozen, strict=True))
        ratios[what] = median(found)
        both = f"{median(everything):8.3f} s {median(frozen):8.3f} s"
        yield f"  {what:34s}{both}   {ratios[what]:.2f} times as fast ({found[0]:.2f}-{found[-1]:.2f})"
    share = tail_share(name, given.size)
    yield f"  {share:.1%} of the operations stand behind the frozen stages: by these {1 / share:.1f} times as fast"
    for way, of_step, of_runs in zip(WAYS, steps, runs, strict=True):
        parts = ", ".join(f"{part} {median(of_step[part]) * 1e3:.1f} ms" for part in PARTS)
        phases = ", ".join(f"{phase} {median(run.phases[phase] for run in of_runs):.2f} s" for phase in PHASES)
        yield f"  {way}: a step has {parts}"
        yield f"  {'':{len(way)}}  a run has {phases}"
    for what in ("a step", f"a run of {RUNS} that share features"):
        yield str(at_least(f"stages:{STAGES} frozen, {name} {precision}, {what}", ratios[what], WANTED))


def main() -> None:
    parser = options(__doc__, rounds=5, cases=200, external=80, epochs=5, size=64, batch=32)
    parser.add_argument("--backbone", action="append", help=f"[{', '.join(BACKBONES)}]")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{machine()}; {versions('torch', 'timm')}")
    print(f"{given.size} px, batch {given.batch}, one thread; medians of {given.rounds} rounds in turns")
    print(
        f"runs: {given.cases} + {given.external} images, one of five folds, {given.epochs} epochs and one of the head"
    )
    print("left everything is fine-tuned, right what stands behind the frozen stages")
    with tempfile.TemporaryDirectory() as name:
        data, caches = Path(name, "phantom"), Caches(Path(name, "cache"))
        bench("data", "phantom", "--out", data, "--cases", str(given.cases), "--external-cases", str(given.external))
        for backbone in given.backbone or BACKBONES:
            for precision in precisions():
                for line in lines_of(given, backbone, precision, data, caches):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
