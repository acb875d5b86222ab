"""`bench report`: the leaderboard of a results folder, without training. Prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import completion

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.results.compiled import Compiled
    from bench.results.folder import ResultsFolder
    from bench.results.leaderboard import Resampling
    from reports.leaderboard import Leaderboard
    from reports.table import Table

FORMATS = ("md", "json", "csv", "latex", "tables", "html")


def report(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
    layout: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(FORMATS),
            help="What to make. [report.html, and md is printed]",
            autocompletion=completion.FORMATS,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this metric; repeatable. Without it, all.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="BACKBONE", help="Add the differences of all others from this one.")
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            help="jackknife-t, bias-corrected, percentile or bca. [as in the folder's experiment]",
            autocompletion=completion.INTERVALS,
        ),
    ] = None,
    stratify: Annotated[
        bool | None,
        typer.Option(
            "--stratify/--no-stratify", help="Draw cases within their classes. [as in the folder's experiment]"
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Write DIR/report.html and print the leaderboard; compiles it anew where runs were added or folds edited.

    Other intervals than the experiment's are printed; the stored leaderboard and the page keep their own. csv and latex
    write every table into DIR/tables and print the first; tables writes each as CSV, LaTeX, JSON and Markdown.
    Example: bench report results --open
    """
    from bench.errors import RequestError
    from bench.results.folder import ResultsFolder

    if as_json:
        if layout not in (None, "json"):
            raise RequestError(f"--json and --format {layout} exclude each other. Give one of them.")
        layout = "json"
    if layout not in (None, *FORMATS):
        raise RequestError(f"--format {layout!r} is none of {', '.join(FORMATS)}.")
    chosen = bool(metric) or baseline is not None
    if layout == "json" and chosen:
        raise RequestError(
            "--format json prints all of leaderboard.json. Leave out --metric and --baseline, or use csv."
        )
    folder = ResultsFolder(results.expanduser())
    if not (folder.root / "experiment.toml").is_file():
        raise RequestError(
            f"{folder.root} is no results folder. Give the one that `bench run` or `bench import` wrote."
        )
    other = _other_intervals(folder, interval, stratify)
    with_page = layout in (None, "html") and not chosen and other is None
    if (show or layout == "html") and not with_page:
        raise RequestError(
            "The page has every metric, and the intervals of the experiment. Give --open and --format html without "
            "other formats, --metric, --baseline and other intervals."
        )
    if with_page:
        _write_page(folder, printed=layout is None, show=show)
    elif layout in ("csv", "latex", "tables"):
        _write_tables(folder, layout, metric, baseline, other)
    elif chosen:
        _print_tables(folder, metric, baseline, other)
    elif other:
        compiled = _compile(folder, other)
        _out(compiled.json if layout == "json" else compiled.text)
    else:
        _print_stored(folder, layout or "md")


def _other_intervals(folder: "ResultsFolder", interval: str | None, stratify: bool | None) -> "Resampling | None":
    """What was asked for, None where it is what the folder's experiment asks for."""
    if interval is None and stratify is None:
        return None
    from typing import get_args

    from bench.errors import RequestError
    from bench.results.leaderboard import Resampling
    from reports.intervals import Interval

    known: tuple[Interval, ...] = get_args(Interval)
    chosen = next((name for name in known if name == interval), None)
    if interval is not None and chosen is None:
        raise RequestError(f"--interval {interval!r} is none of {', '.join(known)}.")
    experiment = folder.experiment()
    assert experiment is not None
    try:
        asked = Resampling.of(experiment, chosen, stratify)
    except ValueError as error:
        own = folder.root / "experiment.toml"
        text = f"--interval and --stratify do not go together: {error}."
        if stratify is None:
            text = f"--interval {interval} does not go with `stratify = true` of {own}: {error}. Add --no-stratify."
        elif interval is None:
            text = f"--stratify does not go with `interval` of {own}: {error}. Add another --interval."
        raise RequestError(text) from None
    return None if asked == Resampling.of(experiment) else asked


def _write_page(folder: "ResultsFolder", *, printed: bool, show: bool) -> None:
    """The page, and with `printed` the leaderboard, which is printed also where the folder may not be written to."""
    from contextlib import ExitStack

    from bench.errors import RequestError

    if printed and not show and not folder.runs.complete():  # a search alone; or nothing, which is refused there
        _print_stored(folder, "md")
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(folder.locked(command="bench report"))
        except RequestError as error:
            if show or not printed:
                raise
            _print_stored(folder, "md")
            _say(f"report.html was not written. {error}")
            return
        from bench.cache import user_caches
        from bench.results.page import write_page

        compiled = _compile(folder, _own_if_up_to_date(folder))
        if printed:
            _out(_with_further(compiled.text, _further(folder)))
        written = write_page(folder, compiled, user_caches())
    _say(f"Written: {written.page}, and its charts in {folder.root / 'figures'} ({len(written.figures)} files)")
    if show:
        _open(written.page)


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        _say(f"No browser was found. Open {page} in one.")


def _print_stored(folder: "ResultsFolder", layout: str) -> None:
    """An up-to-date leaderboard needs no lock: whoever may read the folder can print it."""
    from bench.results.leaderboard import stored_leaderboard

    further = _further(folder) if layout == "md" else ()
    text = stored_leaderboard(folder)
    if text is None and (folder.runs.complete() or not further):
        with folder.locked(command="bench report"):
            text = _compile(folder).text
    if layout == "json":
        text = (folder.root / "leaderboard.json").read_text(encoding="utf-8")
    _out(_with_further(text, further))


