"""One call of `bench nondeterminism`, from the checked request to the tables. Prints."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bench.cache import Caches, user_caches
from bench.config.experiment import Experiment
from bench.engine.begin import begin, beside
from bench.engine.execute import on_cards
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.errors import interruptible
from bench.nondeterminism.designs import Designs, designs_of
from bench.nondeterminism.distances import SaveWeights, forget
from bench.nondeterminism.options import NondeterminismOptions
from bench.nondeterminism.record import FILE
from bench.nondeterminism.report import nondeterminism_tables, write_nondeterminism_figures
from bench.nondeterminism.study import BackboneStudy
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal
from reports.draw.markdown_table import tables_markdown

FAILED_CONTROL = 3


def run_nondeterminism(experiment: Experiment, options: NondeterminismOptions) -> int:
    """Run the designs, judge the control, print the tables; 3 where the control fails, 1 where runs do.

    Raises:
        RequestError: the request is wrong.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    with interruptible("Finished runs are stored; the same command goes on from there."):
        return _run(experiment, options)


def _run(experiment: Experiment, options: NondeterminismOptions) -> int:
    terminal, caches = Terminal(), user_caches()
    folder = ResultsFolder(Path(experiment.results).expanduser())
    devices: Sequence[str] = _devices() if "device" in options.settings else []
    scratch = _scratch(caches, folder)

    def planned(prepared: Prepared) -> list[Designs]:
        return [designs_of(prepared, backbone, options, devices) for backbone in prepared.backbones]

    def read() -> Prepared:
        ahead = look_ahead(experiment, folder, caches, terminal)
        prepared = prepare(experiment, folder, ahead, caches, terminal)
        planned(prepared)  # what is wrong with them is said before anything is written
        return prepared

    with begin(read, folder, "bench nondeterminism", beside, terminal.say) as begun:
        prepared = begun.prepared
        designs = planned(prepared)
        specs = [spec for one in designs for spec in one.specs]
        resources = on_cards(replace(prepared.resources(), watch=SaveWeights(scratch)), prepared.experiment, specs)
        found = [
            BackboneStudy(prepared.experiment, one, folder, resources, scratch, terminal, begun.heartbeat).do()
            for one in designs
        ]
        done = [study for study in found if study is not None]
        if len(done) == len(found):
            forget(scratch, (spec.run_id for spec in specs))
        if done:
            terminal.say(tables_markdown(nondeterminism_tables(folder)))
            written = [folder.root / FILE, *write_nondeterminism_figures(folder)]
            terminal.say(f"Written: {', '.join(map(str, written))}")
    if len(done) < len(found):
        terminal.say("Some runs failed; the same command tries them again.")
        return 1
    return FAILED_CONTROL if any(study.passed is False for study in done) else 0


def _devices() -> Sequence[str]:
    from bench.execution.setup import available_devices

    return available_devices()


def _scratch(caches: Caches, folder: ResultsFolder) -> Path:
    """Where weights are kept until they were compared; the same for the same results folder, so that calls go on."""
    return caches.root / "snapshots" / sha256(str(folder.root.resolve()).encode()).hexdigest()[:16]
