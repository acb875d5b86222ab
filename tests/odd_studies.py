"""Studies made prediction by prediction, and all that is drawn from them, with every NumPy warning an error."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.csv_table import csv_text
from reports.draw.latex_table import latex_text
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.draw.markdown_table import tables_markdown
from reports.tables.all_tables import build_tables

Rule = Callable[[np.ndarray, int], np.ndarray]
"""Class codes (n_cases,) and a seed → predicted codes (n_cases,), or probabilities (n_cases, n_classes)."""


def right(label: np.ndarray, seed: int) -> np.ndarray:
    return label


def build(
    labels: Mapping[str, Sequence[int]],
    rules: Mapping[str, Rule],
    *,
    n_classes: int = 3,
    seeds: Sequence[int] = (0, 1, 2),
    folds: int = 2,
    patients: Mapping[str, Sequence[int]] | None = None,
    probabilities: Rule | None = None,
    resamples: int = 200,
) -> Leaderboard:
    """The leaderboard of backbones that predict by these rules; labels: class codes by site, 'internal' among them."""
    classes = [f"c{code}" for code in range(n_classes)]
    names = np.array(classes)
    tables = {}
    for site, codes in labels.items():
        group = [f"p{one}" for one in patients[site]] if patients else None
        ids = [f"{site}/{case:05d}" for case in range(len(codes))]
        tables[site] = pd.DataFrame({"case_id": ids, "site": site, "label": names[list(codes)], "group": group})
    entries = []
    for backbone, rule in rules.items():
        parts = []
        for seed in seeds:
            for fold in range(folds):
                for site, codes in labels.items():
                    label = np.array(codes)
                    table = tables[site].drop(columns="group")
                    table = table.assign(seed=seed, fold=fold, predicted=names[rule(label, seed)])
                    if probabilities is not None:
                        columns = [f"p_{name}" for name in classes]
                        table = pd.concat([table, pd.DataFrame(probabilities(label, seed), columns=columns)], axis=1)
                    tested = np.arange(len(label)) % folds == fold
                    parts.append(table[tested] if site == "internal" else table)
        entries.append(Entry(backbone, "random", "default", 1, 1.0, folds, pd.concat(parts, ignore_index=True)))
    cases = pd.concat(tables.values(), ignore_index=True)
    with np.errstate(all="raise"):
        board = build_leaderboard(entries, cases, classes, rng=np.random.default_rng(0), resamples=resamples)
        draw(board)
    return board


def draw(board: Leaderboard) -> None:
    """Everything that can be written, checked to be free of NaN and infinity, with cells that hold together."""
    assert "nan" not in leaderboard_markdown(board).lower()
    tables = build_tables(board, baseline=board.rows[0].name)
    assert all(mark not in tables_markdown(tables).lower() for mark in ("nan", "inf "))
    for table in tables:
        assert csv_text(table).count("\n") >= 1 + len(table.rows)
        assert "nan" not in latex_text(table)
    plain = json.loads(json.dumps(board.to_dict(), allow_nan=False))
    for path, cell in cells_of(plain):
        value, low, high = cell["value"], cell["low"], cell["high"]
        if low is None:
            assert high is None, path
            assert cell["method"] is None, path
            assert cell["reason"], path
        else:
            assert low <= value <= high, path
            assert low < high, path
        unit = 2.0 if "brier" in path else 1.0
        signed = any(word in path for word in ("gap", "difference", "kappa"))
        least, most = (-2 * unit if signed else 0.0), (2 * unit if signed else unit)
        assert all(least <= number <= most for number in (value, low, high) if number is not None), path


def cells_of(plain: object, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every cell of a leaderboard's JSON with its place."""
    if isinstance(plain, list):
        for place, one in enumerate(plain):
            yield from cells_of(one, f"{path}[{place}]")
    elif isinstance(plain, dict) and set(plain) == {"value", "low", "high", "method", "reason"}:
        yield path, plain
    elif isinstance(plain, dict):
        for name, one in plain.items():
            yield from cells_of(one, f"{path}.{name}")
