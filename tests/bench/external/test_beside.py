"""Predictions imported beside a run of our own: they must fit, and then they are compared in pairs."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.errors import RequestError
from bench.store.folder import ResultsFolder


def better(table: pd.DataFrame) -> pd.DataFrame:
    """Predictions of another backbone on the same cases and folds: 95 of 100 right."""
    rng = np.random.default_rng(5)
    right = rng.random(len(table)) < 0.95
    predicted = table["label"].where(right, table["label"].map({"a": "b", "b": "a"}))
    return table[["seed", "fold", "site", "case_id", "label"]].assign(backbone="fastai", predicted=predicted)


def contents(root: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_they_are_ranked_and_compared_seed_by_seed(trained: Path, bring, export) -> None:
    before = contents(trained)
    leaderboard = bring(better(export(trained)), results=trained)
    ranks = {row["backbone"]: row["rank"] for row in leaderboard["rows"]}
    assert ranks == {"fastai": 1, "resnet18": 2}
    primary = next(one for one in leaderboard["comparisons"] if one["endpoint"] == "internal.macro_f1")
    assert primary["seeds"] == 3
    assert primary["resolved"]
    ours = next(row for row in leaderboard["rows"] if row["backbone"] == "resnet18")
    assert ours["stamps"] == []
    (original,) = json.loads(before["leaderboard.json"])["rows"]
    assert {part: ours[part] for part in ("internal", "gap")} == {part: original[part] for part in ("internal", "gap")}
    assert (
        "2 stratified folds; predictions of the last epoch, imported ones as they were given."
        in (leaderboard["printed"])
    )
    after = contents(trained)
    same = [name for name in before if not name.startswith(("leaderboard", ".digests"))]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_our_own_predictions_imported_again_tie_with_themselves(trained: Path, bring, export) -> None:
    """Names that would be the same are told apart."""
    again = export(trained).assign(weights="random", recipe="fine-tune")
    leaderboard = bring(again, results=trained)
    assert {row["recipe"] for row in leaderboard["rows"]} == {"fine-tune", "fine-tune, imported"}
    assert [row["rank"] for row in leaderboard["rows"]] == [1, 1]
    assert all(one["difference"]["value"] == 0 for one in leaderboard["comparisons"])


def test_new_seeds_are_added_to_the_folds(trained: Path, bring, export) -> None:
    table = better(export(trained))
    shifted = table.assign(seed=table["seed"] + 1)  # folds of seed n under the name n + 1
    with pytest.raises(RequestError, match="another fold than folds"):
        bring(shifted, results=trained)
    leaderboard = bring(table.assign(seed=table["seed"] + 7), results=trained)
    folds = ResultsFolder(trained).folds()
    assert folds is not None
    assert sorted(folds.by_seed) == [0, 1, 2, 7, 8, 9]
    assert folds.by_seed[7] == folds.by_seed[0]
    assert "are not compared: no seed has the same cases" in leaderboard["printed"]


def test_rows_without_folds_are_shown_but_not_compared(trained: Path, bring, export) -> None:
    table = better(export(trained))
    leaderboard = bring(table[table["site"] == "internal"].drop(columns="fold"), results=trained)
    folds = {row["backbone"]: row["folds"] for row in leaderboard["rows"]}
    assert folds == {"fastai": 1, "resnet18": 2}
    assert leaderboard["comparisons"] == []
    assert "are not compared: no seed has the same cases in the same folds for both" in leaderboard["printed"]
    assert sorted(ResultsFolder(trained).folds().by_seed) == [0, 1, 2]


def with_cell(row: int, column: str, value):
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table[column] = table[column].astype(object)
        table.loc[row, column] = value
        return table

    return change


MISFITS = {
    "other cases": (
        with_cell(3, "case_id", "999"),
        r"1 row\(s\) name a case that the results folder lacks \((internal|bern)/999\): row\(s\) 5 of",
    ),
    "another label everywhere": (
        lambda table: table.assign(label="a", predicted="a"),
        r"give a case another label than the results folder: row\(s\) \d+,.* and \d+ more",
    ),
    "another class": (
        with_cell(0, "predicted", "glioma"),
        r"1 row\(s\) have a predicted class .*\(glioma\): row\(s\) 2",
    ),
    "other probabilities": (
        lambda table: table.drop(columns="predicted").assign(p_a=0.5, p_c=0.5),
        "do not fit the classes of the results folder (a, b): unknown c; missing b",
    ),
    "other patients": (
        lambda table: table.assign(group="one and the same"),
        r"group cases into other patients than the results folder: row\(s\) \d+",
    ),
    "other folds": (
        lambda table: table.assign(fold=1 - table["fold"]),
        r"hold a case out in another fold than folds.parquet of the results folder: row\(s\) \d+",
    ),
    "more folds": (
        lambda table: table.assign(seed=table["seed"] + 5, fold=table["fold"] * 2),
        r"have a fold beyond 1, the last that holds out internal cases: row\(s\) \d+",
    ),
    "one case too few": (
        lambda table: table[~((table["case_id"] == "internal/7") & (table["seed"] == 1))],
        "seed 1 has no prediction of 1 internal case(s): internal/7; other predictions of them are in row(s) ",
    ),
    "a site by halves": (
        lambda table: table[~(table["case_id"].isin(["bern/1", "bern/2"]) & (table["fold"] == 1))],
        "fold 1 has no prediction of 2 case(s) of bern: bern/1, bern/2",
    ),
    "new seeds that split patients": (
        lambda table: table.assign(
            seed=table["seed"] + 5,
            fold=table["fold"].where(
                table["site"] != "internal", table["case_id"].str.extract(r"(\d+)")[0].astype(int) // 2 % 2
            ),
        ),
        r"160 row\(s\) \(seed 5\) are of patients whose cases lie in several folds: row\(s\) \d+",
    ),
}


@pytest.mark.parametrize(("change", "message"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_is_refused_and_nothing_is_written(trained: Path, bring, export, change, message) -> None:
    before = contents(trained)
    pattern = message if "\\" in message else re.escape(message)
    with pytest.raises(RequestError, match=pattern):
        bring(change(better(export(trained)).reset_index(drop=True)), results=trained)
    assert contents(trained) == before


def test_a_group_column_that_agrees_is_accepted_under_other_names(trained: Path, bring, export) -> None:
    table = better(export(trained)).assign(group="patient " + export(trained)["group"])
    assert len(bring(table, results=trained)["rows"]) == 2


def test_a_site_left_out_as_a_whole_is_noted(trained: Path, bring, export) -> None:
    table = better(export(trained))
    leaderboard = bring(table[table["site"] == "internal"], results=trained)
    assert "fastai: no predictions for bern." in leaderboard["printed"]
    assert {row["backbone"]: row["rank"] for row in leaderboard["rows"]} == {"fastai": 1, "resnet18": 2}


def test_hold_out_splits_fit_a_folder_of_hold_out_splits(held_out: Path, bring, export) -> None:
    table = better(export(held_out))
    leaderboard = bring(table, results=held_out)
    assert [row["folds"] for row in leaderboard["rows"]] == [1, 1]
    assert {one["seeds"] for one in leaderboard["comparisons"]} == {3}
    bring(table.assign(seed=table["seed"] + 7), results=held_out)
    folds = ResultsFolder(held_out).folds()
    assert folds is not None
    assert folds.by_seed[7] == folds.by_seed[0]
    short = table[table["case_id"] != table[table["site"] == "internal"]["case_id"].iloc[0]]
    with pytest.raises(RequestError, match=r"no prediction of 1 internal case\(s\): internal/"):
        bring(short.assign(recipe="short"), results=held_out)


def test_a_run_without_its_experiment_is_no_place_for_imports(trained: Path, bring, export) -> None:
    table = better(export(trained))
    (trained / "experiment.toml").unlink()
    with pytest.raises(RequestError, match=r"lacks its experiment\.toml"):
        bring(table, results=trained)
