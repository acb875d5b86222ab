"""Pooling is strict: nothing is counted twice or dropped unseen."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from reports import build_leaderboard
from reports.statistics.cases import index_cases
from reports.statistics.pooling import pool_predictions


def pool(study, entry, predictions: pd.DataFrame):
    return pool_predictions(
        predictions, index_cases(study.cases, study.classes), name=entry.backbone, folds=entry.folds
    )


@pytest.fixture
def study(make_study):
    return make_study(internal=60, external={"London": 24, "Oslo": 12})


@pytest.fixture
def entry(study):
    return study.entry("resnet34", seeds=(1, 2))


def test_counts_are_per_side_with_every_fold_model_counted_abroad(study, entry) -> None:
    one, notes = pool(study, entry, entry.predictions)
    assert notes == []
    assert list(one.sides) == ["internal", "London", "Oslo"]
    assert one.seeds == (1, 2)
    assert one.sides["internal"].counts.predicted.sum() == 60 * 2
    assert one.sides["London"].counts.predicted.sum() == 24 * 2 * 3
    assert len(one.sides["London"].clusters) == 24


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("predicted", "glioma", "resnet34 name an unknown class: glioma"),
        ("case_id", "internal/9999", "that the case table lacks: internal/9999"),
        ("site", "Oslo", "differ in the site of internal/0000"),
        ("label", "subdural", "differ in the label of internal/0000"),
    ],
)
def test_rows_that_contradict_the_case_table_are_refused_by_name(study, entry, column, value, message) -> None:
    table = entry.predictions.copy()
    table.loc[0, column] = value
    with pytest.raises(ValueError, match=message):
        pool(study, entry, table)


def test_a_duplicate_prediction_is_refused_by_name(study, entry) -> None:
    table = pd.concat([entry.predictions, entry.predictions.iloc[[-1]]])
    with pytest.raises(ValueError, match=r"predict twice \(seed, fold, site, case\): \(2, 2, Oslo, Oslo/0011\)"):
        pool(study, entry, table)


def test_a_case_out_of_fold_twice_under_one_seed_is_refused(study, entry) -> None:
    again = entry.predictions.iloc[[0]].assign(fold=lambda row: (row["fold"] + 1) % 3)
    with pytest.raises(ValueError, match="predict twice"):
        pool(study, entry, pd.concat([entry.predictions, again]))


def test_more_folds_than_declared_are_refused(study, entry) -> None:
    with pytest.raises(ValueError, match=r"resnet34: seed 1 has folds \[0, 1, 2\] where 2 were declared"):
        pool_predictions(entry.predictions, index_cases(study.cases, study.classes), name="resnet34", folds=2)


def test_missing_columns_are_named(study, entry) -> None:
    with pytest.raises(ValueError, match="predictions of resnet34: fold, label"):
        pool(study, entry, entry.predictions.drop(columns=["fold", "label"]))
    with pytest.raises(ValueError, match="case table: label"):
        index_cases(study.cases.drop(columns="label"), study.classes)


def test_the_case_table_is_checked(study) -> None:
    with pytest.raises(ValueError, match="repeats case internal/0000"):
        index_cases(pd.concat([study.cases, study.cases.iloc[[0]]]), study.classes)
    with pytest.raises(ValueError, match=r"other than normal, epidural: .*subdural"):
        index_cases(study.cases, ("normal", "epidural"))
    with pytest.raises(ValueError, match="name one twice"):
        index_cases(study.cases, ("normal", "normal"))
    with pytest.raises(ValueError, match="empty"):
        index_cases(study.cases.iloc[:0], study.classes)


def drop(table: pd.DataFrame, **where) -> pd.DataFrame:
    match = np.logical_and.reduce([table[column] == value for column, value in where.items()])
    return table[~match]


@pytest.mark.parametrize(
    ("where", "note"),
    [
        ({"seed": 1, "fold": 2}, "resnet34: seed 1 is left out, 2 of its 3 folds are there."),
        (
            {"seed": 1, "fold": 0, "case_id": "Oslo/0003"},
            "resnet34: seed 1 is left out, not every fold model has predicted every case of Oslo.",
        ),
        (
            {"seed": 1, "site": "Oslo"},
            "resnet34: seed 1 is left out, not every fold model has predicted every case of Oslo.",
        ),
    ],
)
def test_an_incomplete_seed_is_left_out_with_a_note(study, entry, where, note) -> None:
    one, notes = pool(study, entry, drop(entry.predictions, **where))
    assert one.seeds == (2,)
    assert notes == [note]


def test_an_entry_without_a_complete_seed_has_no_row_but_a_note(study, entry) -> None:
    incomplete = dataclasses.replace(entry, predictions=drop(entry.predictions, fold=1))
    board = build_leaderboard([incomplete], study.cases, study.classes, rng=np.random.default_rng(0), resamples=20)
    assert board.rows == ()
    assert board.notes[-1] == "resnet34: no complete seed, so it has no row."
    assert board.to_dict()["rows"] == []


def test_an_entry_without_predictions_and_no_entry_at_all_have_no_row(study, entry) -> None:
    empty = dataclasses.replace(entry, predictions=entry.predictions.iloc[:0])
    for entries in ([empty], []):
        board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0))
        assert board.rows == ()
        assert len(board.notes) == len(entries)


def test_a_site_that_is_predicted_nowhere_is_noted_and_the_rest_stays(study, entry) -> None:
    one, notes = pool(study, entry, drop(entry.predictions, site="Oslo"))
    assert list(one.sides) == ["internal", "London"]
    assert notes == ["resnet34: no predictions for Oslo."]


def test_cases_that_cross_validation_misses_are_noted(study, entry) -> None:
    one, notes = pool(study, entry, drop(entry.predictions, case_id="internal/0004"))
    assert notes == ["resnet34: 1 of 60 internal cases have no prediction."]
    assert len(one.sides["internal"].clusters) == 59


def test_holdout_seeds_count_their_own_cases_only(make_study) -> None:
    study = make_study(internal=100)
    entry = study.entry("resnet34", seeds=(0, 1, 2), holdout=0.2)
    one, notes = pool(study, entry, entry.predictions)
    assert notes == []
    internal = one.sides["internal"]
    assert internal.counts.truth.shape[1] == 3
    assert (internal.counts.truth.sum((0, 2)) == 20).all()
    tested = entry.predictions.query("site == 'internal'")["case_id"].nunique()
    assert 20 < tested == len(internal.clusters) < 60


def test_cases_without_a_group_are_clusters_of_their_own(study) -> None:
    table = study.cases.iloc[:8].copy()
    # A group may be called like a lone case, and occur at two sites: still another cluster.
    table["group"] = ["p", "p", None, "internal/0002", "", np.nan, "q", "q"]
    table.loc[table.index[6], "site"] = "London"
    indexed = index_cases(table, study.classes)
    clusters = indexed.cluster.tolist()
    assert clusters[0] == clusters[1]
    assert len(set(clusters)) == 7
    without = index_cases(table.drop(columns="group"), study.classes)
    assert len(set(without.cluster.tolist())) == 8


def test_a_cluster_is_stratified_by_its_most_frequent_class(study) -> None:
    table = study.cases.iloc[:3].assign(group="p", label=["normal", "other", "other"])
    assert index_cases(table, study.classes).stratum.tolist() == [3]


@pytest.mark.parametrize("column", ["seed", "fold"])
@pytest.mark.parametrize(("value", "shown"), [(0.5, "0.5"), (np.nan, "nan"), (np.inf, "inf"), ("first", "first")])
def test_seeds_and_folds_are_whole_numbers(study, entry, column, value, shown) -> None:
    table = entry.predictions.astype({column: object})
    table.loc[3, column] = value
    with pytest.raises(ValueError, match=f"resnet34 have no whole {column}: {shown}"):
        pool(study, entry, table)


def test_few_patients_who_hold_most_cases_are_said(make_study) -> None:
    """Sizes 1, …, 1, 60 of 41 patients: (100)²/(40 + 3600) is 2.7, under two fifths of 41; equal ones are not."""
    for sizes, expected in (([1] * 40 + [60], True), ([3] * 41, False)):
        study = make_study(internal=sum(sizes), external={})
        study.table["group"] = np.repeat([f"p{n}" for n in range(len(sizes))], sizes)
        entry = study.entry("a")
        board = build_leaderboard([entry], study.cases, study.classes, rng=np.random.default_rng(0), resamples=20)
        reason = board.rows[0].cells.internal["macro_f1"].reason or ""
        assert ("few patients hold most of the cases" in reason) == expected
