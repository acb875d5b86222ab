"""`bench verify --retrain`: trains stored runs again and compares them. Prints.

Reads images, fills caches, starts processes. Nothing is written to the results folder: results stay in memory.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bench.cache import user_caches
from bench.data.images import PixelSettings
from bench.engine.again import recorded_variables, stored_resources, variables
from bench.engine.eta import Eta
from bench.engine.progress import RunProgress
from bench.errors import BenchError, RequestError
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.plan.spec import RunResult, RunSpec
from bench.processes import cores
from bench.report.entries import Stored
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from bench.terminal import Terminal
from bench.verify.compare import compare
from reports import Leaderboard
from reports.statistics.noise_floor import NoiseFloor

CHOICE_SEED = 0


@dataclass(frozen=True)
class Again:
    """A stored run, the spec that its id names, and the noise floors of its row by metric."""

    run: StoredRun
    spec: RunSpec
    floors: Mapping[str, NoiseFloor]


def retrain(folder: ResultsFolder, stored: Stored, leaderboard: Leaderboard, number: int, terminal: Terminal) -> bool:
    """Train so many ranked runs again and say how each compares; whether all are as stored.

    Raises:
        RequestError: none was trained here, or what they were made from is not here.
    """
    floors = leaderboard.noise_floor
    of_run = {
        run.run_id: (run, floors.get(entry.full_name, floors.get(entry.backbone, {})))
        for entry, runs in zip(stored.entries, stored.runs, strict=True)
        for run in runs
        if run.record.spec.role == "main"
    }
    if not of_run:
        raise RequestError(f"No run of {folder.root} was trained here, so none can be trained again (--retrain).")
    chosen = np.random.default_rng(CHOICE_SEED).permutation(sorted(of_run))[:number].tolist()
    how = "all there are" if len(chosen) == len(of_run) else f"drawn by seed {CHOICE_SEED} from {len(of_run)}"
    terminal.say(f"Training {len(chosen)} run(s) again: {how}.")
    wanted, as_stored = list[Again](), True
    for run, of_row in (of_run[name] for name in chosen):
        spec = run.spec(stored.cases)
        if spec is None:
            terminal.say(
                f"{_title(run)}: DIFFERS: its id is not the one that its cases and settings give now. They were "
                f"changed, or another version of bench made it."
            )
            as_stored = False
        else:
            wanted.append(Again(run, spec, of_row))
    for again, result in _trained(folder, wanted, terminal):
        compared = compare(again.run, again.spec, result, again.floors, stored.folds.number())
        terminal.say(f"{_title(again.run)}: {compared.text}.")
        as_stored &= compared.same
    return as_stored


def _trained(folder: ResultsFolder, wanted: list[Again], terminal: Terminal) -> Iterator[tuple[Again, RunResult]]:
    """Each with what training gives, in processes that did nothing before and have the recorded variables."""
    alike: dict[tuple[PixelSettings, tuple[tuple[str, str | None], ...]], list[Again]] = defaultdict(list)
    for one in wanted:
        alike[one.spec.pixels, tuple(sorted(recorded_variables(one.run).items()))].append(one)
    for (_, set_then), group in alike.items():
        resources = _resources(folder, group, terminal)
        of_spec = {one.spec.run_id: one for one in group}
        specs, workers = [one.spec for one in group], _workers(group)
        with (
            variables(dict(set_then)),
            PoolExecutor(resources, workers) as executor,
            RunProgress(terminal, Eta(specs, None, workers)) as progress,
        ):
            for spec, result in executor.run(specs, progress.epoch):
                progress.run(spec, result)
                yield of_spec[spec.run_id], result


def _resources(folder: ResultsFolder, group: list[Again], terminal: Terminal) -> Resources:
    try:
        return [stored_resources(folder, one.spec, user_caches(), terminal) for one in group][-1]
    except BenchError as error:
        raise RequestError(f"Runs of {folder.root} cannot be trained again here (--retrain). {error}") from error


def _workers(group: list[Again]) -> int:
    """One a core; a GPU is not shared."""
    on_cpu = all(one.spec.numerics.device == "cpu" for one in group)
    return min(len(group), cores()) if on_cpu else 1


def _title(run: StoredRun) -> str:
    return f"{run.run_id} ({run.record.title})"
