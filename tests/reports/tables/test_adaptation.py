"""Rows that were adapted: beside their baselines, and out of the way of everybody else."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score
from statsmodels.stats.multitest import multipletests
from tables_read import by_name, lines

from reports import Entry, Leaderboard, build_leaderboard
from reports.page.answer import answer
from reports.page.plain_words import plain_words
from reports.tables.caveats import TRANSDUCTIVE

SITES = {"London": 60, "Oslo": 40}


def adapted(entry: Entry, baseline: Entry, how: str = "adabn") -> Entry:
    """The entry as that of the other's adaptation."""
    return replace(
        entry,
        backbone=baseline.backbone,
        recipe=f"{baseline.recipe}, transductive {how}",
        adaptation=how,
        baseline=baseline.key,
        caveats=(TRANSDUCTIVE,),
    )


def build(study: Any, entries: Sequence[Entry]) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)


@pytest.fixture
def parts(make_study: Callable[..., Any]) -> tuple[Any, list[Entry], list[Entry]]:
    """A study, two backbones, and two adaptations of the first."""
    study = make_study(external=SITES)
    plain = [study.entry("a", 0.6), study.entry("b", 0.8)]
    others = [adapted(study.entry("x", 0.6, drop=-0.05), plain[0]), adapted(study.entry("y", 0.6), plain[0], "coral")]
    return study, plain, others


def macro_f1(entry: Entry, site: str) -> float:
    """Mean over seeds of scikit-learn's score at a site, all predictions of a seed together."""
    rows = entry.predictions[entry.predictions["site"] == site]
    scores = [f1_score(part["label"], part["predicted"], average="macro") for _, part in rows.groupby("seed")]
    return float(np.mean(scores))


def test_each_is_compared_with_its_baseline_at_every_site_and_in_the_gap(
    parts: tuple[Any, list[Entry], list[Entry]],
) -> None:
    study, plain, others = parts
    board = build(study, [*plain, *others])
    name = others[0].full_name
    found = {one.endpoint: one.difference for one in board.adaptations[name].differences}
    assert board.adaptations[name].baseline == plain[0].full_name
    inside = macro_f1(others[0], "internal") - macro_f1(plain[0], "internal")
    assert found["internal.macro_f1"].value == pytest.approx(inside)
    for site in SITES:
        outside = macro_f1(others[0], site) - macro_f1(plain[0], site)
        cell, gap = found[f"external.{site}.macro_f1"], found[f"gap.{site}.macro_f1"]
        assert cell.value == pytest.approx(outside)
        assert gap.value == pytest.approx(inside - outside)
        assert cell.low < cell.value < cell.high
        assert gap.low < gap.value < gap.high


def test_differences_are_the_paired_ones_of_the_leaderboard(parts: tuple[Any, list[Entry], list[Entry]]) -> None:
    """As between two rows of which none is adapted; p by Holm over everything adapted, as statsmodels adjusts it."""
    study, plain, others = parts
    board = build(study, [*plain, *others])
    same = build(study, [replace(others[0], adaptation="", backbone="0"), plain[0]])
    differences = board.adaptations[others[0].full_name].differences
    assert [(one.endpoint, one.difference, one.p) for one in differences] == [
        (one.endpoint, one.difference, one.p) for one in same.comparisons
    ]
    every = [one for of_row in board.adaptations.values() for one in of_row.differences]
    expected = multipletests([one.p for one in every], method="holm")[1]
    assert [one.p_holm for one in every] == pytest.approx(expected.tolist())


