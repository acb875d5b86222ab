"""`bench import` as a user starts it: results of `bench run` exported, imported, ranked beside each other."""

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from processes import SMALL, Bench


def export(results: Path) -> pd.DataFrame:
    """All predictions of a results folder as one table."""
    tables = []
    for run in sorted(results.glob("runs/*")):
        spec = json.loads((run / "run.json").read_text())["spec"]
        given = {name: spec[name] for name in ("backbone", "seed", "fold")}
        tables.append(pd.read_parquet(run / "predictions.parquet").assign(**given))
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("name", ["export.csv", "export.parquet"])
def test_an_exported_experiment_comes_back_with_every_cell(
    finished: Path, bench: Bench, tmp_path: Path, name: str
) -> None:
    table = export(finished)
    if name == "export.csv":
        table.drop(columns="predicted").to_csv(tmp_path / name, index=False)
    else:
        table.to_parquet(tmp_path / name)
    done = bench("import", tmp_path / name, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert "4 run(s) imported." in done.stdout
    assert "! test_resnet: imported." in done.stdout
    assert "so each of these counts as a patient" in " ".join(done.stdout.split())
    text = (tmp_path / "r" / "leaderboard.md").read_text()
    assert "- **test_resnet: imported**" in text
    assert "intervals treat each of these cases as a patient" in text
    (there,) = json.loads((finished / "leaderboard.json").read_text())["rows"]
    (here,) = json.loads((tmp_path / "r" / "leaderboard.json").read_text())["rows"]
    for part in ("internal", "external", "gap", "per_class"):
        assert here[part] == there[part]
    again = bench("run", "--config", tmp_path / "r" / "experiment.toml")
    assert again.returncode == 2
    assert "bench import brought these predictions without their images" in again.stderr
    assert again.stderr.count("\n") == 1


def test_predictions_beside_a_run_are_ranked_and_the_run_goes_on(
    finished: Path, bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    subprocess.run(["cp", "-r", finished, results], check=True)
    table = export(finished)[["seed", "fold", "site", "case_id", "label"]].assign(backbone="notebook")
    table["predicted"] = table["label"].where(table.index % 20 > 0, "1")
    table.to_csv(tmp_path / "notebook.csv", index=False)
    done = bench("import", tmp_path / "notebook.csv", "--results", results)
    assert done.returncode == 0, done.stderr
    leaderboard = json.loads((results / "leaderboard.json").read_text())
    assert {row["backbone"]: row["rank"] for row in leaderboard["rows"]} == {"notebook": 1, "test_resnet": 2}
    assert all(one["seeds"] == 2 for one in leaderboard["comparisons"])
    again = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", results)
    assert again.returncode == 0, again.stderr
    assert "All 4 runs are stored; nothing to train." in again.stdout
    assert "notebook" in again.stdout


def test_refusals_end_with_2_and_failed_writes_with_1(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("backbone,seed,fold,site,case_id,label,predicted\nnet,0,0,internal,x,a,a\nnet,0,0,internal,y,b,\n")
    refused = bench("import", file, "--results", tmp_path / "r")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "1 row(s) have neither a predicted class nor probabilities: row(s) 3 of" in refused.stderr
    assert not (tmp_path / "r").exists()
    assert bench("import", "--results", tmp_path / "r").returncode == 2
    file.write_text(file.read_text().replace("b,\n", "b,a\n"))
    unwritable = bench("import", file, "--results", file / "r")
    assert unwritable.returncode == 2
    assert "cannot be written to" in unwritable.stderr
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "runs").write_text("in the way")
    failed = bench("import", file, "--results", tmp_path / "r")
    assert failed.returncode == 1
    assert "Writing to" in failed.stderr
    assert "Traceback" not in failed.stderr
