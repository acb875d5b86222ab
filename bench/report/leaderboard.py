"""From stored runs to leaderboard.md and leaderboard.json. Reads runs, writes the two files."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import reports
from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, external_sites
from bench.engine.events import points_asked
from bench.engine.groups import case_columns, checked_groups, grouping_of, trained_order
from bench.folds.table import FoldTable
from bench.report.entries import NOT_DETERMINISTIC, Stored
from bench.report.groups import GroupLevel, pooled
from bench.report.overview import KEY as OVERVIEW
from bench.report.overview import overview_in, overview_of
from bench.report.patients import about_patients, without_patient
from bench.report.subgroups import attributes_of, of_groups
from bench.store.folder import LEAKS, SUBGROUPS, ResultsFolder
from bench.store.snapshot import FolderSnapshot, made_by_import
from bench.store.tuned import TUNED
from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.draw.markdown_table import escaped
from reports.overview.overview import Overview
from reports.statistics.intervals import Interval, chosen_interval
from reports.tables.caveats import has
from reports.tables.groups import Grouping
from reports.tables.hospitals import HOSPITAL
from reports.tables.level_tables import UNRANKED
from reports.tables.operating_point import NO_POINTS, PointsAsked
from reports.tables.subgroups import Attribute

MARKDOWN, JSON = "leaderboard.md", "leaderboard.json"
RESAMPLING_SEED = 0  # the same runs give the same intervals


@dataclass(frozen=True)
class Evaluation:
    """How predictions are evaluated: which interval, whether clusters are drawn within the classes, and how cases are
    pooled where groups are ranked.

    grouping: None where cases are ranked. subgroups: what cases are also reported by. label_order: by what groups are
    labelled, also where cases are ranked. points: operating points to give.
    """

    interval: Interval
    stratify: bool
    grouping: Grouping | None = None
    subgroups: tuple[str, ...] = ()
    label_order: tuple[str, ...] = ()
    points: PointsAsked = NO_POINTS

    @classmethod
    def of(cls, experiment: Experiment, interval: Interval | None = None, stratify: bool | None = None) -> "Evaluation":
        """What the experiment asks for, which the stored leaderboard follows, or what is given instead.

        Raises ValueError where both do not go together.
        """
        strata = experiment.stratify if stratify is None else stratify
        chosen = chosen_interval(interval or experiment.interval, stratify=strata)
        subgroups, order = tuple(experiment.subgroups), tuple(experiment.label_order)
        order = order or trained_order(experiment)
        return cls(chosen, strata, grouping_of(experiment), subgroups, order, points_asked(experiment))


@dataclass(frozen=True)
class Drawn:
    """A leaderboard with its Markdown and JSON; groups: the same of groups, where these are ranked."""

    leaderboard: Leaderboard
    text: str
    json: str
    groups: GroupLevel | None = None


def stored_leaderboard(folder: ResultsFolder, snapshot: FolderSnapshot | None = None) -> str | None:
    """The Markdown of a leaderboard that is up to date: made from the runs that are there, by the program as it is.

    None where there is none, or one of its two files was changed.
    """
    json_file, text_file = folder.root / JSON, folder.root / MARKDOWN
    if not (json_file.is_file() and text_file.is_file()) or any(map(folder.files.damage, (JSON, MARKDOWN))):
        return None
    try:
        content = json.loads(json_file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    found = content.get("made_from") if isinstance(content, dict) else None
    experiment = (snapshot or folder.snapshot()).experiment
    if experiment is None or found != made_from(folder, experiment, Evaluation.of(experiment)):
        return None
    try:
        return text_file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None  # damaged: made anew


def stored_overview(folder: ResultsFolder) -> Overview:
    """The overview of a leaderboard that is up to date."""
    return overview_in((folder.root / JSON).read_text(encoding="utf-8"))


def made_from(folder: ResultsFolder, experiment: Experiment, evaluation: Evaluation) -> str:
    """A digest of the stored runs, of what they are checked against, of the intervals and of the code that compiles."""
    digest = hashlib.sha256(folder.state(("cases.parquet", SUBGROUPS, "folds.parquet", LEAKS, TUNED)).encode())
    of_experiment = [experiment.class_order, experiment.holdout, experiment.uses_phantom]
    grouping = [*astuple(evaluation.grouping)] if evaluation.grouping else []
    chosen = [evaluation.interval, evaluation.stratify, *grouping, *evaluation.subgroups, [*evaluation.label_order]]
    chosen += [repr(evaluation.points)] if evaluation.points.events else []
    digest.update(json.dumps([*of_experiment, *chosen]).encode())
    for name in sorted(folder.runs.complete()):
        digest.update(name.encode())
    here = Path(__file__).parent
    for package in (here, here.parent / "store", Path(reports.__file__).parent):
        digest.update(code_digest(package))
    return digest.hexdigest()[:24]


def code_digest(package: Path) -> bytes:
    """A digest of all modules of a package, and of its packages, by their places in it and their contents."""
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(f"{source.relative_to(package).as_posix()}|{source.stat().st_size}|".encode())
        digest.update(source.read_bytes())
    return digest.digest()


def store_leaderboard(folder: ResultsFolder, drawn: Drawn) -> None:
    """Replace leaderboard.md and leaderboard.json, which says what both were made from; so it comes last."""
    folder.files.write_all({MARKDOWN: drawn.text, JSON: drawn.json})


def draw_leaderboard(folder: ResultsFolder, stored: Stored, evaluation: Evaluation) -> Drawn:
    """The leaderboard of what was read from the folder; writes nothing.

    Raises:
        RequestError: groups are to be ranked, and cases cannot be pooled to them.
    """
    cases, classes = stored.evaluated, tuple(stored.experiment.class_order or ())
    at = {case.case_id: case.site for case in stored.cases} if stored.folds.sites else {}
    attributes, missing = attributes_of(stored.subgroups, evaluation.subgroups)
    about_cases, left_out = tuple(about_patients(stored.cases)), (*stored.left_out, *stored.mixed, *missing)
    leaderboard = _built(stored.entries, _with_hospitals(case_columns(cases), at), classes, evaluation, attributes)
    ranked = leaderboard
    leaderboard = replace(leaderboard, notes=(*about_cases, *leaderboard.notes, *left_out))
    groups = None
    if evaluation.grouping:
        checked_groups(stored.cases, classes, evaluation.grouping)  # at their hospitals, where these are held out
        found = pooled(stored.entries, cases, classes, evaluation.grouping)
        of_group, grouped = of_groups(attributes, cases), _with_hospitals(found.cases, at)
        board = _built(found.entries, grouped, classes, evaluation, of_group, unit="groups")
        board = ranked = replace(board, notes=(*found.notes, *board.notes))
        board = replace(board, notes=(*board.notes, *left_out))
        groups = GroupLevel(board, evaluation.grouping, found.entries)
        leaderboard = leaderboard.unranked(UNRANKED)
    text = leaderboard_markdown(
        leaderboard,
        title_lines=[escaped(line) for line in about(stored)],
        under_tables=" ".join(_under_tables(stored)),
        groups=groups.leaderboard if groups else None,
    )
    content = {
        **leaderboard.to_dict(),
        OVERVIEW: overview_of(ranked, stored).to_dict(),
        "cases": len(cases),
        "cases_without_patient": without_patient(cases),
        **({"groups": groups.to_dict()} if groups else {}),
        "made_from": made_from(folder, stored.experiment, evaluation),
    }
    return Drawn(leaderboard, text, json.dumps(content, indent=1, allow_nan=False) + "\n", groups)


def _with_hospitals(cases: pd.DataFrame, at: Mapping[str, str]) -> pd.DataFrame:
    """Where sites were held out, the case table says at which each case is."""
    return cases.assign(**{HOSPITAL: cases["case_id"].map(at)}) if at else cases


def _built(
    entries: Sequence[Entry],
    cases: pd.DataFrame,
    classes: tuple[str, ...],
    evaluation: Evaluation,
    attributes: Sequence[Attribute],
    unit: str = "cases",
) -> Leaderboard:
    return build_leaderboard(
        entries,
        cases,
        classes,
        rng=np.random.default_rng(RESAMPLING_SEED),
        interval=evaluation.interval,
        stratify=evaluation.stratify,
        unit=unit,
        attributes=attributes,
        points=evaluation.points,
    )


def about(stored: Stored) -> tuple[str, str]:
    """Which data, and how they were split and predicted."""
    experiment, cases, folds = stored.experiment, stored.cases, stored.folds
    named = folds.sites or (INTERNAL, *external_sites(cases))
    sites = "; ".join(f"{site}: {sum(case.site == site for case in cases)} cases" for site in named)
    source = "the embedded phantom (synthetic images)" if experiment.uses_phantom else "own images"
    if made_by_import(cases):
        source, how = "imported predictions", f"{_imported_folds_text(folds)}; predictions as they were given"
    else:
        how = f"{_folds_text(folds, experiment.holdout)}; predictions of the last epoch"
        how += ", imported ones as they were given" if stored.imported else ""
    return f"Data: {source}. {sites}. Classes: {', '.join(experiment.class_order or ())}.", f"{how}."


def _under_tables(stored: Stored) -> Iterator[str]:
    """What nobody may overlook."""
    if stored.warning:
        yield f"{stored.warning}: these numbers are too good."
    if fast := [entry.backbone for entry in stored.entries if has(entry.caveats, "not_deterministic")]:
        yield f"{', '.join(dict.fromkeys(fast))}: {NOT_DETERMINISTIC.text}."


def _folds_text(folds: FoldTable, holdout: float | None) -> str:
    if folds.sites:
        return (
            f"{len(folds.sites)} sites, each predicted by models that were trained on the others; internal means all "
            "sites together"
        )
    return f"Single split holding out {holdout:g} of each class" if holdout else f"{folds.number()} stratified folds"


def _imported_folds_text(folds: FoldTable) -> str:
    number = folds.number() if folds.by_seed else 0
    return {0: "No folds known", 1: "Single hold-out split"}.get(number, f"{number} folds")


def leaderboard_files(root: Path) -> str:
    """The paths to tell the user."""
    return f"{root / MARKDOWN}, {root / JSON}"
