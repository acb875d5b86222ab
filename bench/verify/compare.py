"""A stored run beside the same run trained again: the same bytes, only the noise of another machine, or another.

Reads the predictions of the stored run; decides in memory.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.plan.spec import RunResult, RunSpec
from bench.scoring import class_numbers, scores_by_site
from bench.store.records import OF_NUMERICS
from bench.store.runs import TEXT, StoredRun, predictions_table
from reports.statistics.noise_floor import NoiseFloor

NO_CAUSE = ("platform",)
"""Entries of an environment that may be others on the same machine: the kernel is updated, and decides no number."""


@dataclass(frozen=True)
class Compared:
    """Whether a run counts as the stored one, and why, in words."""

    same: bool
    text: str


def compare(run: StoredRun, spec: RunSpec, result: RunResult, floors: Mapping[str, NoiseFloor], folds: int) -> Compared:
    """What training `spec` again says of the stored run.

    floors: noise floors of whole seeds by metric, empty where not known; folds: how many runs a seed has.
    """
    if result.status != "done":
        return Compared(False, f"could not be trained again: {result.error}")
    then, now = run.table(), predictions_table(spec, result)
    if same_bytes(then, now):
        return Compared(True, "the same bytes")
    texts = [name for name in ("case_id", "site", "label") if _texts(then, name) != _texts(now, name)]
    if texts:
        return Compared(False, f"DIFFERS: the stored predictions have another {texts[0]} than its cases")
    chosen = [spec.classes[place] for place in _probabilities(then, spec).argmax(axis=1)]
    if _texts(then, "predicted") != chosen:
        return Compared(False, "DIFFERS: stored classes that are predicted are not those of the stored probabilities")
    apart = _apart(then, now, spec)
    others = other_environment(run.record.environment, result.environment)
    if not others:
        return Compared(False, f"DIFFERS: {apart}, although the environment is the same")
    return _within_noise(spec, (then, now), floors, folds, f"{apart}; made in another environment ({others})")


def same_bytes(then: pa.Table, now: pa.Table) -> bool:
    """Whether two tables of predictions hold the same texts, and the same bits of every probability."""
    if then.column_names != now.column_names or then.num_rows != now.num_rows:
        return False
    numbers = [name for name in now.column_names if name not in TEXT]
    return all(_texts(then, name) == _texts(now, name) for name in TEXT) and all(
        then[name].to_numpy().tobytes() == now[name].to_numpy().tobytes() for name in numbers
    )


def other_environment(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What differs, in words; empty where bytes should be the same. What a run itself sets does not count."""
    names = sorted({*then, *now} - set(OF_NUMERICS) - set(NO_CAUSE))
    return "; ".join(
        f"{name} {then.get(name, 'not set')} then, {now.get(name, 'not set')} now"
        for name in names
        if then.get(name) != now.get(name)
    )


def _within_noise(
    spec: RunSpec, tables: tuple[pa.Table, pa.Table], floors: Mapping[str, NoiseFloor], folds: int, what: str
) -> Compared:
    """Accuracy and macro-F1 of each site against the noise floor of a run, which is √folds times that of a seed."""
    if not floors:
        return Compared(
            False,
            f"NOT JUDGED: {what}, and without two seeds it is not known what is noise. Verify it where it was made",
        )
    before, after = (_scores(table, spec) for table in tables)
    moved = [
        (abs(after[site][metric] - before[site][metric]), floors[metric].floor_1 * math.sqrt(folds), site, metric)
        for site in before
        for metric in before[site]
    ]
    beyond = [one for one in moved if one[0] > one[1]]
    difference, bound, site, metric = max(beyond or moved, key=lambda one: one[0] - one[1])
    change = f"{metric} ({site}) differs by {difference:.4f}, the noise floor of a run is {bound:.4f}"
    return Compared(not beyond, f"{'DIFFERS' if beyond else 'within the noise'}: {change}; {what}")


def _scores(table: pa.Table, spec: RunSpec) -> dict[str, dict[str, float]]:
    labels, predicted = (class_numbers(_texts(table, name), spec.classes) for name in ("label", "predicted"))
    return scores_by_site(_texts(table, "site"), labels, predicted, len(spec.classes))


def _apart(then: pa.Table, now: pa.Table, spec: RunSpec) -> str:
    one, other = _probabilities(then, spec), _probabilities(now, spec)
    cases = int((one != other).any(axis=1).sum())
    classes = int((one.argmax(axis=1) != other.argmax(axis=1)).sum())
    return (
        f"{cases} of {len(one)} predictions have other probabilities (up to {np.abs(one - other).max():.2g}), "
        f"{classes} another class"
    )


def _probabilities(table: pa.Table, spec: RunSpec) -> NDArray[np.float32]:
    return np.stack([table[f"p_{name}"].to_numpy() for name in spec.classes], axis=1)


def _texts(table: pa.Table, name: str) -> Sequence[str]:
    texts: list[str] = table[name].cast(pa.string()).to_pylist()
    return texts
