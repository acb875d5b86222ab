"""Studies of nondeterminism as the report takes them. Reads nondeterminism.json and repeats/; writes figures."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.atomic import write_atomically
from bench.data.cases import INTERNAL, Case, external_sites
from bench.errors import BenchError
from bench.nondeterminism.record import RecordedGroup, RecordedStudy, read_nondeterminism
from bench.report.entries import NOT_DETERMINISTIC
from bench.report.feature import Feature
from bench.scoring import class_numbers
from bench.store.folder import ResultsFolder
from bench.store.records import mixed_environments
from bench.store.runs import RunStore
from bench.store.traces import count_digests
from reports.nondeterminism.agreement import Side, disagreement
from reports.nondeterminism.sheet import draw_nondeterminism, nondeterminism_charts
from reports.nondeterminism.summary import Control, Cost, Design, NumericsChange, Study, WeightDistance
from reports.nondeterminism.tables import NAMES
from reports.nondeterminism.tables import nondeterminism_tables as tables_of
from reports.page.part import Section
from reports.tables.caveats import Caveat
from reports.tables.table import Table


def nondeterminism_tables(folder: ResultsFolder) -> tuple[Table, ...]:
    """All tables of the studies of a folder; none where nothing was studied."""
    return tables_of(studies(folder))


def write_nondeterminism_figures(folder: ResultsFolder) -> list[Path]:
    """One sheet for each study, figures/nondeterminism-<backbone>.png; of several of one backbone with a number."""
    paths: list[Path] = []
    for study in studies(folder):
        if not study.designs:
            continue
        place = folder.root / "figures" / f"nondeterminism-{study.backbone}.png"
        place.parent.mkdir(exist_ok=True)
        while place in paths:
            place = place.with_stem(f"{place.stem}-{len(paths)}")
        write_atomically(place, partial(draw_nondeterminism, nondeterminism_charts(study)))
        paths.append(place)
    return paths


def nondeterminism_section(folder: ResultsFolder) -> Section:
    """The section of the page."""
    intro = ("Whether one seed, repeated, gives the same bits, and how much each source of randomness adds.",)
    return Section("nondeterminism", "Nondeterminism", intro, nondeterminism_tables(folder))


def studies(folder: ResultsFolder) -> list[Study]:
    """From the stored runs; everything is computed anew."""
    record, cases = read_nondeterminism(folder.root), folder.cases()
    if not record.studies or cases is None:
        return []
    return [_study(folder.repeats, study, cases) for study in record.studies]


def _study(store: RunStore, record: RecordedStudy, cases: Sequence[Case]) -> Study:
    classes = store.read(record.control.runs[0][0]).record.spec.classes
    by_site = {site: [case for case in cases if case.site == site] for site in (INTERNAL, *external_sites(cases))}
    read = partial(_design, store, by_site=by_site, classes=classes)
    control = read(record.control)
    designs = [read(group) for group in record.groups if group.setting is None]
    return Study(
        backbone=record.backbone,
        weights=record.weights,
        recipe=record.recipe,
        numerics=record.tooling,
        classes=classes,
        cases={site: tuple(case.case_id for case in group) for site, group in by_site.items()},
        control=_control(store, record),
        designs=(*([control] if control.runs > 1 else []), *designs),
        changes=tuple(_change(control, group, read(group)) for group in record.groups if group.setting is not None),
        curves={group.name: group.curve for group in record.groups if group.curve},
        cost=Cost(record.cost.deterministic, record.cost.fast, record.cost.runs) if record.cost else None,
        caveats=(*(() if record.deterministic else (NOT_DETERMINISTIC,)), *_mixed(store, record)),
    )


def _mixed(store: RunStore, record: RecordedStudy) -> list[Caveat]:
    names = [name for group in (record.control, *record.groups) for run in group.runs for name in run]
    notes = mixed_environments([store.read(name).record.environment for name in names])
    return [Caveat("mixed_environments", note) for note in notes]


def _control(store: RunStore, record: RecordedStudy) -> Control | None:
    if record.passed is None:
        return None
    runs = record.control.runs
    digests = sum(count_digests(store.root / name) for run in runs for name in run)
    return Control(record.passed, len(runs), len(runs[0]), digests, record.control.parting)


def _design(
    store: RunStore, group: RecordedGroup, *, by_site: Mapping[str, Sequence[Case]], classes: tuple[str, ...]
) -> Design:
    n_folds = len(group.runs[0])
    predicted = {
        site: np.full((len(group.runs), 1 if site == INTERNAL else n_folds, len(cases)), -1, dtype=np.int64)
        for site, cases in by_site.items()
    }
    place = {case.case_id: number for cases in by_site.values() for number, case in enumerate(cases)}
    losses = np.zeros((len(group.runs), n_folds))
    for run, folds in enumerate(group.runs):
        for fold, name in enumerate(folds):
            table = store.read(name).predictions()
            codes = class_numbers(table["predicted"], classes)
            where = np.array([place[case] for case in table["case_id"]], dtype=np.int64)
            sites = table["site"].to_numpy()
            for site, codes_of in predicted.items():
                here = sites == site
                codes_of[run, 0 if site == INTERNAL else fold, where[here]] = codes[here]
            losses[run, fold] = _last_loss(store.root / name)
    sides = {
        site: Side(class_numbers([case.label for case in cases], classes), predicted[site], len(classes))
        for site, cases in by_site.items()
    }
    return Design(group.name, sides, losses.mean(axis=1), _distance(group))


def _last_loss(folder: Path) -> float:
    losses: NDArray[np.float64] = pq.read_table(folder / "history.parquet", columns=["val_loss"])["val_loss"].to_numpy()
    if not len(losses):
        raise BenchError(f"The stored run {folder} has no epochs. Delete that folder and give the command again.")
    return float(losses[-1])


def _distance(group: RecordedGroup) -> WeightDistance | None:
    if not group.pairs:
        return None
    updates = [pair.of_update for pair in group.pairs if pair.of_update is not None]
    return WeightDistance(
        float(np.mean([pair.relative for pair in group.pairs])),
        float(np.mean(updates)) if updates else None,
        len(group.pairs),
    )


def _change(base: Design, group: RecordedGroup, design: Design) -> NumericsChange:
    differences, churn = {}, {}
    for site, side in design.sides.items():
        before, after = base.sides[site].scores(), side.scores()
        differences[site] = {name: float(after[name][0] - before[name][0]) for name in after}
        churn[site] = disagreement(base.sides[site].predicted[0], side.predicted[0])
    return NumericsChange(
        group.setting or "", group.base, group.changed, differences, churn, design.distance, group.parting
    )


NONDETERMINISM = Feature(nondeterminism_section, NAMES, nondeterminism_tables, write_nondeterminism_figures)
