"""Tables of made-up measurements whose answers were planted."""

import numpy as np
import pandas as pd
import pytest

from reports.explanation.subject import CURVES, LOCALISATION, SOURCES, Subject, column
from reports.explanation.tables import NAMES, Intervals, explanation_tables
from reports.statistics.bootstrap import Draws
from reports.statistics.cell import Cell
from reports.statistics.estimate import IntervalChoice
from reports.tables.table import Table

JACKKNIFE = Intervals(IntervalChoice(), None)
EFFECT = 0.2


def measured(*, seeds: int = 5, cases: int = 60, similarity: float = 0.1, all_correct: bool = False) -> Subject:
    """Correct predictions have an energy that is `EFFECT` higher; the map beats the centre by .1 and random by .3."""
    rng = np.random.default_rng(0)
    number = seeds * cases
    correct = np.ones(number, dtype=bool) if all_correct else rng.random(number) < 0.6
    size = np.tile(rng.uniform(0.02, 0.1, cases), seeds)
    energy = 0.4 + EFFECT * correct + rng.normal(0, 0.05, number)
    values = pd.DataFrame(
        {
            "backbone": "a",
            "seed": np.repeat(np.arange(seeds), cases),
            "fold": 0,
            "site": "internal",
            "case_id": np.tile([f"internal/{case}" for case in range(cases)], seeds),
            "cluster": np.tile(np.arange(cases), seeds),
            "label": "x",
            "predicted": np.where(correct, "x", "y"),
            "lesion_share": size,
            "similarity_0": 0.9 + rng.normal(0, 0.02, number),
            "similarity_1": similarity + rng.normal(0, 0.02, number),
        }
    )
    for measure in (*LOCALISATION, *CURVES):
        for source, less in zip(SOURCES, (0.0, 0.1, 0.3), strict=True):
            values[column(measure, source)] = energy - less + (rng.normal(0, 0.02, number) if less else 0)
    return Subject("a", "layer3", 4, values, ("classifier", "conv1"), {})


def tables_of(subject: Subject, intervals: Intervals = JACKKNIFE) -> dict[str, Table]:
    return {table.name: table for table in explanation_tables([subject], intervals, ["how"])}


def items(table: Table, row: int) -> dict[str, object]:
    return dict(zip([column.name for column in table.columns], table.rows[row], strict=True))


def holds(cell: object, value: float) -> bool:
    assert isinstance(cell, Cell)
    assert cell.low is not None
    assert cell.high is not None
    return cell.low <= value <= cell.high


DRAWS = Draws.from_generator(np.random.default_rng(1), 2000)


@pytest.mark.parametrize("intervals", [JACKKNIFE, Intervals(IntervalChoice("bias-corrected"), DRAWS)])
def test_correct_predictions_that_look_at_the_lesion_more(intervals: Intervals) -> None:
    row = items(tables_of(measured(), intervals)["explanation_correctness"], 0)
    assert holds(row["difference"], EFFECT)
    assert not holds(row["difference"], 0)
    assert row["difference"].method == intervals.choice.interval
    assert row["n_correct"] + row["n_wrong"] == 300


def test_maps_are_compared_with_both_baselines_as_pairs() -> None:
    row = items(tables_of(measured())["explanation_localisation"], 0)
    assert holds(row["over_centre"], 0.1)
    assert holds(row["over_random"], 0.3)
    width = row["over_centre"].high - row["over_centre"].low
    assert width < 0.5 * (row["map"].high - row["map"].low)
    assert 0.02 < row["lesion_share"] < 0.1


@pytest.mark.parametrize(("similarity", "verdict"), [(0.1, "yes"), (0.9, "no"), (0.5, "not clear")])
def test_the_verdict_of_the_sanity_check(similarity: float, verdict: str) -> None:
    table = tables_of(measured(similarity=similarity))["explanation_sanity"]
    assert [row[2] for row in table.rows] == ["classifier", "conv1"]
    assert [row[4] for row in table.rows] == [None, verdict]


def test_without_wrong_predictions_there_is_nothing_to_compare() -> None:
    row = items(tables_of(measured(all_correct=True))["explanation_correctness"], 0)
    assert row["wrong"] == Cell(None, reason="internal has a seed without wrong predictions")
    assert row["difference"].value is None
    assert row["correct"].value == pytest.approx(0.6, abs=0.02)


def test_one_seed_is_said() -> None:
    row = items(tables_of(measured(seeds=1))["explanation_localisation"], 0)
    assert "one seed" in str(row["map"].reason)


def test_what_was_not_measured_has_no_table() -> None:
    subject = measured()
    bare = subject.values.assign(
        **dict.fromkeys([column(m, s) for m in (*LOCALISATION, *CURVES) for s in SOURCES], np.nan), similarity_0=np.nan
    )
    assert explanation_tables([Subject("a", "l", 4, bare, ("classifier",), {})], JACKKNIFE, []) == ()
    assert set(tables_of(subject)) == set(NAMES) - {"explanation_agreement"}
    assert all("how" in table.notes for table in tables_of(subject).values())
