"""Sites that were held out whole, in a leaderboard: each of them, what is left out and why, tables, forest plot."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from tables_read import by_name, lines

from reports import Entry, Leaderboard, build_leaderboard
from reports.page.board_sections import board_sections
from reports.page.forest import MEAN, NEXT, forest_lines, forest_plot
from reports.page.limits import limits
from reports.page.plain_words import plain_words
from reports.statistics.cell import Cell
from reports.statistics.metrics import primary
from reports.tables.hospitals import HOSPITAL

CLASSES = ("a", "b", "c")
SIZES = {"aachen": 60, "bern": 90, "chur": 45, "davos": 12, "elgg": 30, "freiburg": 48}
"""davos has too few cases for a macro F1, elgg has only two classes, freiburg is always right."""


def predictions() -> pd.DataFrame:
    rng, rows = np.random.default_rng(3), []
    for fold, (site, size) in enumerate(SIZES.items()):
        labels = [CLASSES[n % (2 if site == "elgg" else 3)] for n in range(size)]
        skill = 1.0 if site == "freiburg" else rng.uniform(0.55, 0.85)
        for seed in (0, 1, 2):
            for n, label in enumerate(labels):
                said = label if rng.random() < skill else CLASSES[int(rng.integers(3))]
                rows.append((seed, fold, "internal", f"{site}/{n:03d}", label, said))
    return pd.DataFrame(rows, columns=["seed", "fold", "site", "case_id", "label", "predicted"])


def case_table(table: pd.DataFrame) -> pd.DataFrame:
    cases = table[["case_id", "site", "label"]].drop_duplicates().assign(group=None)
    return cases.assign(**{HOSPITAL: cases["case_id"].str.partition("/")[0]})


@pytest.fixture(scope="module")
def board() -> Leaderboard:
    table = predictions()
    entry = Entry("net", "random", "fine-tune", 1, 1.0, len(SIZES), table)
    return build_leaderboard([entry], case_table(table), CLASSES, rng=np.random.default_rng(0))


def test_each_site_has_its_own_value(board: Leaderboard) -> None:
    table = predictions()
    for site in ("aachen", "bern", "chur"):
        of_site = table[table["case_id"].str.startswith(site)]
        by_seed = [f1_score(one["label"], one["predicted"], average="macro") for _, one in of_site.groupby("seed")]
        cell = board.hospitals["net"].metrics["macro_f1"].sites[site]
        assert cell.value == pytest.approx(np.mean(by_seed))
        assert cell.low is not None
        assert cell.value is not None
        assert cell.low < cell.value


def test_what_is_left_out_says_why_and_the_rest_is_summed_up(board: Leaderboard) -> None:
    macro, accuracy = (board.hospitals["net"].metrics[name] for name in ("macro_f1", "accuracy"))
    assert macro.left_out == {
        "davos": "davos has 12 clusters, 15 needed",
        "elgg": "elgg has no case of c",
    }
    assert macro.synthesis.sites == ("aachen", "bern", "chur", "freiburg")
    assert macro.sites["elgg"].value is None
    assert macro.sites["davos"].low is None
    assert accuracy.left_out == {}
    assert accuracy.synthesis.sites == tuple(SIZES)
    assert accuracy.sites["freiburg"].method == "clopper-pearson"
    assert accuracy.synthesis.mean.value is not None
    assert accuracy.synthesis.mean.value < 1


def test_a_leaderboard_without_held_out_sites_is_as_it_was(board: Leaderboard) -> None:
    table = predictions()
    entry = Entry("net", "random", "fine-tune", 1, 1.0, len(SIZES), table)
    cases = case_table(table).drop(columns=HOSPITAL)
    plain = build_leaderboard([entry], cases, CLASSES, rng=np.random.default_rng(0))
    assert plain.hospitals == {}
    content = json.loads(json.dumps(board.to_dict()))
    assert content.pop("hospitals")["net"]["accuracy"]["next"]["method"] == "confidence-distribution"
    assert json.loads(json.dumps(plain.to_dict())) == content


def test_tables_have_a_line_a_site_and_a_line_a_metric(board: Leaderboard) -> None:
    tables = by_name(board)
    assert [line["site"] for line in lines(tables["hospitals"])] == list(SIZES)
    (line,) = lines(tables["next_hospital"], metric="macro_f1")
    assert line["sites"] == 4
    assert line["left_out"] == "davos has 12 clusters, 15 needed and elgg has no case of c"
    following = board.hospitals["net"].metrics["macro_f1"].synthesis.next
    assert (line["next_low"], line["next_high"]) == (following.low, following.high)


def test_the_forest_plot_has_the_sites_the_mean_and_the_next(board: Leaderboard) -> None:
    of_row = board.hospitals["net"]
    drawn = forest_lines(of_row, "macro_f1")
    assert [line.label for line in drawn] == ["aachen", "bern", "chur", "davos", "freiburg", MEAN, NEXT]
    assert drawn[-1].value is None
    assert drawn[-1].low is not None
    assert drawn[3].text == f"{drawn[3].value:.2f}"
    assert "–" in drawn[-1].text
    chart = forest_plot("net", of_row, primary(), 1)
    assert chart.name == "hospitals-1-macro-f1"
    (section,) = (one for one in board_sections(board) if one.identity == "hospitals")
    assert [one.name for one in section.charts] == ["hospitals-1-macro-f1", "hospitals-1-accuracy"]


def test_two_sites_with_the_metric_have_no_synthesis() -> None:
    table = predictions()
    table = table[table["case_id"].str.partition("/")[0].isin(["aachen", "bern", "elgg"])]
    entry = Entry("net", "random", "fine-tune", 1, 1.0, 3, table)
    two = build_leaderboard([entry], case_table(table), CLASSES, rng=np.random.default_rng(0))
    macro = two.hospitals["net"].metrics["macro_f1"]
    assert macro.synthesis.mean.value is None
    assert macro.synthesis.mean.reason == "2 of the sites have this number with its precision, 3 needed"
    assert [line.kind for line in forest_lines(two.hospitals["net"], "macro_f1")] == ["site", "site"]


def test_the_page_does_not_say_that_no_hospital_was_tested(board: Leaderboard) -> None:
    (points,) = limits(board, synthetic=False).parts
    assert not any("No other hospital" in sentence for sentence in points.sentences)
    assert any("taken for one of the same kind" in sentence for sentence in points.sentences)


def test_where_the_next_hospital_is_not_known_the_answer_says_that_and_not_that_none_was_tested(
    board: Leaderboard,
) -> None:
    assert " of 100 (95 %; " not in plain_words(board)[2].answer  # six sites
    of_row = board.hospitals["net"]
    over = of_row.metrics["accuracy"]
    unknown = replace(over, synthesis=replace(over.synthesis, next=Cell(None, reason="too few")))
    changed = replace(of_row, metrics={**of_row.metrics, "accuracy": unknown})
    said = plain_words(replace(board, hospitals={"net": changed}))[2].answer
    assert said == "What it would be at one more hospital is not known."
