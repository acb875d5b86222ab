"""The leaderboard as a whole: its schema, its order, and that it repeats itself."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from sklearn.metrics import accuracy_score, f1_score

from reports import build_leaderboard


def build(study, entries, root: int = 0, **options):
    options = {"resamples": 300, **options}
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(root), **options)


def test_the_json_has_its_schema_and_no_nan(make_study) -> None:
    study = make_study(external={"London": 60, "Oslo": 40})
    board = build(study, [study.entry("a"), study.entry("b", 0.8)])
    plain = json.loads(json.dumps(board.to_dict(), allow_nan=False))
    assert plain["schema"] == 1
    assert plain["classes"] == list(study.classes)
    row_keys = {
        "backbone", "weights", "recipe", "seeds", "folds", "runs", "internal", "external", "gap", "rank",
        "ties", "stamps",
    }  # fmt: skip
    for row in plain["rows"]:
        assert row_keys <= row.keys()
        assert (row["seeds"], row["folds"], row["runs"]) == (5, 3, 15)
        assert set(row["external"]) == set(row["gap"]) == {"London", "Oslo"}
        for cells in (row["internal"], row["external"]["London"], row["gap"]["Oslo"]):
            assert {"accuracy", "macro_f1", "balanced_accuracy"} <= cells.keys()
            for cell in cells.values():
                assert set(cell) == {"value", "low", "high", "method", "reason"}
                assert cell["low"] < cell["value"] < cell["high"]
    for comparison in plain["comparisons"]:
        assert {"a", "b", "endpoint", "difference", "p", "p_holm", "resolved"} <= comparison.keys()
    assert set(plain["noise_floor"]) == {"a", "b"}
    for floors in plain["noise_floor"].values():
        for floor in floors.values():
            assert set(floor) == {"sigma", "floor_1", "floor_s", "low", "high"}


def test_one_generator_seed_gives_one_leaderboard_whatever_the_order(make_study) -> None:
    study = make_study(external={"London": 45, "Oslo": 30})
    entries = [study.entry("a"), study.entry("b", 0.8), study.entry("c", 0.61)]
    once = build(study, entries, interval="bca").to_dict()
    assert build(study, entries, interval="bca").to_dict() == once
    shuffled = [dataclasses.replace(e, predictions=e.predictions.sample(frac=1, random_state=1)) for e in entries[::-1]]
    study.table = study.table.sample(frac=1, random_state=2)
    assert build(study, shuffled, interval="bca").to_dict() == once
    assert build(study, entries, root=1, interval="bca").to_dict() != once


def test_a_further_backbone_or_site_changes_no_cell_of_the_others(make_study) -> None:
    study = make_study(external={"London": 45, "Oslo": 30})
    a, b = study.entry("a"), study.entry("b")
    alone = build(study, [a]).rows[0]
    beside = next(row for row in build(study, [a, b]).rows if row.name == "a")
    assert alone.cells == beside.cells
    without = dataclasses.replace(a, predictions=a.predictions[a.predictions["site"] != "Oslo"])
    (fewer,) = build(study, [without]).rows
    assert fewer.cells.internal == alone.cells.internal
    assert fewer.cells.gap["London"] == alone.cells.gap["London"]


def test_categorical_columns_give_the_same_leaderboard(make_study) -> None:
    study = make_study()
    entry = study.entry("a")
    text = ["site", "case_id", "label", "predicted"]
    categorical = entry.predictions.astype(dict.fromkeys(text, "category"))
    once = build(study, [entry]).to_dict()
    assert build(study, [dataclasses.replace(entry, predictions=categorical)]).to_dict() == once
    as_objects = entry.predictions.astype(dict.fromkeys(text, object))
    assert build(study, [dataclasses.replace(entry, predictions=as_objects)]).to_dict() == once


@pytest.mark.parametrize("interval", ["jackknife-t", "bias-corrected", "percentile", "bca"])
def test_the_interval_can_be_chosen(make_study, interval) -> None:
    study = make_study()
    board = build(study, [study.entry("a")], interval=interval)
    assert board.rows[0].cells.gap["London"]["macro_f1"].method == interval
    assert board.to_dict()["interval"] == interval


def test_a_jackknife_cannot_be_stratified(make_study) -> None:
    study = make_study()
    with pytest.raises(ValueError, match="choose bias-corrected, percentile or bca"):
        build(study, [study.entry("a")], interval="jackknife-t", stratify=True)
    assert build(study, [study.entry("a")], stratify=True).interval == "bias-corrected"


def test_stratified_draws_keep_the_class_mix(make_study) -> None:
    # Predict right in one class and wrong in the others: accuracy is then the share of that class, which
    # stratified draws hold fixed.
    study = make_study()
    entry = study.entry("a")
    table = entry.predictions
    table = table.assign(predicted=np.where(table["label"] == "normal", "normal", "other"))
    table.loc[table["label"] == "other", "predicted"] = "normal"
    entry = dataclasses.replace(entry, predictions=table)
    (free,) = build(study, [entry]).rows
    (fixed,) = build(study, [entry], stratify=True).rows
    assert free.cells.internal["accuracy"].low < 0.25 < free.cells.internal["accuracy"].high
    assert fixed.cells.internal["accuracy"].reason == "every resample gives the same value"


def test_holdout_rows_are_ranked_like_any(make_study) -> None:
    study = make_study(internal=300)
    entries = [study.entry("weak", 0.4, holdout=0.3), study.entry("strong", 0.9, holdout=0.3)]
    board = build(study, entries)
    assert [row.name for row in board.rows] == ["strong", "weak"]
    assert [row.rank for row in board.rows] == [1, 2]
    assert board.rows[0].to_dict()["runs"] == 5


def test_a_study_without_external_sites_has_no_gap(make_study) -> None:
    study = make_study(external={})
    (row,) = build(study, [study.entry("a")]).rows
    assert row.to_dict()["gap"] == {}
    assert row.sites == ()


def test_one_backbone_under_two_recipes_has_two_names(make_study) -> None:
    study = make_study()
    one = study.entry("resnet34")
    board = build(study, [one, dataclasses.replace(one, recipe="longer")])
    assert {row.name for row in board.rows} == {
        "resnet34 (default, ImageNet)",
        "resnet34 (longer, ImageNet)",
    }
    assert {row.backbone for row in board.rows} == {"resnet34"}
    with pytest.raises(ValueError, match="resnet34"):
        build(study, [one, one])


def test_reports_start_without_slow_imports() -> None:
    code = (
        "import sys, reports.tables.build_leaderboard, reports.draw.markdown_leaderboard\n"
        "slow = {'torch', 'sklearn', 'scipy.stats', 'bench'} & set(sys.modules)\n"
        "sys.exit(', '.join(slow) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_extra_columns_are_ignored(make_study) -> None:
    study = make_study()
    entry = study.entry("a")
    more = entry.predictions.assign(p_normal=0.5)
    assert isinstance(more, pd.DataFrame)
    once = build(study, [entry]).to_dict()
    assert build(study, [dataclasses.replace(entry, predictions=more)]).to_dict() == once


def test_fold_tests_stand_beside_internal_comparisons_only(make_study) -> None:
    study = make_study()
    board = build(study, [study.entry("a"), study.entry("b", 0.75)])
    by_endpoint = {one.endpoint: one for one in board.comparisons}
    for endpoint, score in (("internal.accuracy", accuracy_score), ("internal.macro_f1", None)):
        tests = by_endpoint[endpoint].fold_tests
        assert tests.mcnemar is None  # five seeds
        scores = []
        for name, skill in (("a", 0.6), ("b", 0.75)):
            home = study.entry(name, skill).predictions.query("site == 'internal'")
            scores.append([
                score(fold["label"], fold["predicted"]) if score
                else f1_score(fold["label"], fold["predicted"], labels=list(study.classes), average="macro",
                              zero_division=0)
                for _, fold in home.groupby(["seed", "fold"])
            ])  # fmt: skip
        d = np.subtract(*scores)
        # five seeds, three folds: Nadeau and Bengio's t, written out
        statistic = d.mean() / np.sqrt((1 / 15 + 1 / 2) * d.var(ddof=1))
        assert tests.corrected.p == pytest.approx(2 * t.sf(abs(statistic), 14), abs=1e-12)
        assert tests.rope.better + tests.rope.equivalent + tests.rope.worse == pytest.approx(1)
    assert by_endpoint["gap.London.macro_f1"].fold_tests is None
    assert by_endpoint["external.London.macro_f1"].fold_tests is None


def test_mcnemar_is_for_one_seed(make_study) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    study = make_study()
    entries = [study.entry("a", seeds=(4,)), study.entry("b", 0.8, seeds=(4,))]
    board = build(study, entries)
    right = [
        home.set_index("case_id").eval("label == predicted").sort_index()
        for home in (entry.predictions.query("site == 'internal'") for entry in entries)
    ]
    expected = mcnemar(pd.crosstab(*right).to_numpy(), exact=True)
    of = {one.endpoint: one.fold_tests for one in board.comparisons}
    assert of["internal.accuracy"].mcnemar.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert of["internal.macro_f1"].mcnemar is None
    assert board.sample_gains["a"].gain is None
    assert "one seed" in board.sample_gains["a"].reason


def test_the_best_is_told_with_its_probability_and_seeds_with_their_worth(make_study) -> None:
    study = make_study()
    board = build(study, [study.entry("a"), study.entry("b", 0.9), study.entry("c", 0.62)])
    assert sum(board.probability_of_best.values()) == pytest.approx(1)
    assert board.probability_of_best["b"] > 0.95
    assert all(1 <= gain.gain <= 5 + 1e-9 for gain in board.sample_gains.values())
    other_seeds = build(study, [study.entry("a"), study.entry("b", 0.9, seeds=(0, 1))])
    assert other_seeds.probability_of_best == {}
    holdout = build(study, [study.entry("a", holdout=0.3)])
    assert holdout.sample_gains == {}
