"""`bench run --adapt`: rows beside their baselines, in a folder that was made without."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from processes import SMALL, Bench
from trees import write_digit_tree

from bench.cache import Caches
from bench.config.request import experiment_from
from bench.engine.adaptation import refuse_no_batch_norm
from bench.engine.again import stored_resources
from bench.errors import RequestError
from bench.execution.run import execute
from bench.explain.model_sets import find_models
from bench.store.folder import ResultsFolder
from reports.tables.caveats import TRANSDUCTIVE

ALL = ("--adapt", "tent", "--adapt", "adabn", "--adapt", "coral", "--adapt", "histogram")
ADAPTED = ("adabn", "histogram", "tent", "coral")


@pytest.fixture(scope="module")
def adapted(bench: Bench, finished: Path, digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished experiment, to which every adaptation came later."""
    results = Path(shutil.copytree(finished, tmp_path_factory.mktemp("adapted") / "results"))
    done = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", *ALL, "--results", results)
    assert done.returncode == 0, done.stderr
    assert "16 runs to do (4 of 20 are stored)" in done.stdout
    return results


def board(results: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((results / "leaderboard.json").read_text())
    return content


def specs(results: Path) -> dict[str, dict[str, Any]]:
    return {file.parent.name: json.loads(file.read_text())["spec"] for file in results.glob("runs/*/run.json")}


def test_runs_that_were_there_stay_and_the_same_call_trains_nothing(
    adapted: Path, finished: Path, bench: Bench, digit_data: Path
) -> None:
    before, now = specs(finished), specs(adapted)
    assert {name: now[name] for name in before} == before
    assert all("adaptation" not in spec for spec in before.values())
    new = [spec for name, spec in now.items() if name not in before]
    assert {spec["adaptation"] for spec in new} == set(ADAPTED)
    assert {spec["recipe_label"].rpartition(", ")[2] for spec in new} == {
        *("transductive adabn", "histogram", "transductive tent", "transductive coral"),
    }
    again = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--adapt", "tent", "--results", adapted)
    assert "All 8 runs are stored; nothing to train." in again.stdout
    experiment = tomllib.loads((adapted / "experiment.toml").read_text(encoding="utf-8"))
    assert experiment["adapt"] == ["none", *ADAPTED]  # the folder only grows


def test_each_is_a_row_with_its_difference_to_the_baseline(adapted: Path) -> None:
    found = board(adapted)
    rows = {row["name"]: row for row in found["rows"]}
    plain = found["rows"][0]
    assert plain["rank"] == 1
    assert len(rows) == 5
    assert found["comparisons"] == []
    for name, of_row in found["adaptation"].items():
        how = of_row["adaptation"]
        assert of_row["baseline"] == plain["name"]
        assert rows[name]["rank"] is None
        assert (TRANSDUCTIVE.text in rows[name]["stamps"]) == (how != "histogram")
        by_endpoint = {one["endpoint"]: one for one in of_row["differences"]}
        assert by_endpoint["external.external.macro_f1"]["value"] == pytest.approx(
            rows[name]["external"]["external"]["macro_f1"]["value"] - plain["external"]["external"]["macro_f1"]["value"]
        )
        assert by_endpoint["gap.external.macro_f1"]["low"] <= by_endpoint["gap.external.macro_f1"]["high"]
        if how in ("adabn", "tent"):
            assert rows[name]["internal"] == plain["internal"]
    assert {of_row["adaptation"] for of_row in found["adaptation"].values()} == set(ADAPTED)


def test_the_report_has_the_table_and_stamps_it_everywhere(adapted: Path, bench: Bench) -> None:
    text = (adapted / "leaderboard.md").read_text()
    assert "## Domain adaptation" in text
    assert f"transductive tent, random): {TRANSDUCTIVE.text}**" in text
    done = bench("report", adapted)
    assert done.returncode == 0, done.stderr
    for file in sorted((adapted / "tables").glob("*.csv")):
        table = pd.read_csv(file)
        named = table["backbone"] if "backbone" in table and "name" not in table else table.get("name")
        if named is None or "stamps" not in table:
            continue
        of_target = named.astype(str).str.contains("transductive")
        assert (table["stamps"].astype(str).str.contains("transductive") == of_target).all(), file.name
    page = (adapted / "report.html").read_text()
    assert 'id="adaptation"' in page
    assert TRANSDUCTIVE.text in page


def test_a_stored_run_repeats_bit_for_bit(adapted: Path, cache_root: Path) -> None:
    folder = ResultsFolder(adapted)
    cases = folder.cases()
    assert cases is not None
    runs = [run for run in folder.runs.read_all() if (run.record.spec.seed, run.record.spec.fold) == (1, 0)]
    assert len(runs) == 5
    for run in runs:
        spec = run.spec(cases)
        assert spec is not None
        result = execute(spec, stored_resources(folder, spec, Caches(cache_root)), lambda epoch: True)
        assert np.array_equal(result.probabilities, run.probabilities()), spec.adaptation


def test_verify_trains_adapted_runs_again(adapted: Path, bench: Bench) -> None:
    """Of six at most four are of the row without adaptation."""
    done = bench("verify", adapted, "--retrain", "6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert any(f"(test_resnet {how} seed " in done.stdout for how in ADAPTED)
    assert "DIFFERS" not in done.stdout


def test_nondeterminism_studies_one_of_them(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    asked = ("nondeterminism", "--data", digit_data, *SMALL, "--repeats", "2", "--vary", "none")
    several = bench(*asked, "--adapt", "tent", "--adapt", "coral", "--results", tmp_path / "several")
    assert several.returncode == 2
    assert "studies one way of training at a time" in several.stderr
    done = bench(*asked, "--adapt", "tent", "--results", tmp_path / "one")
    assert done.returncode == 0, done.stdout + done.stderr
    stored = [json.loads(file.read_text())["spec"] for file in (tmp_path / "one").glob("repeats/*/run.json")]
    assert {spec["adaptation"] for spec in stored} == {"tent"}


def test_explain_shows_models_that_are_one_for_all_sites(adapted: Path) -> None:
    folder = ResultsFolder(adapted)
    found = find_models(folder, folder.snapshot(), [], lambda text: pytest.fail(text))
    adaptations = [{spec.adaptation for _, spec in models.runs} for models in found]
    assert len(adaptations) == 3
    assert set.union(*adaptations) == {"none", "histogram", "coral"}


@pytest.mark.parametrize(("adaptation", "name"), [("adabn", "convnext_atto"), ("tent", "vit_tiny_patch16_224")])
def test_backbones_without_batch_norm_are_refused(adaptation: str, name: str) -> None:
    experiment = experiment_from({"adapt": adaptation, "image_size": 32})
    with pytest.raises(
        RequestError, match=f"--adapt {adaptation} .* and {name} has none: its norms keep no statistics"
    ):
        refuse_no_batch_norm(name, experiment)
    refuse_no_batch_norm("test_resnet", experiment)


def test_that_is_said_before_anything_is_trained(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    small = ("--image-size", "32", "--weights", "random", "--backbone", "test_resnet", "--backbone", "convnext_atto")
    done = bench("run", "--data", digit_data, *small, "--adapt", "adabn", "--results", tmp_path / "results")
    assert done.returncode == 2
    assert "and convnext_atto has none" in " ".join(done.stderr.split())
    assert not (tmp_path / "results" / "runs").exists()


def test_without_an_external_site_only_histograms_can_be_used(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    inside = ("run", "--internal", digit_data / "internal", *SMALL, "--seeds", "1", "--results", tmp_path / "results")
    refused = bench(*inside, "--adapt", "adabn", "--adapt", "histogram")
    assert refused.returncode == 2
    assert "adapts to the images of an external site, and these data have none" in " ".join(refused.stderr.split())
    write_digit_tree(tmp_path / "one", [0], 1)
    alone = bench(*inside, "--external", tmp_path / "one", "--adapt", "tent")
    assert alone.returncode == 2
    assert "and one has one alone" in " ".join(alone.stderr.split())
    done = bench(*inside, "--adapt", "histogram")
    assert done.returncode == 0, done.stderr
    assert len(board(tmp_path / "results")["rows"]) == 2
