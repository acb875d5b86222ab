"""The content of leaderboard.json as data frames, one row a number. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

Content = Mapping[str, Any]
"""What `Leaderboard.to_dict` gives, also read back from JSON."""

CELL = ("value", "low", "high", "method", "reason")
NUMBERS = ("value", "low", "high", "p", "p_holm", "minimum_detectable_difference", "equivalent_within")
INTERNAL = "internal"
TRAINED = ("backbone", "weights", "recipe", "seeds", "folds")
LEADERBOARD = ("rank", "ties", *TRAINED, "site", "metric", *CELL, "stamps")
GAPS = ("backbone", "site", "metric", "part", *CELL)
CLASSES = ("backbone", "class", "site", "metric", *CELL)
COMPARISONS = (
    *("a", "b", "endpoint", *CELL),
    *("p", "p_holm", "confirmatory", "resolved", "below_noise_floor"),
    *("minimum_detectable_difference", "equivalent_within"),
)
NOISE_FLOORS = ("backbone", "metric", "sigma", "floor_1", "floor_s", "low", "high")


def leaderboard_frame(content: Content) -> pd.DataFrame:
    """Columns as `LEADERBOARD`: each metric of each row at each site, in the order of the leaderboard.

    backbone is the row's name. site: internal, or the name of an external one. value, low, high: a share from 0 to 1
    (or what the metric is) and its interval, missing where there is none; reason says why. rank is missing where a row
    is not ranked; ties and stamps are texts, separated by a semicolon.
    """
    rows = (
        {
            **_row(row),
            "rank": row["rank"],
            "ties": "; ".join(row["ties"]),
            "stamps": "; ".join(row["stamps"]),
            "site": site,
            "metric": metric,
            **cell,
        }
        for row in content["rows"]
        for site, cells in _sides(row)
        for metric, cell in cells.items()
    )
    return _frame(rows, LEADERBOARD).astype({"rank": "Int64"})


def gap_frame(content: Content) -> pd.DataFrame:
    """Columns as `GAPS`. part: gap (internal minus external), or what it is made of, appearance and prevalence."""
    rows = (
        {"backbone": row["name"], "site": site, "metric": metric, "part": part, **cell}
        for row in content["rows"]
        for site, cells in row["gap"].items()
        for metric, whole in cells.items()
        for part, cell in {"gap": whole, **row["gap_split"].get(site, {}).get(metric, {})}.items()
    )
    return _frame(rows, GAPS)


def class_frame(content: Content) -> pd.DataFrame:
    """Columns as `CLASSES`: f1, precision and recall of each class, internally and at each site."""
    rows = (
        {"backbone": row["name"], "class": name, "site": site, "metric": metric, **cell}
        for row in content["rows"]
        for name, sided in row["per_class"].items()
        for site, cells in _sides(sided)
        for metric, cell in cells.items()
    )
    return _frame(rows, CLASSES)


def comparison_frame(content: Content) -> pd.DataFrame:
    """Columns as `COMPARISONS`: each pair of rows on each endpoint, value being a minus b.

    p: paired jackknife t; p_holm: adjusted over the pairs of the primary endpoint, or over all others together;
    resolved: whether that is .05 or less, of the primary endpoint.
    """
    rows = ({**one, **one["difference"]} for one in content["comparisons"])
    return _frame(rows, COMPARISONS)


def noise_floor_frame(content: Content) -> pd.DataFrame:
    """Columns as `NOISE_FLOORS`: what other seeds alone make; low and high are those of floor_1."""
    rows = (
        {"backbone": name, "metric": metric, **floor}
        for name, floors in content["noise_floor"].items()
        for metric, floor in floors.items()
    )
    return _frame(rows, NOISE_FLOORS)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in TRAINED} | {"backbone": row["name"]}


def _sides(sided: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield INTERNAL, sided["internal"]
    yield from sided["external"].items()


def _frame(rows: Iterator[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype({name: "float64" for name in NUMBERS if name in columns})
