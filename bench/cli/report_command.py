"""`bench report`: the leaderboard of a results folder, without training. Prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.command import among, options_of, reading_begins, takes
from bench.cli.report_output import make_page, print_stored, print_tables, print_with, write_all_tables
from bench.printing import to_errors

if TYPE_CHECKING:
    from bench.config.experiment import Experiment
    from bench.report.leaderboard import Evaluation
    from bench.store.folder import ResultsFolder

FORMATS = ("md", "json", "csv", "latex", "tables", "html")


@takes(options_of("report"))
def report(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
    layout: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(FORMATS),
            help="What to make. [report.html, and an overview is printed]",
            autocompletion=among(*FORMATS),
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this metric; repeatable. Without it, all.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="BACKBONE", help="Add the differences of all others from this one.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Print every table of the leaderboard, not only its overview.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    **given: Any,
) -> None:
    """Write DIR/report.html and print the leaderboard in short; compiles it anew where runs were added or folds edited.

    Other intervals or another level than the experiment's are printed; the stored leaderboard and the page keep their
    own. md prints leaderboard.md; csv and latex
    write every table into DIR/tables and print the first; tables writes each as CSV, LaTeX, JSON and Markdown.
    Example: bench report results --open
    """
    reading_begins(results)
    from bench.errors import RequestError
    from bench.store.folder import ResultsFolder

    chosen = bool(metric) or baseline is not None
    layout = _checked_format(layout, as_json, chosen)
    if full and (layout or metric):
        raise RequestError("--full prints every table. Give it without --format, --json and --metric.")
    track = _trackers(given.pop("track", None))
    folder = ResultsFolder(results.expanduser())
    if not (folder.root / "experiment.toml").is_file():
        raise RequestError(
            f"{folder.root} is no results folder. Give the one that `bench run` or `bench import` wrote."
        )
    for line in folder.files.changed():
        to_errors(line)
    other = _other_choices(folder, **given)
    with_page = layout in (None, "html") and not chosen and other is None
    if (show or layout == "html") and not with_page:
        raise RequestError(
            "The page has every metric, and the intervals and the level of the experiment. Give --open and --format "
            "html without other formats, --metric, --baseline, other intervals and another level, which bench run sets."
        )
    if with_page:
        make_page(folder, printed=layout is None, full=full, show=show)
    elif layout in ("csv", "latex", "tables"):
        write_all_tables(folder, layout, metric, baseline, other)
    elif chosen:
        print_tables(folder, metric, baseline, other, full=full or layout == "md")
    elif other:
        print_with(folder, other, layout, full=full)
    else:
        print_stored(folder, layout or "md")
    if track:
        from bench.tracking.conduct import track_folder

        track_folder(folder, track, to_errors)


def _trackers(names: list[str] | None) -> list[str]:
    """Those asked for, whose packages are there."""
    if not names:
        return []
    from bench.config.experiment import Experiment
    from bench.config.request import options_from
    from bench.tracking.conduct import refuse_missing

    chosen = options_from(Experiment, {"track": names}).track
    refuse_missing(chosen)
    return chosen


def _checked_format(layout: str | None, as_json: bool, chosen: bool) -> str | None:
    """The format asked for. `chosen`: whether metrics or a baseline were."""
    from bench.errors import RequestError

    if as_json:
        if layout not in (None, "json"):
            raise RequestError(f"--json and --format {layout} exclude each other. Give one of them.")
        layout = "json"
    if layout not in (None, *FORMATS):
        raise RequestError(f"--format {layout!r} is none of {', '.join(FORMATS)}.")
    if layout == "json" and chosen:
        raise RequestError(
            "--format json prints all of leaderboard.json. Leave out --metric and --baseline, or use csv."
        )
    return layout


def _other_choices(
    folder: "ResultsFolder",
    interval: str | None = None,
    stratify: bool | None = None,
    subgroups: str | None = None,
    events: list[str] | None = None,
    thresholds: str | None = None,
    prevalences: str | None = None,
    **of_groups: Any,
) -> "Evaluation | None":
    """What was asked for, None where it is what the folder's experiment asks for."""
    of_points = {"events": events, "thresholds": thresholds, "prevalences": prevalences}
    if (interval, stratify, subgroups) == (None, None, None) and not any([*of_groups.values(), *of_points.values()]):
        return None
    from typing import get_args

    from bench.errors import RequestError
    from bench.report.leaderboard import Evaluation
    from reports.statistics.intervals import Interval

    known: tuple[Interval, ...] = get_args(Interval)
    chosen = next((name for name in known if name == interval), None)
    if interval is not None and chosen is None:
        raise RequestError(f"--interval {interval!r} is none of {', '.join(known)}.")
    experiment = folder.experiment()
    assert experiment is not None
    changed = _with_subgroups(folder, _with_groups(experiment, of_groups), subgroups)
    changed = _with_points(changed, of_points)
    try:
        asked = Evaluation.of(changed, chosen, stratify)
    except ValueError as error:
        own = folder.root / "experiment.toml"
        text = f"--interval and --stratify do not go together: {error}."
        if stratify is None:
            text = f"--interval {interval} does not go with `stratify = true` of {own}: {error}. Add --no-stratify."
        elif interval is None:
            text = f"--stratify does not go with `interval` of {own}: {error}. Add another --interval."
        raise RequestError(text) from None
    return None if asked == Evaluation.of(experiment) else asked


def _with_subgroups(folder: "ResultsFolder", experiment: "Experiment", subgroups: str | None) -> "Experiment":
    """The experiment with these subgroups, all of which the folder must hold, since no image is read here."""
    if subgroups is None:
        return experiment
    from bench.config.experiment import Experiment
    from bench.config.request import options_from
    from bench.errors import RequestError
    from bench.report.subgroups import missing_message, stored_among

    table = folder.subgroups()
    changed = options_from(Experiment, {"subgroups": subgroups}, experiment.model_dump(exclude_none=True))
    stored = stored_among(table, changed.subgroups)
    if missing := [text for text in changed.subgroups if text not in stored]:
        held = [] if table is None else [name for name in table.columns if name != "case_id"]
        there = f" Stored: {', '.join(held)}." if held else ""
        raise RequestError(f"{missing_message(missing)} to {folder.root}.{there}")
    return changed


def _with_groups(experiment: "Experiment", of_groups: dict[str, Any]) -> "Experiment":
    """The experiment with another level, pooling or order of labels, as they were typed."""
    from bench.config.experiment import Experiment
    from bench.config.request import options_from
    from bench.errors import RequestError

    changed = options_from(Experiment, of_groups, experiment.model_dump(exclude_none=True))
    given = [f"--{name.replace('_', '-')}" for name, value in of_groups.items() if value]
    if changed.level == "case" and "--level" not in given and given:
        raise RequestError(f"{' and '.join(given)} say how cases become groups. Add --level group.")
    return changed


def _with_points(experiment: "Experiment", of_points: dict[str, Any]) -> "Experiment":
    """The experiment with other events, thresholds or prevalences, as they were typed."""
    if not any(of_points.values()):
        return experiment
    from bench.config.experiment import Experiment
    from bench.config.request import options_from
    from bench.engine.events import refuse_unknown_events
    from bench.errors import RequestError

    changed = options_from(Experiment, of_points, experiment.model_dump(exclude_none=True))
    if not changed.events:
        given = " and ".join(f"--{name}" for name, value in of_points.items() if value)
        raise RequestError(f"{given} say how events are called or not. Add --event NAME=CLASS,CLASS.")
    refuse_unknown_events(changed, changed.class_order or ())
    return changed
