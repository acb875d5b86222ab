"""What follows an overview: where all else is, and what to type next. Reads which files a results folder has."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote

from bench.config.experiment import Experiment
from bench.report.leaderboard import JSON, MARKDOWN
from bench.report.worklist import WORKLIST
from bench.store.folder import ResultsFolder
from reports.overview.overview import Overview
from reports.overview.screen import Ending, Step
from reports.tables.claims import IMPORTED, RECOMMENDED_SEEDS
from reports.tables.wording import listed

PAGE = "report.html"
_STEPS = 2
_ANOTHER = ("resnet18", "resnet34")


def ending_of(
    folder: ResultsFolder,
    experiment: Experiment | None,
    overview: Overview,
    failed: Sequence[str] = (),
    others: Sequence[str] = (),
) -> Ending:
    """Of a folder whose leaderboard is up to date, and the experiment that it holds.

    failed: runs that did, the first with its reason; others: features that have left something in the folder.
    """
    root = folder.root
    return Ending(
        tuple(_rest(root, others)),
        tuple(_steps(root, experiment, overview, bool(failed)))[:_STEPS],
        (_failed(failed),) if failed else (),
    )


def _page(root: Path) -> str:
    page, board = root / PAGE, root / JSON
    if page.is_file() and board.is_file() and page.stat().st_mtime_ns < board.stat().st_mtime_ns:
        return f"the page {page} anew: the one there is older than this leaderboard"
    return f"the page {page}: charts, and every number"


def stored_failures(folder: ResultsFolder) -> list[str]:
    """The names of runs that failed and were not done since."""
    complete = folder.runs.complete()
    names = sorted(path.name.removesuffix(".failed") for path in folder.runs.root.glob("*.failed"))
    return [name for name in names if name not in complete]


def _failed(failed: Sequence[str]) -> str:
    number = "1 run has" if len(failed) == 1 else f"{len(failed)} runs have"
    return f"{number} failed and are left out; the same command tries again. The first: {failed[0]}"


def _rest(root: Path, others: Sequence[str]) -> Iterator[str]:
    typed = quote(str(root))
    yield f"All else: {root / MARKDOWN}, {root / JSON}"
    what = f"Print it, and what bench {listed(others, len(others))} found" if others else "Print it"
    yield f"{what}: bench report {typed} --full"
    if (root / WORKLIST).is_file():
        yield f"Labels to look at again: {root / WORKLIST}"


def _steps(root: Path, experiment: Experiment | None, overview: Overview, failed: bool) -> Iterator[Step]:
    """The first ones are the most useful."""
    typed = quote(str(root))
    if failed:
        yield Step(f"bench status {typed}", "what failed, and why")
    yield Step(f"bench report {typed} --open", _page(root))
    if experiment is None:
        return
    if experiment.uses_phantom:
        yield Step("bench run DIR --results NEW", "your own images: DIR holds internal/ and external*/")
    elif all(row.weights != IMPORTED for row in overview.standings):
        again = f"bench run --config {quote(str(root / 'experiment.toml'))}"
        if len(experiment.seeds) < RECOMMENDED_SEEDS:
            yield Step(f"{again} --seeds {RECOMMENDED_SEEDS}", "more seeds show what the seed alone changes")
        elif len(experiment.backbone) == 1:
            other = next(name for name in _ANOTHER if name not in experiment.backbone)
            yield Step(f"{again} --backbone {other}", "another backbone to compare with")
        elif not experiment.recipe.probes:
            yield Step(f"bench explain {typed}", "where the models look")
    yield Step(f"bench report {typed} --format latex", "the tables for a paper")
