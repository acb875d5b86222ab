"""Gathers what the models of one backbone show into the values that tables are made from. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL
from bench.explain.task import Explained, ExplainTask
from bench.plan.spec import RunSpec
from reports.explanation import measures
from reports.explanation.agreement import coarse, ranked
from reports.explanation.measures import Maps, area
from reports.explanation.subject import CENTRE, CURVES, MAP, RANDOM, SOURCES, Places, Subject, column
from reports.statistics.confusion_counts import Floats, Integers

CaseId = str


class Measurements:
    """Of one set of models; `cluster` numbers the patient (or case) of each case id, `measured` are those counted."""

    def __init__(
        self, name: str, coverage: Mapping[CaseId, Maps], cluster: Mapping[CaseId, int], measured: frozenset[CaseId]
    ) -> None:
        self._name, self._coverage, self._cluster, self._measured = name, coverage, cluster, measured
        self._parts: dict[tuple[int, int], tuple[pd.DataFrame, dict[str, Floats]]] = {}
        self._places: dict[tuple[str, int, int], tuple[tuple[CaseId, ...], Maps]] = {}
        self._about: tuple[str, int, tuple[str, ...]] = ("", 0, ())

    def add(self, task: ExplainTask, found: Explained) -> None:
        """The maps of one model."""
        spec = task.spec
        kept = np.array([spec.predicted[row].case_id in self._measured for row in task.mapped], dtype=bool)
        if not kept.any():
            return
        rows, maps = task.mapped[kept], found.maps[kept]
        frame = self._frame(spec, rows, found)
        overlaps = self._locate(frame, task, found, rows, maps)
        _put(frame, rows, task.checked, {column(*key): area(curve) for key, curve in found.curves.items()})
        similarity = {f"similarity_{number}": values for number, values in enumerate(found.similarity.T)}
        _put(frame, rows, task.checked, similarity)
        self._parts[spec.seed, spec.fold] = frame, overlaps
        self._about = found.layer, found.grid, found.stages or self._about[2]
        vectors = ranked(coarse(maps))
        for site, part in frame.groupby("site").groups.items():
            at = np.asarray(part, dtype=np.int64)
            self._places[str(site), spec.seed, spec.fold] = tuple(frame["case_id"].iloc[at]), vectors[at]

    def subject(self) -> Subject:
        """All of it, in the order of seeds and folds, whichever model came first."""
        parts = [self._parts[model] for model in sorted(self._parts)]
        values = pd.concat([frame for frame, _ in parts], ignore_index=True)
        _choose_thresholds(values, [overlaps for _, overlaps in parts if overlaps])
        sites = list(dict.fromkeys(values["site"]))
        places = {site: found for site in sites if (found := self._of_site(site)) is not None}
        layer, grid, stages = self._about
        return Subject(self._name, layer, grid, values, stages, places)

    def _frame(self, spec: RunSpec, rows: Integers, found: Explained) -> pd.DataFrame:
        samples = [spec.predicted[row] for row in rows]
        predicted = found.probabilities[rows].argmax(axis=1)
        frame = pd.DataFrame(
            {
                "backbone": self._name,
                "seed": spec.seed,
                "fold": spec.fold,
                "site": [sample.site for sample in samples],
                "case_id": [sample.case_id for sample in samples],
                "cluster": [self._cluster[sample.case_id] for sample in samples],
                "label": [sample.label for sample in samples],
                "predicted": np.array(spec.classes)[predicted],
                "lesion_share": np.nan,
            }
        )
        names = [column(measure, source) for measure in ("energy", "pointing", "iou", *CURVES) for source in SOURCES]
        return frame.assign(**dict.fromkeys(names, np.nan))

    def _locate(
        self, frame: pd.DataFrame, task: ExplainTask, found: Explained, rows: Integers, maps: Maps
    ) -> dict[str, Floats]:
        """Fill in energy and pointing game; the overlaps of the located cases at every threshold, by source."""
        located, overlaps = task.located, dict[str, Floats]()
        if not len(located):
            return overlaps
        coverage = np.stack([self._coverage[task.spec.predicted[row].case_id] for row in located])
        lesion = measures.inside(coverage)
        _put(frame, rows, located, {"lesion_share": coverage.mean((1, 2), dtype=np.float64)})
        of_source = {
            MAP: maps[np.searchsorted(rows, located)],
            CENTRE: np.broadcast_to(measures.centre_prior(coverage.shape[1]), coverage.shape),
            RANDOM: found.random_maps,
        }
        for source, those in of_source.items():
            energy, pointing = measures.energy(those, coverage), measures.pointing(those, lesion)
            _put(frame, rows, located, {column("energy", source): energy, column("pointing", source): pointing})
            overlaps[source] = measures.overlaps(those, lesion)
        return overlaps

    def _of_site(self, site: str) -> Places | None:
        """Maps of the cases that every seed has explained; an internal case by the model that held it out."""
        of_seed: dict[int, list[tuple[tuple[CaseId, ...], Maps]]] = {}
        for (name, seed, _), part in sorted(self._places.items(), key=lambda item: item[0]):
            if name == site:
                of_seed.setdefault(seed, []).append(part)
        if site == INTERNAL:
            of_seed = {seed: [_joined(parts)] for seed, parts in of_seed.items()}
        folds = max((len(parts) for parts in of_seed.values()), default=0)
        of_seed = {seed: parts for seed, parts in of_seed.items() if len(parts) == folds}
        common = [set(ids) for parts in of_seed.values() for ids, _ in parts]
        shared = sorted(set.intersection(*common)) if common else []
        if not shared:
            return None
        units = np.stack([[_in_order(shared, *part) for part in parts] for parts in of_seed.values()])
        return Places(units, tuple(of_seed), np.array([self._cluster[name] for name in shared], dtype=np.int64))


def _choose_thresholds(values: pd.DataFrame, overlaps: Sequence[Mapping[str, Floats]]) -> None:
    """IoU at one threshold for each map, chosen on the other patients' internal maps (see `measures`)."""
    if not overlaps:
        return
    located = values["lesion_share"].notna().to_numpy()
    inside = (values.loc[located, "site"] == INTERNAL).to_numpy()
    cluster = values.loc[located, "cluster"].to_numpy(dtype=np.int64)
    for source in SOURCES:
        overlap = np.concatenate([of_model[source] for of_model in overlaps])
        if inside.any():
            chosen = np.full(len(overlap), measures.best_threshold(overlap[inside]))
            chosen[inside] = measures.threshold_of_others(overlap[inside], cluster[inside])
        else:
            chosen = measures.threshold_of_others(overlap, cluster)
        values.loc[located, column("iou", source)] = overlap[np.arange(len(overlap)), chosen]


def _put(frame: pd.DataFrame, rows: Integers, wanted: Integers, columns: Mapping[str, Floats]) -> None:
    """Fill columns at the rows of the frame that stand for the predictions `wanted`."""
    for name, values in columns.items():
        filled = np.full(len(rows), np.nan) if name not in frame else frame[name].to_numpy(dtype=np.float64).copy()
        filled[np.searchsorted(rows, wanted)] = values
        frame[name] = filled


def _joined(parts: Sequence[tuple[tuple[CaseId, ...], Maps]]) -> tuple[tuple[CaseId, ...], Maps]:
    return tuple(name for ids, _ in parts for name in ids), np.concatenate([maps for _, maps in parts])


def _in_order(wanted: Sequence[CaseId], ids: Sequence[CaseId], maps: Maps) -> Maps:
    place = {name: number for number, name in enumerate(ids)}
    return maps[[place[name] for name in wanted]]
