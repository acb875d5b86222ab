"""Operating points in a leaderboard: where thresholds come from, what is refused, tables, Markdown and page."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tables_read import by_name, lines

from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.page.board_sections import board_sections
from reports.statistics.operating_points import Rule
from reports.tables.groups import Grouping, groups_of, pool_entries
from reports.tables.operating_point import Event, OperatingPoint, PointsAsked
from reports.tables.operating_points import NOT_CROSS_FITTED

CLASSES, INSIDE, OUTSIDE, FOLDS = ("normal", "epidural", "subdural"), 180, 90, 3
BLEED = Event("bleed", ("epidural", "subdural"))
SENSITIVE, FIXED = Rule.parse("sensitivity:0.9"), Rule.parse("0.5")
ASKED = PointsAsked((BLEED,), (SENSITIVE, FIXED), (0.05, 0.5))


def predictions(seeds: int = 3, folds: int = FOLDS) -> pd.DataFrame:
    rng, rows = np.random.default_rng(5), []
    for seed in range(seeds):
        for site, number, models in (("internal", INSIDE, 1), ("bern", OUTSIDE, folds)):
            for model, n in ((model, n) for model in range(models) for n in range(number)):
                code = n % 3
                score = np.exp(rng.normal(size=3) + 1.6 * np.eye(3)[code] - (site == "bern") * np.array([0, 0.8, 0.8]))
                p = score / score.sum()
                fold = n // 3 % folds if site == "internal" else model
                rows.append((seed, fold, site, f"{site}/{n:03d}", CLASSES[code], CLASSES[p.argmax()], *p))
    return pd.DataFrame(rows, columns=["seed", "fold", "site", "case_id", "label", "predicted", *p_columns()])


def p_columns() -> list[str]:
    return [f"p_{name}" for name in CLASSES]


def built(table: pd.DataFrame, asked: PointsAsked = ASKED, folds: int = FOLDS) -> Leaderboard:
    cases = table[["case_id", "site", "label"]].drop_duplicates()
    entry = Entry("net", "random", "fine-tune", 1, 1.0, folds, table)
    return build_leaderboard([entry], cases, CLASSES, rng=np.random.default_rng(0), points=asked)


def point(board: Leaderboard, place: int = 0) -> OperatingPoint:
    return board.operating_points["net"][place]


@pytest.fixture(scope="module")
def board() -> Leaderboard:
    return built(predictions())


def test_external_cases_never_move_a_threshold(board: Leaderboard) -> None:
    table = predictions()
    outside = table["site"] == "bern"
    table.loc[outside, p_columns()] = table.loc[outside, p_columns()].to_numpy()[:, ::-1]
    other = built(table)
    assert point(other).thresholds == point(board).thresholds
    assert point(other).sides["internal"].to_dict() == point(board).sides["internal"].to_dict()
    assert point(other).sides["bern"].to_dict() != point(board).sides["bern"].to_dict()


def test_no_fold_judges_a_threshold_that_it_helped_to_set() -> None:
    table = predictions(seeds=1)
    fold = (table["site"] == "internal") & (table["fold"] == 0)
    score, event = table["p_epidural"] + table["p_subdural"], table["label"] != "normal"
    others = (table["site"] == "internal") & ~fold
    calls = score[fold] >= SENSITIVE.threshold(score[others].to_numpy(), event[others].to_numpy())
    table.loc[others, p_columns()] = [[1.0, 0.0, 0.0]]  # now no other fold calls anyone, at whatever threshold
    table.loc[others & event, p_columns()] = [[0.0, 0.5, 0.5]]
    own = built(table).operating_points["net"][0].sides["internal"].measures["sensitivity"].value
    assert own is not None
    # the threshold is 1 for fold 0, from the other folds that are told apart without fault
    expected = (event[others].sum() + (score[fold & event] >= 1.0).sum()) / event[fold | others].sum()
    assert own == pytest.approx(expected)
    assert calls.any()


def test_a_hold_out_split_has_no_internal_value_and_still_a_locked_one_elsewhere() -> None:
    table = predictions()
    table = table[table["fold"] == 0]
    found = point(built(table, folds=1))
    assert found.sides["internal"].measures["sensitivity"].value is None
    assert found.sides["internal"].measures["sensitivity"].reason == NOT_CROSS_FITTED
    assert found.sides["bern"].measures["sensitivity"].value is not None
    assert found.gaps == {}
    fixed = built(table, folds=1).operating_points["net"][1]
    assert fixed.sides["internal"].measures["sensitivity"].value is not None
    assert [*fixed.gaps] == ["bern"]


def test_what_a_site_loses_is_internal_minus_the_site(board: Leaderboard) -> None:
    for one in board.operating_points["net"]:
        for measure in ("sensitivity", "specificity"):
            inside, outside = (one.sides[side].measures[measure].value for side in ("internal", "bern"))
            assert inside is not None
            assert outside is not None
            assert one.gaps["bern"][measure].value == pytest.approx(inside - outside)
    lost = point(board).gaps["bern"]["sensitivity"]
    assert lost.low is not None
    assert lost.low > 0  # bern's images were made less sure of every bleeding


def test_unknown_classes_all_classes_and_missing_probabilities_are_said() -> None:
    table = predictions(seeds=1)
    with pytest.raises(ValueError, match="the event clot names thrombus, and the classes are normal, epidural"):
        built(table, PointsAsked((Event("clot", ("thrombus",)),), (FIXED,)))
    with pytest.raises(ValueError, match="the event any names every class"):
        built(table, PointsAsked((Event("any", CLASSES),), (FIXED,)))
    without = built(table.drop(columns=p_columns()))
    assert without.operating_points == {}
    assert "net: not every prediction has probabilities, so there are no operating points." in without.notes


def test_an_event_that_one_fold_holds_alone_has_no_threshold() -> None:
    table = predictions(seeds=1)
    inside = table["site"] == "internal"
    table = table[~inside | (table["label"] != "subdural") | (table["fold"] == 0)]
    found = built(table, PointsAsked((Event("subdural", ("subdural",)),), (SENSITIVE, FIXED)))
    assert [one.rule for one in found.operating_points["net"]] == [FIXED]
    assert (
        "net: subdural has no operating point by sensitivity ≥ 0.9: without one fold of seed 0 the others are all with "
        "it or all without."
    ) in found.notes


def test_a_leaderboard_without_events_is_as_it_was(board: Leaderboard) -> None:
    plain, content = built(predictions(), PointsAsked()), json.loads(json.dumps(board.to_dict()))
    (of_net,) = content.pop("operating_points").values()
    assert [(one["event"], one["rule"]) for one in of_net] == [("bleed", "sensitivity:0.9"), ("bleed", "0.5")]
    assert set(of_net[0]["sides"]["bern"]["at_prevalence"]) == {"0.05", "0.5"}
    assert json.loads(json.dumps(plain.to_dict())) == content
    assert not {"operating_points", "predictive_values"} & set(by_name(plain))
    assert "Operating points" not in leaderboard_markdown(plain)


def test_tables_markdown_and_page_have_every_side_and_prevalence(board: Leaderboard) -> None:
    tables = by_name(board)
    of_rule = lines(tables["operating_points"], rule="sensitivity:0.9")
    assert [(line["side"], line["with_event"], line["without_event"]) for line in of_rule] == [
        ("internal", 120, 60),
        ("bern", 60, 30),
    ]
    assert [line["gap_sensitivity"] for line in of_rule] == [None, point(board).gaps["bern"]["sensitivity"]]
    worth = lines(tables["predictive_values"], rule="sensitivity:0.9", side="bern")
    assert [(round(line["prevalence"], 3), line["stated"]) for line in worth] == [
        (0.667, False),
        (0.05, True),
        (0.5, True),
    ]
    text = leaderboard_markdown(board)
    assert "## Operating points" in text
    assert "| net        | bleed   | sensitivity ≥ 0.9 | internal | 120" in text
    (section,) = (one for one in board_sections(board) if one.identity == "operating")
    assert [part.name for part in section.parts if hasattr(part, "rows")] == ["operating_points", "predictive_values"]
    assert "operating_points" not in by_name(board, metrics=["accuracy"])


def test_where_no_case_is_called_the_threshold_is_said_to_be_none() -> None:
    table = predictions(seeds=2)
    normal = table["label"] == "normal"
    table.loc[normal, p_columns()] = [[0.0, 0.5, 0.5]]  # the surest of all are those without bleeding
    found = built(table, PointsAsked((BLEED,), (Rule.parse("specificity:1"),)))
    assert point(found).thresholds == (None, None)
    at_bern = point(found).sides["bern"]
    assert (at_bern.measures["sensitivity"].value, at_bern.measures["specificity"].value) == (0.0, 1.0)
    assert at_bern.measures["ppv"].value is None
    assert at_bern.measures["lr_positive"].reason == "both shares that it divides are 0"
    assert lines(by_name(found)["operating_points"])[0]["threshold"] is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_groups_have_operating_points_of_their_own() -> None:
    table = predictions(seeds=2)
    number = table["case_id"].str[-3:].astype(int)
    group = table["site"] + "-" + (number // 9).astype(str) + "-" + table["label"]
    cases = table.assign(group=group)[["case_id", "site", "label", "group"]].drop_duplicates()
    table["fold"] = np.where(table["site"] == "internal", number // 9 % FOLDS, table["fold"])
    entry = Entry("net", "random", "fine-tune", 1, 1.0, FOLDS, table)
    groups = groups_of(cases, CLASSES, Grouping("mean"))
    (pooled,), _ = pool_entries([entry], groups, CLASSES, "mean")
    found = build_leaderboard([pooled], groups.table, CLASSES, rng=np.random.default_rng(0), points=ASKED)
    for one in found.operating_points["net"]:
        assert one.sides["internal"].cases == (INSIDE // 9 * 2, INSIDE // 9)
    by_hand = table[table["site"] == "bern"].assign(group=group, bleed=table["p_epidural"] + table["p_subdural"])
    mean = by_hand.groupby(["seed", "fold", "group"]).agg(bleed=("bleed", "mean"), label=("label", "first"))
    sick = mean[mean["label"] != "normal"]
    value = found.operating_points["net"][1].sides["bern"].measures["sensitivity"].value
    assert value == pytest.approx((sick["bleed"] >= 0.5).groupby("seed").mean().mean())


def test_backbones_are_told_apart() -> None:
    table = predictions(seeds=2)
    cases = table[["case_id", "site", "label"]].drop_duplicates()
    one = Entry("net", "random", "fine-tune", 1, 1.0, FOLDS, table)
    swapped = table.rename(columns={"p_normal": "p_epidural", "p_epidural": "p_normal"})
    two = replace(one, backbone="wrong", predictions=swapped)
    found = build_leaderboard([one, two], cases, CLASSES, rng=np.random.default_rng(0), points=ASKED)
    right, wrong = (
        found.operating_points[name][1].sides["bern"].measures["specificity"].value for name in ("net", "wrong")
    )
    assert right is not None
    assert wrong is not None
    assert right > wrong
