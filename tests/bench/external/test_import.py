"""Imported predictions become the numbers that they are, in a folder of their own."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.config.toml import read_experiment

PROBABILITIES = {"a": (0.75, 0.25), "b": (0.125, 0.875)}


def probable(table: pd.DataFrame) -> pd.DataFrame:
    """The same predictions as probabilities alone."""
    shares = np.array([PROBABILITIES[name] for name in table["predicted"]])
    return table.drop(columns="predicted").assign(p_a=shares[:, 0], p_b=shares[:, 1])


def value(leaderboard, *path: str) -> float:
    (cells,) = leaderboard["rows"]
    for key in path:
        cells = cells[key]
    return cells["value"]


def test_accuracy_and_f1_are_those_worked_out_by_hand(by_hand, bring, tmp_path: Path) -> None:
    leaderboard = bring(by_hand)
    (row,) = leaderboard["rows"]
    assert (row["backbone"], row["weights"], row["recipe"]) == ("net", "imported", "imported")
    assert (row["seed_list"], row["folds"], row["stamps"]) == ([0, 1], 2, ["imported"])
    assert (row["parameters"], row["seconds_per_run"]) == (None, None)
    assert re.search(r"\| net *\| *2 *\| *2 *\| *– *\| *– *\|", leaderboard["printed"])
    assert value(leaderboard, "internal", "accuracy") == pytest.approx((3 / 4 + 2 / 4) / 2)
    assert value(leaderboard, "internal", "macro_f1") == pytest.approx((11 / 15 + 1 / 3) / 2)
    assert value(leaderboard, "external", "bern", "accuracy") == pytest.approx((3 / 4 + 1 / 4) / 2)
    assert value(leaderboard, "gap", "bern", "accuracy") == pytest.approx(0.625 - 0.5)
    assert (
        "No patient is known of 6 of 6 cases: intervals treat each of these cases as a patient."
        in (leaderboard["printed"])
    )
    assert "Data: imported predictions. internal: 4 cases; bern: 2 cases. Classes: a, b." in leaderboard["printed"]
    assert "2 folds; predictions as they were given." in leaderboard["printed"]
    run = next((tmp_path / "results" / "runs").iterdir())
    assert list(pd.read_parquet(run / "predictions.parquet").columns) == ["case_id", "site", "label", "predicted"]
    record = json.loads((run / "run.json").read_text())
    assert {"spec", "environment", "weights", "timings", "status", "metrics"} <= set(record)
    assert (record["spec"]["role"], record["spec"]["replicate"], record["status"]) == ("import", 0, "done")


def test_the_folder_is_as_documented(by_hand, bring, tmp_path: Path) -> None:
    bring(by_hand.assign(group=by_hand["case_id"].where(by_hand["site"] == "internal", "other")))
    cases = pd.read_parquet(tmp_path / "results" / "cases.parquet")
    assert list(cases.columns) == ["case_id", "path", "label", "group", "site", "digest", "width", "height"]
    assert cases["case_id"].tolist() == [*(f"internal/{n}.png" for n in range(4)), "bern/0.png", "bern/1.png"]
    assert cases["group"].tolist() == ["0.png", "1.png", "2.png", "3.png", "other", "other"]
    folds = pd.read_parquet(tmp_path / "results" / "folds.parquet")
    assert folds.to_numpy().tolist() == [
        [seed, f"internal/{number}.png", number // 2] for seed in (0, 1) for number in range(4)
    ]
    experiment = read_experiment(tmp_path / "results" / "experiment.toml")
    assert (experiment.class_order, experiment.seeds, experiment.folds) == (["a", "b"], [0, 1], 2)
    assert experiment.data == str(tmp_path / "0.csv")


def test_the_likeliest_class_is_the_predicted_one(by_hand, bring, tmp_path: Path) -> None:
    predicted = bring(by_hand, results=tmp_path / "predicted")["rows"][0]
    shares = bring(probable(by_hand), results=tmp_path / "probable")["rows"][0]
    for metric in ("accuracy", "macro_f1", "balanced_accuracy"):
        assert shares["internal"][metric] == predicted["internal"][metric]
        assert shares["gap"]["bern"][metric] == predicted["gap"]["bern"][metric]
    run = next((tmp_path / "probable" / "runs").iterdir())
    stored = pd.read_parquet(run / "predictions.parquet")
    assert stored["p_a"].dtype == np.float32
    assert {tuple(pair) for pair in stored[["p_a", "p_b"]].to_numpy().tolist()} <= set(PROBABILITIES.values())
    both = probable(by_hand).assign(predicted=by_hand["predicted"])
    assert runs_of(bring, both, tmp_path / "both") == {path.name for path in (tmp_path / "probable/runs").iterdir()}


def runs_of(bring, table: "pd.DataFrame | Path", results: Path) -> set[str]:
    bring(table, results=results)
    return {path.name for path in (results / "runs").iterdir()}


def test_how_the_table_is_written_decides_nothing(by_hand, bring, tmp_path: Path) -> None:
    """Parquet or CSV, shuffled, with or without the site before the case, prefix or not: the same run ids."""
    table = probable(by_hand)
    expected = runs_of(bring, table, tmp_path / "plain")
    table.to_parquet(tmp_path / "t.parquet", index=False)
    table.to_csv(tmp_path / "t.tsv", sep="\t", index=False, encoding="utf-8-sig")
    with_gaps = table.astype({"seed": float, "fold": float})
    for number, other in enumerate(
        [
            tmp_path / "t.parquet",
            tmp_path / "t.tsv",
            table.sample(frac=1, random_state=1),
            table.assign(case_id=table["site"] + "/" + table["case_id"]),
            table.assign(extra="ignored", group=""),
            with_gaps,
        ]
    ):
        assert runs_of(bring, other, tmp_path / f"r{number}") == expected


def test_several_files_are_one_table(by_hand, bring, tmp_path: Path) -> None:
    whole = runs_of(bring, by_hand, tmp_path / "whole")
    bring(by_hand[by_hand["fold"] == 0], by_hand[by_hand["fold"] == 1], results=tmp_path / "parts")
    assert {path.name for path in (tmp_path / "parts" / "runs").iterdir()} == whole


def test_without_folds_a_case_has_one_prediction_a_seed(by_hand, bring) -> None:
    once = by_hand[(by_hand["site"] == "internal") | (by_hand["fold"] == 1)].drop(columns="fold")
    leaderboard = bring(once)
    (row,) = leaderboard["rows"]
    assert (row["folds"], row["runs"], row["rank"]) == (1, 2, 1)
    assert value(leaderboard, "internal", "accuracy") == pytest.approx(0.625)
    assert value(leaderboard, "external", "bern", "accuracy") == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert row["stamps"] == ["imported", "one prediction a case and seed, made in folds that are not known"]
    assert "No folds known; predictions as they were given." in leaderboard["printed"]


def test_one_fold_alone_is_a_hold_out_split(by_hand, bring, tmp_path: Path) -> None:
    """Seed 0 holds out cases 0 and 1 (both right), seed 1 cases 2 and 3 (one right)."""
    first = (by_hand["seed"] == 0) & (by_hand["fold"] == 0)
    second = (by_hand["seed"] == 1) & (by_hand["fold"] == 1)
    leaderboard = bring(by_hand[first | second].assign(fold=0))
    assert value(leaderboard, "internal", "accuracy") == pytest.approx((2 / 2 + 1 / 2) / 2)
    assert leaderboard["rows"][0]["folds"] == 1
    assert "Single hold-out split; predictions as they were given." in leaderboard["printed"]
    folds = pd.read_parquet(tmp_path / "results" / "folds.parquet")
    assert folds["fold"].tolist() == [0, 0, -1, -1, -1, -1, 0, 0]


def test_patients_are_the_clusters_and_those_in_two_folds_are_stamped(by_hand, bring, tmp_path: Path) -> None:
    number = by_hand["case_id"].str[0].astype(int)
    kept_together = bring(by_hand.assign(group=by_hand["site"] + (number // 2).astype(str)))
    assert kept_together["rows"][0]["clusters"]["internal"] == {"cases": 4, "clusters": 2}
    assert "No patient is known" not in kept_together["printed"]
    assert kept_together["rows"][0]["stamps"] == ["imported"]
    split = bring(by_hand.assign(group=by_hand["site"] + (number % 2).astype(str)), results=tmp_path / "split")
    assert split["rows"][0]["stamps"][1] == "2 pair(s) of cases leak from training into evaluation (tables/leaks.csv)"
    assert "Warning: 2 pair(s) of cases leak" in split["printed"]


def test_weights_and_recipe_are_shown_and_make_rows(by_hand, bring) -> None:
    other = by_hand.assign(recipe="tta", weights="ImageNet")
    leaderboard = bring(pd.concat([by_hand, other]))
    rows = {(row["recipe"], row["weights"]) for row in leaderboard["rows"]}
    assert rows == {("imported", "imported"), ("tta", "ImageNet")}
    assert not any("mixes" in stamp for row in leaderboard["rows"] for stamp in row["stamps"])


def test_a_class_that_no_internal_case_has_leaves_no_interval(by_hand, bring) -> None:
    table = probable(by_hand).assign(p_c=0.0)
    leaderboard = bring(table)
    assert leaderboard["classes"] == ["a", "b", "c"]
    assert leaderboard["rows"][0]["internal"]["macro_f1"]["low"] is None


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_exported_results_come_back_with_every_cell(
    trained: Path, bring, export: Callable[..., pd.DataFrame], tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"export{suffix}"
    table = export(trained)
    table.to_csv(file, index=False) if suffix == ".csv" else table.to_parquet(file, index=False)
    (here,) = bring(file)["rows"]
    (there,) = json.loads((trained / "leaderboard.json").read_text())["rows"]
    assert there["clusters"]["internal"] == {"cases": 160, "clusters": 40}
    for part in ("internal", "external", "gap", "per_class", "clusters"):
        assert here[part] == there[part]
