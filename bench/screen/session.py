"""One call of `bench screen`, from the checked request to the table of backbones. Prints."""

from pathlib import Path

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.engine.begin import begin, beside
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.errors import RequestError, interruptible
from bench.report.compiled import up_to_date
from bench.report.leaderboard import leaderboard_files
from bench.running import merged, note, train_missing
from bench.screen.record import FILE, write_left_out
from bench.screen.report import screen_tables_of
from bench.store.folder import ResultsFolder
from bench.store.working_process import SCREEN
from bench.terminal import Terminal
from bench.tracking.conduct import refuse_missing, tracking
from reports.draw.markdown_table import tables_markdown


def run_screen(experiment: Experiment) -> int:
    """Fit what is missing, compile the leaderboard, print the table; 1 where a backbone or a run failed.

    Raises:
        RequestError: the request is wrong, or no backbone can be had.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    with interruptible("Finished runs are stored; the same command goes on from there."):
        return _run(experiment, Terminal())


def _run(experiment: Experiment, terminal: Terminal) -> int:
    refuse_missing(experiment.track)
    caches, folder = user_caches(), ResultsFolder(Path(experiment.results).expanduser())
    left_out = dict[str, str]()

    def read() -> Prepared:
        left_out.clear()
        ahead = look_ahead(experiment, folder, caches, terminal, left_out.__setitem__)
        for name, why in left_out.items():
            terminal.say(f"{name} is left out. {why}", style="red")
        able = [name for name in experiment.backbone if name not in left_out]
        if not able:
            raise RequestError(
                f"None of the {len(left_out)} backbones can be had; the first: {experiment.backbone[0]}."
            )
        return prepare(experiment.model_copy(update={"backbone": able}), folder, ahead, caches, terminal)

    with (
        begin(read, folder, SCREEN, _stored, terminal.say) as begun,
        tracking(experiment.track, folder, terminal.say) as tracked,
    ):
        prepared = begun.prepared
        runs = {spec.run_id: spec for spec in prepared.specs()}
        note(prepared, folder, runs, grows=True)
        failed = train_missing(prepared, folder, runs, begun, terminal, tracked)
        write_left_out(folder, left_out, prepared.experiment.backbone)
        if folder.runs.complete():
            _, notes = up_to_date(folder, begun.snapshot)
            tracked.finish()
    if not folder.runs.complete():
        terminal.say(f"All {len(failed)} runs failed; the first: {failed[0]}")
        return 1
    for line in (tables_markdown(screen_tables_of(folder)), *notes):
        terminal.say(line)
    terminal.say(
        f"Written: {leaderboard_files(folder.root)}, {folder.root / FILE}. The page: bench report {folder.root}"
    )
    if failed:
        terminal.say(f"{len(failed)} run(s) failed and are left out; the same command tries them again.")
    return 1 if failed or left_out else 0


def _stored(prepared: Prepared) -> Experiment:
    """The experiment to store: that of a `bench run` stays, one of a screen grows."""
    before = prepared.snapshot.experiment
    return beside(prepared) if before and not before.recipe.probes else merged(prepared.experiment, before)
