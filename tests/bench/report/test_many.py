"""Many classes, sites and backbones, in small: it ends, with the right counts. benchmarks/load.py has times."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.status.read import read_status
from benchmarks.simulated_runs import Size, write_runs
from reports.statistics.comparison import PRIMARY


def report_of(root: Path) -> dict[str, list[dict[str, object]]]:
    done = CliRunner().invoke(app, ["report", str(root)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    content: dict[str, list[dict[str, object]]] = json.loads((root / "leaderboard.json").read_text())
    return content


@pytest.mark.parametrize(
    ("size", "pairs"),
    [
        (Size(backbones=2, seeds=2, folds=2, internal=200, external=60, classes=30), 1),
        (Size(backbones=2, seeds=2, folds=2, internal=60, external=12, sites=8), 1),
        (Size(backbones=8, seeds=2, folds=2, internal=60, external=30), 28),
    ],
    ids=["classes", "sites", "backbones"],
)
def test_a_report_has_all_that_is_stored(size: Size, pairs: int, tmp_path: Path) -> None:
    root = tmp_path / "results"
    write_runs(root, size)
    content = report_of(root)
    assert read_status(root).totals()["unplanned"] == size.runs
    assert sum(len(pd.read_parquet(file)) for file in root.glob("runs/*/predictions.parquet")) == size.predictions
    assert [row["runs"] for row in content["rows"]] == [size.seeds * size.folds] * size.backbones
    assert all(list(row["external"]) == sorted(size.site_names) for row in content["rows"])
    assert len(content["classes"]) == size.classes
    compared = [(one["a"], one["b"]) for one in content["comparisons"] if one["endpoint"] == PRIMARY.name]
    assert len(set(compared)) == len(compared) == pairs
