"""`bench init`, then `bench run` with what it wrote, as two processes."""

from pathlib import Path

from laid_out import lay_out, read_back
from processes import Bench


def test_a_folder_becomes_a_leaderboard_in_two_commands(bench: Bench, tmp_path: Path) -> None:
    inside = lay_out(tmp_path / "data/internal", lambda label, k: f"{label}/pat{label}{k % 6}_{k}.png", digits=(0, 1))
    lay_out(tmp_path / "data/external-bern", lambda label, k: f"{label}/{k}.png", digits=(0, 1), first=40, each=4)
    (inside / "0/pat00_copy.png").write_bytes((inside / "0/pat00_0.png").read_bytes())
    config, results = tmp_path / "experiment.toml", tmp_path / "results"
    written = bench("init", tmp_path / "data", "--out", config)
    assert written.returncode == 0, written.stderr
    assert written.stdout.endswith(f"Next: bench run --config {config}\n")
    small = ["--backbone", "test_resnet", "--epochs", "1", "--seeds", "1", "--workers", "1"]
    done = bench("run", "--config", config, *small, "--results", results)
    assert done.returncode == 0, done.stderr
    assert "test_resnet" in done.stdout
    stored, asked = read_back(results / "experiment.toml"), read_back(config)
    assert (stored.folds, stored.image_size, stored.level) == (asked.folds, asked.image_size, asked.level)
    again = bench("init", tmp_path / "data", "--out", config)
    assert again.returncode == 2
    assert "Give --force" in again.stderr