def _with_further(text: str | None, further: "tuple[Table, ...]") -> str:
    """The leaderboard, if there is one, and further tables below it."""
    from reports.draw_markdown import table_markdown, tables_markdown

    if text is None:
        return tables_markdown(further)
    return "\n".join([text, *map(table_markdown, further)])


def _further(folder: "ResultsFolder") -> "tuple[Table, ...]":
    """What stands beside the leaderboard: tables of searches, and of nondeterminism."""
    from bench.results.nondeterminism_record import FILE
    from bench.results.search_record import FOLDER

    tables: tuple[Table, ...] = ()
    if (folder.root / FOLDER).is_dir():
        from bench.results.searches import tables_of_searches

        tables += tables_of_searches(folder)
    if (folder.root / FILE).exists():
        from bench.results.nondeterminism import nondeterminism_tables

        tables += nondeterminism_tables(folder)
    return tables


def _print_tables(
    folder: "ResultsFolder", metrics: list[str] | None, baseline: str | None, other: "Resampling | None"
) -> None:
    """Where the stored leaderboard is up to date nothing is written, so this needs no lock either."""
    from contextlib import nullcontext

    from reports.draw_markdown import table_markdown, tables_markdown

    other = other or _own_if_up_to_date(folder)
    with nullcontext() if other else folder.locked(command="bench report"):
        compiled = _compile(folder, other)
    tables = _tables(compiled.leaderboard, metrics, baseline)
    _out(tables_markdown(tables) if metrics else compiled.text + "\n" + table_markdown(tables[-1]))


def _own_if_up_to_date(folder: "ResultsFolder") -> "Resampling | None":
    """The experiment's own intervals where the stored leaderboard, which has them, need not be written anew."""
    from bench.results.leaderboard import Resampling, stored_leaderboard

    experiment = folder.experiment()
    return Resampling.of(experiment) if experiment and stored_leaderboard(folder) is not None else None


def _write_tables(
    folder: "ResultsFolder",
    layout: str,
    metrics: list[str] | None,
    baseline: str | None,
    other: "Resampling | None",
) -> None:
    from bench.results.tables import write_tables
    from reports.draw_csv import csv_text
    from reports.draw_json import json_text
    from reports.draw_latex import latex_text
    from reports.draw_markdown import tables_markdown

    draws: dict[str, Callable[[Table], str]] = {"csv": csv_text, "tex": latex_text}
    if layout == "tables":
        draws |= {"json": json_text, "md": lambda table: tables_markdown([table])}
    else:
        ending = {"csv": "csv", "latex": "tex"}[layout]
        draws = {ending: draws[ending]}
    with folder.locked(command="bench report"):
        further = () if metrics or baseline else _further(folder)
        ranked = folder.runs.complete() or not further
        compiled = _compile(folder, other or _own_if_up_to_date(folder)) if ranked else None
        tables = (*(_tables(compiled.leaderboard, metrics, baseline) if compiled else ()), *further)
        paths = [path for ending, draw in draws.items() for path in write_tables(folder.root, tables, ending, draw)]
        if further:
            paths += _write_figures(folder)
    if len(draws) == 1:
        _out(next(iter(draws.values()))(tables[0]))
    _say(f"Written: {', '.join(map(str, paths))}")


def _write_figures(folder: "ResultsFolder") -> list[Path]:
    from bench.results.nondeterminism import write_nondeterminism_figures
    from bench.results.search_figures import write_figures
    from bench.results.search_record import read_records

    of_searches = [path for record in read_records(folder.root) for path in write_figures(folder.root, record)]
    return [*of_searches, *write_nondeterminism_figures(folder)]


def _tables(leaderboard: "Leaderboard", metrics: list[str] | None, baseline: str | None) -> "tuple[Table, ...]":
    from difflib import get_close_matches

    from bench.errors import RequestError
    from reports.tables import build_tables, known_metrics

    known, names = known_metrics(leaderboard), [row.name for row in leaderboard.rows]
    for name in metrics or []:
        if name not in known:
            raise RequestError(f"--metric {name!r} is none of {', '.join(known)}.")
    if baseline is not None and baseline not in names:
        nearest = ", ".join(get_close_matches(baseline, names, n=3, cutoff=0.0)) or "none; no row is complete yet"
        raise RequestError(f"No row of the leaderboard is called {baseline!r} (--baseline). Nearest: {nearest}.")
    tables = build_tables(leaderboard, metrics or None, baseline)
    if baseline is not None and tables[-1].name != "against_baseline":
        raise RequestError(_nothing_compared(leaderboard, metrics, baseline))
    return tables


def _nothing_compared(leaderboard: "Leaderboard", metrics: list[str] | None, baseline: str) -> str:
    from reports.tables import STANDING_METRICS

    text = f"Nothing was compared with {baseline} (--baseline)"
    if metrics and not set(metrics) & set(STANDING_METRICS):
        return f"{text} on {', '.join(metrics)}: only {' and '.join(STANDING_METRICS)} are compared."
    if len(leaderboard.rows) < 2:
        return f"{text}: it is the only row of the leaderboard."
    return f"{text}; the leaderboard's notes say why."


def _compile(folder: "ResultsFolder", other: "Resampling | None" = None) -> "Compiled":
    """Anew, with the label worklist; with other intervals nothing is written.

    Raises:
        RequestError: nothing has finished.
    """
    from bench.errors import RequestError
    from bench.results.compiled import NothingToRank, compile_results, compile_with

    try:
        compiled = compile_with(folder, other) if other else compile_results(folder)
    except NothingToRank as error:
        raise RequestError(str(error)) from None
    for note in compiled.notes:
        _say(note)
    return compiled


def _out(text: str) -> None:
    typer.echo(text, nl=False)


def _say(text: str) -> None:
    """Beside what is printed, which may go into a file."""
    typer.echo(text, err=True)
