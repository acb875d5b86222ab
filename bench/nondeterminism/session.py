"""One call of `bench nondeterminism`, from the checked request to the tables. Prints."""

from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from rich.console import Console

from bench.cache import Caches, user_caches
from bench.config.experiment import Experiment
from bench.engine.conduct import begun
from bench.engine.decoding import DecodingProgress
from bench.engine.early import look_ahead
from bench.engine.phantom import ensure_phantom
from bench.engine.prepare import Plan
from bench.errors import Interrupted
from bench.nondeterminism.distances import forget
from bench.nondeterminism.options import NondeterminismOptions
from bench.nondeterminism.prepare import prepare_study
from bench.nondeterminism.record import FILE
from bench.nondeterminism.report import nondeterminism_tables, write_nondeterminism_figures
from bench.nondeterminism.study import BackboneStudy
from bench.plan.identity import run_id
from bench.store.folder import ResultsFolder
from reports.draw.markdown_table import tables_markdown

FAILED_CONTROL = 3


def run_nondeterminism(experiment: Experiment, options: NondeterminismOptions) -> int:
    """Run the designs, judge the control, print the tables; 3 where the control fails, 1 where runs do.

    Raises:
        RequestError: the request is wrong.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    try:
        return _run(experiment, options)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. Finished runs are stored; the same command goes on from there.") from None


def _run(experiment: Experiment, options: NondeterminismOptions) -> int:
    console = Console(highlight=False, emoji=False)
    say = partial(console.print, markup=False, soft_wrap=True)
    caches, folder = user_caches(), ResultsFolder(Path(experiment.results).expanduser())
    started = look_ahead(experiment, folder, caches)
    if experiment.uses_phantom:
        ensure_phantom(caches, console)
    with DecodingProgress(console) as decoding:
        request = prepare_study(experiment, options, folder, caches, say, started, decoding.update)
    scratch = _scratch(caches, folder)
    workshop = replace(request.plan.workshop, snapshots=scratch)
    with begun(request.plan, folder, "bench nondeterminism", _write_experiment) as sign:
        found = [
            BackboneStudy(request.plan, designs, folder, workshop, console, say, sign).do()
            for designs in request.designs.values()
        ]
        done = [study for study in found if study is not None]
        if len(done) == len(found):
            forget(scratch, (run_id(spec) for designs in request.designs.values() for spec in designs.specs))
        if done:
            say(tables_markdown(nondeterminism_tables(folder)))
            written = [folder.root / FILE, *write_nondeterminism_figures(folder)]
            say(f"Written: {', '.join(map(str, written))}")
    if len(done) < len(found):
        say("Some runs failed; the same command tries them again.")
        return 1
    return FAILED_CONTROL if any(study.passed is False for study in done) else 0


def _write_experiment(plan: Plan, folder: ResultsFolder, before: Experiment | None) -> None:
    """What `bench run` has written there stays, so that both can use one folder."""
    frozen = plan.experiment.frozen
    folder.write_experiment(before.model_copy(update={"frozen": frozen}) if before else plan.experiment)


def _scratch(caches: Caches, folder: ResultsFolder) -> Path:
    """Where weights are kept until they were compared; the same for the same results folder, so that calls go on."""
    return caches.root / "snapshots" / sha256(str(folder.root.resolve()).encode()).hexdigest()[:16]
