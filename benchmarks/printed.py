"""What a leaderboard prints, read from the content of leaderboard.json; what it lacks is absent here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Content = Mapping[str, Any]
_LABEL = re.compile(r"covers .*simulation|these models only|this trained model|of this model", re.IGNORECASE)
_OTHER_NAMES = {"ap": "average_precision"}


@dataclass(frozen=True)
class Printed:
    """A printed number: its place as in the truth of a world, its interval if it has one, and whether it is labelled.

    A label is a remark that tells how often the interval covers, or that it speaks of the trained models alone.
    """

    place: str
    value: float | None
    low: float | None
    high: float | None
    label: bool


def cells(row: Content) -> Iterator[Printed]:
    """Every cell of a row with an interval or a reason for none."""
    yield from _sided(row, "{}")
    for name, sided in row.get("per_class", {}).items():
        yield from _sided(sided, "{}:" + name)
    for pair in row.get("confusion_pairs", []):
        yield from _sided(pair, "{}")
    for splits in row.get("gap_split", {}).values():
        for metric, parts in splits.items():
            for part, cell in parts.items():
                yield _printed(f"{part}.{metric}", cell)


def _sided(sided: Content, name: str) -> Iterator[Printed]:
    sides = [("internal", sided.get("internal", {}))]
    for side in ("external", "gap"):
        sides += [(side, of_site) for of_site in sided.get(side, {}).values()]
    for side, found in sides:
        for metric, cell in found.items():
            yield _printed(f"{side}.{name.format(_OTHER_NAMES.get(metric, metric))}", cell)


def _printed(place: str, cell: Content) -> Printed:
    remark = " ".join(str(cell.get(part) or "") for part in ("reason", "method", "label"))
    return Printed(place, cell.get("value"), cell.get("low"), cell.get("high"), bool(_LABEL.search(remark)))


def tests(content: Content) -> Iterator[tuple[str, bool | None]]:
    """Every test of the two rows, and whether it finds a difference; None where it is not given."""
    resolved = []
    for one in content.get("comparisons", []):
        endpoint, beside = one["endpoint"], one.get("fold_tests") or {}
        yield f"{endpoint}: p", _low(one.get("p"))
        yield f"{endpoint}: resolved", one.get("resolved") if one.get("p_holm") is not None else None
        resolved.append(bool(one.get("resolved")))
        yield f"{endpoint}: Nadeau–Bengio", _low((beside.get("nadeau_bengio") or {}).get("p"))
        rope = beside.get("correlated_t") or {}
        sides = [float(rope[side]) for side in ("better", "worse") if rope.get(side) is not None]
        yield f"{endpoint}: correlated t > .95", max(sides) > 0.95 if sides else None
        yield f"{endpoint}: McNemar", _low((beside.get("mcnemar") or {}).get("p"))
    yield "any endpoint: resolved", any(resolved) if resolved else None
    best = content.get("probability_of_best") or {}
    yield "P(best) ≥ .99", max(best.values()) >= 0.99 if best else None


def _low(p: float | None) -> bool | None:
    return None if p is None else p <= 0.05


def differences(content: Content) -> Iterator[Printed]:
    """The difference of the two rows on each endpoint, named as the endpoint without its site."""
    for one in content.get("comparisons", []):
        parts = one["endpoint"].split(".")
        yield _printed(f"difference.{parts[0]}.{parts[-1]}", one["difference"])


def reference_of_calibration(row: Content) -> tuple[float, float] | None:
    """The calibration error inside, and what a calibrated model would show by its remark."""
    cell = row.get("internal", {}).get("ece", {})
    reference = re.search(r"would show[^.\d]*(\d?\.\d+)", str(cell.get("reason") or ""))
    return (float(cell["value"]), float(reference[1])) if cell.get("value") is not None and reference else None


def first(of_rows: Content | None) -> Content:
    """What is printed of the first row, empty where nothing is."""
    return dict(next(iter(of_rows.values()), None) or {}) if of_rows else {}


def number(found: Content, name: str) -> float:
    """A number of a dictionary, NaN where it is absent or None."""
    value = found.get(name)
    return math.nan if value is None else float(value)
