"""Runs of training cases that were drawn anew, as what they add to a row of the leaderboard. Reads runs."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bench.data.cases import INTERNAL, Case
from bench.folds.table import FoldTable
from bench.plan.plan import by_content, samples_of
from bench.plan.training_draws import times_drawn
from bench.store.records import RunRecord, TrainedSpec
from bench.store.runs import StoredRun
from reports.tables.training_populations import TrainingDraws


def runs_of_draws(runs: Iterable[StoredRun]) -> dict[Hashable, list[StoredRun]]:
    """By what they share with the runs of a row."""
    found = defaultdict[Hashable, list[StoredRun]](list)
    for run in runs:
        if run.record.draw and isinstance(run.record.spec, TrainedSpec):
            found[apart_from_order(run.record, run.record.spec)].append(run)
    return found


def apart_from_order(record: RunRecord, spec: TrainedSpec) -> Hashable:
    """The settings of a run, but for what lies beside its slices, which a draw lacks in part."""
    pixels = replace(spec.pixels, order="")
    return spec.backbone, record.weights.digest, spec.recipe.unnamed(), pixels, spec.numerics, spec.adaptation


def training_draws(
    runs: Sequence[tuple[StoredRun, pa.Table]], folds: FoldTable, cases: Sequence[Case]
) -> TrainingDraws | None:
    """What they predict, and how often each draw has each case; None where there are none."""
    if not runs:
        return None
    drawn = sorted({(run.record.spec.seed, run.record.draw) for run, _ in runs})
    place = {one: number for number, one in enumerate(drawn)}
    predictions = predictions_of(runs, [place[run.record.spec.seed, run.record.draw] for run, _ in runs])
    samples = by_content(samples_of(cases))
    times = []
    for seed, draw in drawn:
        fold_of = folds.by_seed[seed]
        times.append(times_drawn([one for one in samples if one.case_id in fold_of], fold_of, seed, draw))
    return TrainingDraws(inside(predictions, folds), tuple(drawn), tuple(times))


def inside(predictions: pd.DataFrame, folds: FoldTable) -> pd.DataFrame:
    """Where folds are sites, all cases are of the internal one."""
    return predictions.assign(site=INTERNAL) if folds.sites else predictions


def predictions_of(group: Sequence[tuple[StoredRun, pa.Table]], seeds: Sequence[int]) -> pd.DataFrame:
    """All predictions of one row, texts as categories; names of runs decide nothing, not even how sums are rounded.

    seeds: what stands as the seed of each run.
    """
    tables = [table for _, table in group]
    frame = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().to_pandas()
    rows = [table.num_rows for table in tables]
    frame["seed"] = np.repeat(seeds, rows)
    frame["fold"] = np.repeat([run.record.spec.fold for run, _ in group], rows)
    keys = (_ranks(frame["case_id"]), _ranks(frame["site"]), frame["fold"], frame["seed"])
    return frame.take(np.lexsort(keys)).reset_index(drop=True)


def _ranks(texts: pd.Series) -> NDArray[np.int64]:
    """The place of each text in the order of all texts that there are: (n_rows,)."""
    place = np.argsort(np.argsort(np.array(texts.cat.categories, dtype=object)))
    return np.asarray(place[texts.cat.codes], dtype=np.int64)
