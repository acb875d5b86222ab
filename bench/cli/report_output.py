"""What `bench report` prints and writes: the leaderboard, its tables, the page. Prints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.printing import to_errors, to_output

if TYPE_CHECKING:
    from bench.report.compiled import Compiled
    from bench.report.leaderboard import Evaluation
    from bench.store.folder import ResultsFolder
    from reports import Leaderboard
    from reports.tables.table import Table

AGAINST_BASELINE = "against_baseline"


def make_page(folder: "ResultsFolder", *, printed: bool, full: bool, show: bool) -> None:
    """The page, and with `printed` the leaderboard, which is printed also where the folder may not be written to."""
    from contextlib import ExitStack

    from bench.errors import RequestError
    from bench.extras import missing_from, needs

    if missing_from("page") and printed and not show:
        print_stored(folder, full=full)
        _say(f"report.html was not written. {needs('The page', 'page')}")
        return
    if missing_from("page"):
        raise RequestError(needs("The page", "page"))
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(folder))
        except RequestError as error:
            if show or not printed:
                raise
            print_stored(folder, full=full)
            _say(f"report.html was not written. {error}")
            return
        from bench.cache import user_caches
        from bench.features import features_of
        from bench.report.page import write_page

        ranked = folder.runs.complete() or not _further(folder)  # a search alone has none; nothing at all is refused
        compiled = _compile(folder, _own_if_up_to_date(folder)) if ranked else None
        try:
            written = write_page(folder, compiled, features_of(folder.root), user_caches())
        finally:
            if printed:
                _print(folder, compiled, full=full)
    if full or not printed or compiled is None:
        _say(f"Written: {written.page}, and its charts in {folder.root / 'figures'} ({len(written.figures)} files)")
    if show:
        _open(written.page)


def _print(folder: "ResultsFolder", compiled: "Compiled | None", *, full: bool) -> None:
    """The overview of what is ranked; in full, or where nothing is, all tables."""
    if compiled is None or full:
        _out(_with_further(compiled.text if compiled else None, _further(folder)))
    else:
        print_overview(folder, compiled.json)


def print_overview(folder: "ResultsFolder", content: str) -> None:
    """What leaderboard.json holds, in short; nothing of it need be stored."""
    from bench.features import names_of
    from bench.report.ending import ending_of, stored_failures
    from bench.report.overview import overview_in
    from bench.terminal import Terminal
    from reports.overview.screen import screen

    overview = overview_in(content)
    ending = ending_of(folder, folder.experiment(), overview, stored_failures(folder), names_of(folder.root))
    _out(screen(overview, ending, Terminal().columns) + "\n")


@contextmanager
def _locked(folder: "ResultsFolder") -> Iterator[None]:
    """While other writers are kept out; damaged runs are moved aside first, and named."""
    from bench.store.working_process import REPORT

    with folder.locked(command=REPORT, say=_say):
        for line in folder.set_damaged_aside():
            _say(line)
        yield


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        _say(f"No browser was found. Open {page} in one.")


def print_stored(folder: "ResultsFolder", layout: str = "md", *, full: bool = True) -> None:
    """An up-to-date leaderboard needs no lock: whoever may read the folder can print it.

    While another process writes there, one of the runs so far is printed and not stored. full: all of it, instead of
    its overview.
    """
    from bench.report.leaderboard import JSON, stored_leaderboard
    from bench.store.claim import FolderBusy

    text, content = stored_leaderboard(folder), ""
    if text is not None:
        content = (folder.root / JSON).read_text(encoding="utf-8")
    elif folder.runs.complete() or layout == "json" or not _further(folder):
        try:
            with _locked(folder):
                compiled = _compile(folder)
        except FolderBusy as error:
            compiled = _compile(folder, _own(folder))
            _say(f"This is the leaderboard of the runs so far; it is not stored. {error}")
        text, content = compiled.text, compiled.json
    if text is not None and layout == "json":
        _out(content)
    elif text is not None and not full:
        print_overview(folder, content)
    else:
        _out(_with_further(text, _further(folder)))


def _own(folder: "ResultsFolder") -> "Evaluation | None":
    """The experiment's own intervals."""
    from bench.report.leaderboard import Evaluation

    experiment = folder.experiment()
    return Evaluation.of(experiment) if experiment else None


def _with_further(text: str | None, further: "tuple[Table, ...]") -> str:
    """The leaderboard, if there is one, and further tables below it."""
    from reports.draw.markdown_table import table_markdown, tables_markdown

    if text is None:
        return tables_markdown(further)
    return "\n".join([text, *map(table_markdown, further)])


def _further(folder: "ResultsFolder") -> "tuple[Table, ...]":
    """What stands beside the leaderboard: the tables of features."""
    from bench.features import features_of

    return tuple(table for feature in features_of(folder.root) for table in feature.tables(folder))


def print_with(folder: "ResultsFolder", other: "Evaluation", layout: str | None, *, full: bool) -> None:
    """The leaderboard with other intervals, or at another level, than the stored one; nothing is written."""
    compiled = _compile(folder, other)
    if layout == "json":
        _out(compiled.json)
    elif layout == "md" or full:
        _out(compiled.text)
    else:
        print_overview(folder, compiled.json)


