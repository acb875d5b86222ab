"""From stored runs to the entries of the leaderboard and the worklist. Reads runs."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import mean
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case
from bench.data.images import PixelSettings
from bench.errors import RequestError
from bench.folds.table import FoldTable
from bench.plan.adaptation import NONE, TRANSDUCTIVE, Adaptation
from bench.report.training_draws import apart_from_order, inside, predictions_of, runs_of_draws, training_draws
from bench.store.aside import left_aside
from bench.store.folder import LEAKS, ResultsFolder
from bench.store.records import IMPORTED, RunRecord, TrainedSpec, mixed_environments
from bench.store.runs import StoredRun
from bench.store.snapshot import FolderSnapshot
from bench.store.tuned import TunedRecipes
from reports import Entry
from reports.tables.caveats import TRANSDUCTIVE as OF_TARGET
from reports.tables.caveats import UNKNOWN_FOLDS, Caveat
from reports.tables.training_populations import TrainingDraws

NOT_DETERMINISTIC = Caveat("not_deterministic", "not deterministic (--fast): the same command may give other numbers")
OF_GROUPS = Caveat(
    "of_groups", "each case has the prediction of its group, so only numbers of groups (--level group) count"
)
MIXED_WEIGHTS = Caveat("mixed_weights", "this folder mixes pretrained and randomly initialised backbones")


@dataclass(frozen=True)
class Stored:
    """What a folder holds to compile from; read once, since there may be a thousand runs.

    entries: what is ranked, and runs, for each of them, what it was made from; left_out: a note for each backbone with
    runs that are not, and for each run that was damaged; imported: whether an entry was imported; warning: of leaks, or
    empty; mixed: a note where runs were made in different environments; subgroups: the levels of cases, as stored.
    """

    experiment: Experiment
    cases: list[Case]
    folds: FoldTable
    entries: list[Entry]
    runs: list[list[StoredRun]]
    left_out: list[str]
    imported: bool
    warning: str
    mixed: list[str]
    subgroups: pd.DataFrame | None = None

    @property
    def evaluated(self) -> list[Case]:
        """The cases with the sites under which entries predict them: where folds are sites, all are internal."""
        return [replace(case, site=INTERNAL) for case in self.cases] if self.folds.sites else self.cases


def read_stored(folder: ResultsFolder, snapshot: FolderSnapshot | None = None) -> Stored | None:
    """Every comparable run of the folder as entries; None where it is no results folder."""
    snapshot = snapshot or folder.snapshot()
    experiment, cases, folds = snapshot.experiment, snapshot.cases, snapshot.folds
    if experiment is None or cases is None or folds is None:
        return None
    if other := sorted({case.label for case in cases} - set(experiment.class_order or ())):
        raise RequestError(
            f"{folder.root}/experiment.toml does not know the class {other[0]!r} that cases.parquet has: one of them "
            f"is damaged. Restore it, or give the bench run command again with another --results folder."
        )
    snapshot.number_of_folds()
    rows, left_out = _rows(folder.runs.read_all(), folds, cases)
    left_out += left_aside(folder.runs.root)
    leaks = folder.leaks()
    warning = f"{leaks} pair(s) of cases leak from training into evaluation ({LEAKS})" if leaks else ""
    entries = _entries(rows, folds, (Caveat("leaks", warning),) if warning else (), folder.tuned)
    of_entry = [row.runs for row in rows]
    imported = any(row.record.spec.role == "import" for row in rows)
    environments = [run.record.environment for runs in of_entry for run in runs]
    mixed = [f"Of this folder, {note}." for note in mixed_environments(environments)]
    subgroups = folder.subgroups()
    return Stored(experiment, cases, folds, entries, of_entry, left_out, imported, warning, mixed, subgroups)


@dataclass(frozen=True)
class Row:
    """Runs that are one row of the leaderboard, in the order of their ids, and all that they predict.

    draws: the same of runs with their settings whose training cases were drawn anew.
    """

    runs: list[StoredRun]
    predictions: pd.DataFrame
    draws: TrainingDraws | None = None

    @property
    def record(self) -> RunRecord:
        """Of the first run; what a row is told apart by is the same in all of them."""
        return self.runs[0].record


def _rows(runs: Sequence[StoredRun], folds: FoldTable, cases: Sequence[Case]) -> tuple[list[Row], list[str]]:
    """Rows of comparable runs, imported ones last, and a note for each backbone of runs that belong to other folds.

    The fold table may have been edited: a run counts where its held-out cases are those of its fold, or all where it
    was imported without folds. Files are read row by row, since those of all rows would not fit into memory twice.
    """
    found, others = list[Row](), list[StoredRun]()
    internal = {case.case_id for case in cases if case.site == INTERNAL}
    of_fold: dict[tuple[int, int], set[str]] = defaultdict(set)
    for seed, fold_of in folds.by_seed.items():
        for case, fold in fold_of.items():
            of_fold[seed, fold].add(case)

    def kept(alike: Sequence[StoredRun]) -> list[tuple[StoredRun, pa.Table]]:
        of_folds = list[tuple[StoredRun, pa.Table]]()
        for run in alike:
            spec, table = run.record.spec, run.table()
            own = table["case_id"]
            if not folds.sites:
                own = own.filter(pc.equal(table["site"], INTERNAL))
            held_out = set(own.cast(pa.string()).to_numpy().tolist())
            expected = of_fold.get((spec.seed, spec.fold), set()) if run.record.folds_known else internal
            if held_out == expected:
                of_folds.append((run, table))
            else:
                others.append(run)
        return of_folds

    drawn = runs_of_draws(runs)
    for alike in _alike(runs):
        if ranked := kept(alike):
            runs_of_row = [run for run, _ in ranked]
            predictions = predictions_of(ranked, [run.record.spec.seed for run in runs_of_row])
            of_draws = kept(_drawn_from(drawn, runs_of_row[0].record))
            found.append(Row(runs_of_row, inside(predictions, folds), training_draws(of_draws, folds, cases)))
    number = Counter(run.record.spec.backbone for run in sorted(others, key=lambda run: run.run_id))
    notes = [
        f"{name}: {times} stored run(s) belong to folds that folds.parquet no longer has, and are left out."
        for name, times in number.items()
    ]
    return sorted(found, key=lambda row: (row.record.spec.role == "import", row.record.run_id)), notes


def _drawn_from(drawn: dict[Hashable, list[StoredRun]], record: RunRecord) -> list[StoredRun]:
    """The runs of training draws that belong to a row; to one row alone, where some differ in the order of slices."""
    return drawn.pop(apart_from_order(record, record.spec), []) if isinstance(record.spec, TrainedSpec) else []


def _alike(runs: Sequence[StoredRun]) -> list[list[StoredRun]]:
    """Ranked runs of one backbone, weights, recipe, pixel settings and numerics together."""
    alike: dict[Hashable, list[StoredRun]] = defaultdict(list)
    for run in runs:
        if run.record.is_ranked:
            alike[settings(run.record)].append(run)
    return list(alike.values())


def _entries(rows: Sequence[Row], folds: FoldTable, caveats: tuple[Caveat, ...], tuned: TunedRecipes) -> list[Entry]:
    """One entry for each row; imported ones are named last, and adapted ones have their baselines."""
    records = [row.record for row in rows]
    entries: list[Entry] = []
    by_settings: dict[Hashable, Entry] = {}
    for row in rows:
        entry = _entry(row, folds, records, (*tuned.caveats(row.record), *caveats))
        names = {other.key for other in entries}
        while entry.key in names:
            entry = replace(entry, recipe=f"{entry.recipe}, {IMPORTED}")
        entries.append(entry)
        by_settings[settings(row.record)] = entry
    return [_with_baseline(entry, row.record, by_settings) for entry, row in zip(entries, rows, strict=True)]


def _with_baseline(entry: Entry, record: RunRecord, by_settings: Mapping[Hashable, Entry]) -> Entry:
    if record.adaptation == NONE:
        return entry
    baseline = by_settings.get(settings(record, NONE))
    return replace(entry, adaptation=record.adaptation, baseline=None if baseline is None else baseline.key)


def _entry(row: Row, folds: FoldTable, all_records: Sequence[RunRecord], caveats: tuple[Caveat, ...]) -> Entry:
    record = row.record
    spec, imported = record.spec, record.spec.role == "import"
    sources = {other.weights.source for other in all_records} - {IMPORTED}
    mixed = len(sources) > 1 and "random" in sources
    of_import = [Caveat("imported", IMPORTED), *([] if record.folds_known else [UNKNOWN_FOLDS])] if imported else []
    return Entry(
        backbone=spec.backbone,
        weights=record.weights.source,
        recipe=", ".join([spec.recipe_label, *distinguishing(record, all_records)]),
        parameters=None if imported else record.parameters,
        seconds_per_run=None if imported else mean(run.record.seconds for run in row.runs),
        folds=folds.number() if record.folds_known else 1,
        predictions=row.predictions,
        draws=row.draws,
        caveats=(
            *of_import,
            *([OF_GROUPS] if spec.role != "import" and spec.recipe.probe == "attention" else []),
            *([NOT_DETERMINISTIC] if spec.role != "import" and not spec.numerics.deterministic else []),
            *([MIXED_WEIGHTS] if mixed else []),
            *([OF_TARGET] if record.adaptation in TRANSDUCTIVE else []),
            *caveats,
        ),
    )


def settings(record: RunRecord, adaptation: Adaptation | None = None) -> Hashable:
    """What runs that are one row have in common; with another adaptation, what those of that row have.

    Names of recipes and files do not part rows, but for imported runs, of which nothing else is known.
    """
    spec = record.spec
    if spec.role == "import":
        return (spec.backbone, spec.role, record.weights.source, spec.recipe_label, spec.folds_known)
    if adaptation is not None:
        spec = spec.model_copy(update={"adaptation": adaptation})
    return apart_from_order(record, spec), spec.pixels.order


def distinguishing(record: RunRecord, all_records: Sequence[RunRecord]) -> list[str]:
    """Settings beyond the recipe in which rows trained here differ: image size 64, precision bf16, …"""
    if record.spec.role == "import":
        return []
    trained = [(other, other.spec) for other in all_records if other.spec.role != "import"]
    namesakes = [(other, spec) for other, spec in trained if spec.backbone == record.spec.backbone]
    found = [
        *_differing(_told(record.spec.pixels), [_told(spec.pixels) for _, spec in trained]),
        *_differing(asdict(record.spec.numerics), [asdict(spec.numerics) for _, spec in namesakes]),
    ]
    if len({spec.pixels.order for _, spec in trained} - {"", record.spec.pixels.order}) and record.spec.pixels.order:
        found.append(f"order of slices {record.spec.pixels.order[:6]}")
    digests = {other.weights.digest for other, _ in namesakes if other.weights.source == record.weights.source}
    if digests - {record.weights.digest}:
        found.append(f"weights {record.weights.digest[:6]}")
    return found


def _told(pixels: PixelSettings) -> dict[str, object]:
    """Pixel settings that rows are told apart by."""
    return {name: value for name, value in asdict(pixels).items() if name != "order"}


def _differing(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for key, value in own.items():
        if any(other[key] != value for other in others):
            yield f"{key.replace('_', ' ')} {list(value) if isinstance(value, tuple) else value}"