def test_ranks_and_comparisons_of_the_others_are_as_if_nothing_was_adapted(
    parts: tuple[Any, list[Entry], list[Entry]],
) -> None:
    study, plain, others = parts
    with_adapted = build(study, [*plain, *others])
    names = {plain[0].full_name: "a", "b": "b"}
    without = build(study, plain)
    ranked = with_adapted.rows[:2]
    assert [(names[row.name], row.rank) for row in ranked] == [(row.name, row.rank) for row in without.rows]
    assert {row.rank for row in with_adapted.rows[2:]} == {None}
    (first, *_), (same, *_) = without.comparisons, with_adapted.comparisons
    assert len(with_adapted.comparisons) == len(without.comparisons)
    assert {same.p_holm, first.p_holm} == {first.p_holm}
    best = with_adapted.probability_of_best
    assert {names[name]: share for name, share in best.items()} == without.probability_of_best


def test_adapted_rows_stand_last_also_where_nothing_is_ranked(make_study: Callable[..., Any]) -> None:
    study = make_study(external=SITES)
    plain = study.entry("a", 0.5, seeds=(0,))
    better = adapted(study.entry("x", 0.9, seeds=(0,)), plain)
    board = build(study, [plain, better])
    assert [row.rank for row in board.rows] == [None, None]
    assert [row.name for row in board.rows] == [plain.full_name, better.full_name]
    assert [row.name for row in board.unranked("so").rows] == [plain.full_name, better.full_name]


def test_every_table_says_which_rows_are_transductive(parts: tuple[Any, list[Entry], list[Entry]]) -> None:
    study, plain, others = parts
    board = build(study, [*plain, *others])
    names = {entry.full_name for entry in others}
    seen = set()
    for name, table in by_name(board).items():
        assert any(TRANSDUCTIVE.text in note for note in table.notes), name
        for line in lines(table):
            if (of_row := line.get("name", line.get("backbone"))) in names:
                seen.add(name)
                assert "transductive" in of_row
                assert TRANSDUCTIVE.text in str(line["stamps"])
            elif of_row == plain[0].full_name:
                assert "transductive" not in f"{of_row}{line['stamps']}"
    assert {"leaderboard", "runs", "metrics", "gap_split", "classes", "noise_floor", "adaptation"} <= seen
    content = json.loads(json.dumps(board.to_dict(), allow_nan=False))
    assert set(content["adaptation"]) == names
    assert content["adaptation"][others[1].full_name]["adaptation"] == "coral"
    for row in content["rows"]:
        assert (TRANSDUCTIVE.text in row["stamps"]) == (row["name"] in names)


def test_without_a_baseline_the_difference_is_not_known_and_that_is_said(make_study: Callable[..., Any]) -> None:
    """As where every run without adaptation has failed."""
    study = make_study(external=SITES)
    alone = adapted(study.entry("x"), study.entry("a"))
    board = build(study, [alone])
    assert board.rows[0].name == alone.full_name
    assert board.adaptations[alone.full_name].baseline is None
    assert "what the adaptation changes is not known" in " ".join(board.notes)
    assert "adaptation" not in by_name(board)


def test_the_answer_is_of_backbones_and_says_what_adaptation_keeps(
    parts: tuple[Any, list[Entry], list[Entry]],
) -> None:
    study, plain, _ = parts
    bare, full = build(study, plain), plain[0].full_name
    which, sure, lost, _ = (one.answer.replace(plain[0].backbone + " in", full + " in") for one in plain_words(bare))
    found = plain_words(build(study, [*plain, adapted(study.entry("x", 0.6), plain[0], "coral")]))
    assert [one.answer for one in found][:2] == [which, sure.replace("beats a,", f"beats {full},")]
    assert found[2].answer == f"{lost} That adaptation (coral) keeps more is not shown."
    much = adapted(study.entry("y", 0.6, drop=-0.35), plain[0], "coral")
    beside = build(study, [*plain, much])
    assert f" Adapted, more was kept: {much.full_name} at London" in plain_words(beside)[2].answer
    assert much.full_name not in " ".join(answer(beside))
    none_by_chance = {
        name: replace(one, differences=tuple(replace(part, p_holm=0.0) for part in one.differences))
        for name, one in beside.adaptations.items()
    }
    assert " Adapted, more was kept: " in plain_words(replace(beside, adaptations=none_by_chance))[2].answer