def print_tables(
    folder: "ResultsFolder",
    metrics: list[str] | None,
    baseline: str | None,
    other: "Evaluation | None",
    *,
    full: bool,
) -> None:
    """Where the stored leaderboard is up to date nothing is written, so this needs no lock either."""
    from contextlib import nullcontext

    from reports.draw.markdown_table import table_markdown, tables_markdown

    other = other or _own_if_up_to_date(folder)
    with nullcontext() if other else _locked(folder):
        compiled = _compile(folder, other)
    tables = _tables(compiled, metrics, baseline)
    differences = [table_markdown(table) for table in tables if table.name.endswith(AGAINST_BASELINE)]
    if metrics:
        _out(tables_markdown(tables))
    elif full:
        _out("\n".join([compiled.text, *differences]))
    else:
        _out("\n".join([*differences, ""]))
        print_overview(folder, compiled.json)


def _own_if_up_to_date(folder: "ResultsFolder") -> "Evaluation | None":
    """The experiment's own intervals where the stored leaderboard, which has them, need not be written anew."""
    from bench.report.leaderboard import stored_leaderboard

    return _own(folder) if stored_leaderboard(folder) is not None else None


def write_all_tables(
    folder: "ResultsFolder",
    layout: str,
    metrics: list[str] | None,
    baseline: str | None,
    other: "Evaluation | None",
) -> None:
    """Every table into the folder, in one format or with `tables` in all; prints the first of one format."""
    from bench.features import all_features, features_of
    from bench.report.files import write_tables
    from reports.draw.csv_table import csv_text
    from reports.draw.json_table import json_text
    from reports.draw.latex_table import latex_text
    from reports.draw.markdown_table import tables_markdown

    draws: dict[str, Callable[[Table], str]] = {"csv": csv_text, "tex": latex_text}
    if layout == "tables":
        draws |= {"json": json_text, "md": lambda table: tables_markdown([table])}
    else:
        ending = {"csv": "csv", "latex": "tex"}[layout]
        draws = {ending: draws[ending]}
    with _locked(folder):
        further = () if metrics or baseline else _further(folder)
        ranked = folder.runs.complete() or not further
        compiled = _compile(folder, other or _own_if_up_to_date(folder)) if ranked else None
        tables = (*(_tables(compiled, metrics, baseline) if compiled else ()), *further)
        others = [name for feature in all_features() for name in feature.names]
        paths: list[Path] = []
        for ending, draw in draws.items():
            paths += write_tables(folder.root, tables, ending, draw, others)
        for feature in features_of(folder.root) if further else []:
            paths += feature.figures(folder)
    if len(draws) == 1:
        _out(next(iter(draws.values()))(tables[0]))
    _say(f"Written: {', '.join(map(str, paths))}")


def _tables(compiled: "Compiled", metrics: list[str] | None, baseline: str | None) -> "tuple[Table, ...]":
    from difflib import get_close_matches

    from bench.errors import RequestError
    from reports.tables.all_tables import build_tables, known_metrics
    from reports.tables.level_tables import build_level_tables

    leaderboard = compiled.leaderboard
    known, names = known_metrics(leaderboard), [row.name for row in leaderboard.rows]
    for name in metrics or []:
        if name not in known:
            raise RequestError(f"--metric {name!r} is none of {', '.join(known)}.")
    if baseline is not None and baseline not in names:
        nearest = ", ".join(get_close_matches(baseline, names, n=3, cutoff=0.0)) or "none; no row is complete yet"
        raise RequestError(f"No row of the leaderboard is called {baseline!r} (--baseline). Nearest: {nearest}.")
    if compiled.groups:
        tables = build_level_tables(compiled.groups.leaderboard, leaderboard, metrics or None, baseline)
    else:
        tables = build_tables(leaderboard, metrics or None, baseline)
    if baseline is not None and not any(table.name.endswith(AGAINST_BASELINE) for table in tables):
        raise RequestError(_nothing_compared(leaderboard, metrics, baseline))
    return tables


def _nothing_compared(leaderboard: "Leaderboard", metrics: list[str] | None, baseline: str) -> str:
    from reports.tables.all_tables import headline_names

    text = f"Nothing was compared with {baseline} (--baseline)"
    if metrics and not set(metrics) & set(headline_names()):
        return f"{text} on {', '.join(metrics)}: only {' and '.join(headline_names())} are compared."
    if len(leaderboard.rows) < 2:
        return f"{text}: it is the only row of the leaderboard."
    return f"{text}; the leaderboard's notes say why."


def _compile(folder: "ResultsFolder", other: "Evaluation | None" = None) -> "Compiled":
    """Anew, with the label worklist; with other intervals nothing is written.

    Raises:
        RequestError: nothing has finished.
    """
    from bench.errors import RequestError
    from bench.report.compiled import NothingToRank, compile_results, compile_with

    try:
        compiled = compile_with(folder, other) if other else compile_results(folder)
    except NothingToRank as error:
        raise RequestError(str(error)) from None
    for note in compiled.notes:
        _say(note)
    return compiled


def _out(text: str) -> None:
    to_output(text, end="")


def _say(text: str) -> None:
    """Beside what is printed, which may go into a file."""
    to_errors(text)
