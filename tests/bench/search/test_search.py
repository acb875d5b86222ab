"""`bench search` from images to a recipe, as a user starts it."""

import json
import shutil
import time
from pathlib import Path

import optuna
import pandas as pd
import pytest
from PIL import Image
from processes import Bench
from searches import QUICK, Searched
from sklearn.metrics import f1_score
from trees import write_digit_tree

from bench.config.recipe_file import find_recipe_file


def study_of(results: Path) -> optuna.Study:
    (name,) = [s.study_name for s in optuna.get_all_study_summaries(f"sqlite:///{results}/study.db")]
    return optuna.load_study(study_name=name, storage=f"sqlite:///{results}/study.db")


def test_external_cases_are_never_opened(searched: Searched, bench: Bench, tmp_path: Path) -> None:
    """Their files are no images: bench run stops at them, a search does not even list their folder."""
    run = bench("run", "--data", searched.data, *QUICK, "--seeds", "1", "--epochs", "1", "--results", tmp_path / "r")
    assert run.returncode == 2
    assert "external" in run.stderr
    assert "cannot be read" in run.stderr
    assert any(str(searched.data / "internal") in path for path in searched.opened)
    assert not [path for path in searched.opened if str(searched.data / "external") in path]
    cases = pd.read_parquet(searched.results / "cases.parquet")
    assert cases["site"].unique().tolist() == ["internal"]


def test_a_trial_is_a_handful_of_runs(searched: Searched) -> None:
    study = study_of(searched.results)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 4
    folds = pd.read_parquet(searched.results / "folds.parquet").set_index("case_id")["fold"]
    for trial in study.trials:
        scores = []
        assert trial.user_attrs["seconds"] > 0
        for name in trial.user_attrs["run_ids"]:
            folder = searched.results / "trials" / name
            record = json.loads((folder / "run.json").read_text())
            assert (record["spec"]["role"], record["spec"]["n_external"]) == ("search", 0)
            assert record["spec"]["recipe"]["lr"] == trial.params["lr"]
            assert record["spec"]["recipe"]["epochs"] == trial.params["epochs"]
            table = pd.read_parquet(folder / "predictions.parquet")
            assert set(table["case_id"]) == set(folds[folds == record["spec"]["fold"]].index)
            scores.append(f1_score(table["label"], table["predicted"], average="macro", zero_division=0))
        assert trial.user_attrs["fold_scores"] == pytest.approx(scores, abs=1e-12)
        assert trial.value == pytest.approx(sum(scores) / 2, abs=1e-12)
        assert list(trial.intermediate_values)[-1] == 11  # ten tenths of the first fold, then the second
    assert not (searched.results / "runs").exists()


def test_the_winner_is_a_recipe_whose_rows_are_not_ranked(searched: Searched, bench: Bench, tmp_path: Path) -> None:
    study, results = study_of(searched.results), tmp_path / "results"
    shutil.copytree(searched.results, results)
    file = results / "search" / "test_resnet.toml"
    recipe = find_recipe_file(str(file))
    assert recipe.recipe.lr == study.best_params["lr"]
    assert recipe.tuned is not None
    assert len(recipe.tuned.cases) == 36
    data = ["--internal", searched.data / "internal"]
    external = write_digit_tree(tmp_path / "bern", [0, 1, 4], 4, first=100)
    options = [*data, "--external", external, *QUICK, "--seeds", "2", "--results", results]
    done = bench("run", "--recipe", file, *options)
    assert done.returncode == 0, done.stderr
    other = bench("run", "--epochs", "1", *options)
    assert other.returncode == 0, other.stderr
    rows = {
        row["recipe"].partition(",")[0]: row for row in json.loads((results / "leaderboard.json").read_text())["rows"]
    }
    tuned, given = rows["tuned-test_resnet"], rows["fine-tune"]
    assert (tuned["rank"], given["rank"]) == (None, 1)
    assert any("tuned on these cases" in stamp for stamp in tuned["stamps"])
    assert not any("tuned" in stamp for stamp in given["stamps"])
    short = bench("report", results).stdout
    assert "tuned on these cases" in " ".join(short.split())
    assert f"Print it, and what bench search found: bench report {results} --full" in short
    report = bench("report", results, "--full")
    assert "tuned on these cases" in report.stdout
    assert "## Flat search" in report.stdout
    assert "## What the score depended on" not in report.stdout  # that takes 20 trials
    before = {path: path.stat().st_mtime_ns for path in results.glob("trials/*/*")}
    again = bench(*searched.command[:-1], results, "--pruner", "none", "--trials", "4")
    assert again.returncode == 0, again.stderr  # beside runs, whose external cases it does not know
    assert len(pd.read_parquet(results / "cases.parquet")) == 48
    assert {path: path.stat().st_mtime_ns for path in results.glob("trials/*/*")} == before  # nothing is trained again


def test_the_stamp_follows_the_numbers_and_the_cases(searched: Searched, bench: Bench, tmp_path: Path) -> None:
    """In another folder, under another name; but not on other cases."""
    file = tmp_path / "mine.toml"
    text = (searched.results / "search" / "test_resnet.toml").read_text()
    file.write_text(text.replace("tuned-test_resnet", "mine"))
    others = write_digit_tree(tmp_path / "others", [0, 1, 4], 6, first=60)
    for data, expected in ((searched.data / "internal", "36 of them"), (others, None)):
        results = tmp_path / f"r-{data.name}"
        done = bench("run", "--internal", data, *QUICK, "--seeds", "2", "--recipe", file, "--results", results)
        assert done.returncode == 0, done.stderr
        (row,) = json.loads((results / "leaderboard.json").read_text())["rows"]
        assert row["recipe"].startswith("mine")
        if expected:
            assert row["rank"] is None
            assert expected in row["stamps"][0]
        else:
            assert row["rank"] == 1
            assert "on other cases than these" in done.stdout


def test_a_longer_search_goes_on(searched: Searched, bench: Bench, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(searched.results, results)
    before = {path: path.stat().st_mtime_ns for path in results.glob("trials/*/*")}
    longer = bench(*searched.command[:-1], results, "--pruner", "median", "--trials", "5")
    assert longer.returncode == 0, longer.stderr
    assert "goes on with other means: pruner was none, now median" in longer.stdout
    assert before.items() <= {path: path.stat().st_mtime_ns for path in results.glob("trials/*/*")}.items()
    assert [trial.params for trial in study_of(results).trials[:4]] == [
        trial.params for trial in study_of(searched.results).trials
    ]
    assert len(study_of(results).trials) == 5


def test_a_changed_space_is_refused_and_new_study_begins_another(
    searched: Searched, bench: Bench, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    shutil.copytree(searched.results, results)
    space = tmp_path / "other.toml"
    space.write_text(searched.space.read_text().replace("high = 2", "high = 3"))
    command = ["search", "--data", searched.data, *QUICK, "--config", space, "--trials", "1", "--results", results]
    refused = bench(*command)
    assert refused.returncode == 2
    assert "space.epochs was 1 to 2, now 1 to 3" in refused.stderr
    assert "--new-study" in refused.stderr
    begun = bench(*command, "--new-study")
    assert begun.returncode == 0, begun.stderr
    assert (results / "search" / "test_resnet-2.toml").is_file()
    assert (results / "search" / "test_resnet.toml").is_file()


def test_all_trials_failed(bench: Bench, search_data: Path, tmp_path: Path) -> None:
    import timm
    import torch
    from safetensors.torch import save_file

    state = timm.create_model("test_resnet", num_classes=3).state_dict()
    next(iter(state.values())).fill_(torch.nan)
    save_file(state, tmp_path / "nan.safetensors")
    options = [*QUICK[:-1], tmp_path / "nan.safetensors", "--trials", "2", "--results", tmp_path / "r"]
    done = bench("search", "--data", search_data, *options)
    assert done.returncode == 1
    assert "No trial of the study 'test_resnet' is complete: 0 pruned, 2 failed; the first failure:" in done.stderr
    assert "The loss is nan" in done.stderr
    assert "Traceback" not in done.stderr


FULL_DISK = """
import errno
from bench.execution import run

trained = run.execute
def fails_at_the_third(*given, done=[]):
    done.append(1)
    if len(done) == 3:
        raise OSError(errno.ENOSPC, "No space left on device", "features.npy")
    return trained(*given)
run.execute = fails_at_the_third
"""


def test_a_trial_whose_run_found_the_disk_full_is_tried_again(bench: Bench, search_data: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FULL_DISK)
    command = ["search", "--data", search_data, *QUICK, "--trials", "3", "--results", tmp_path / "r"]
    stopped = bench(*command, PYTHONPATH=str(tmp_path))
    assert stopped.returncode == 1
    assert "No space left on device" in stopped.stderr
    assert "Make room" in stopped.stderr
    again = bench(*command)
    assert again.returncode == 0, again.stderr
    (record,) = (tmp_path / "r" / "search").glob("*.json")
    (stage,) = json.loads(record.read_text())["stages"]
    assert [trial["state"] for trial in stage["trials"] if trial["state"] != "pruned"].count("complete") >= 2
    assert "failed" not in [trial["state"] for trial in stage["trials"]]


def test_an_unreachable_server_is_said_before_anything_is_read(bench: Bench, search_data: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    url = "postgresql://anna:s3cr3t@127.0.0.1:1/db"
    done = bench("search", "--data", search_data, *QUICK, "--storage", url, "--results", tmp_path / "r")
    assert time.monotonic() - started < 10 + 15  # the program itself takes some seconds to start
    assert done.returncode == 1
    assert "postgresql://anna:***@127.0.0.1:1/db cannot be reached" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
    assert not (tmp_path / "r").exists()


def test_a_damaged_study_is_said(searched: Searched, bench: Bench, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(searched.results, results)
    (results / "study.db").write_bytes(b"not a database" * 100)
    done = bench(*searched.command[:-1], results)
    assert done.returncode == 2
    assert "study.db is damaged" in done.stderr
    assert "trials/" in done.stderr


def test_nested_search_reports_what_it_did_not_see(bench: Bench, search_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    options = ["--config", search_data / "space.toml", "--trials", "2", "--inner-folds", "2", "--nested"]
    done = bench("search", "--data", search_data, *QUICK, *options, "--results", results)
    assert done.returncode == 0, done.stderr
    record = json.loads((results / "search" / "test_resnet-nested.json").read_text())
    folds = pd.read_parquet(results / "folds.parquet").set_index("case_id")["fold"]
    differences, every = [], []
    for stage in record["stages"]:
        held_out = set(folds[folds == stage["fold"]].index)
        for trial in stage["trials"]:
            for name in trial["attributes"]["run_ids"]:
                seen = pd.read_parquet(results / "trials" / name / "predictions.parquet")
                assert held_out.isdisjoint(seen["case_id"])
        table = pd.read_parquet(results / "trials" / stage["outer_run"] / "predictions.parquet")
        assert set(table["case_id"]) == held_out
        outer = f1_score(table["label"], table["predicted"], average="macro", zero_division=0)
        best = next(trial for trial in stage["trials"] if trial["number"] == stage["best"])
        assert best["value"] == max(trial["value"] for trial in stage["trials"] if trial["value"] is not None)
        differences.append(best["value"] - outer)
        every.append(table)
    pooled = pd.concat(every)
    report = bench("report", results, "--format", "csv")
    assert report.returncode == 0, report.stderr
    table = pd.read_csv(results / "tables" / "search_nested.csv")
    assert table["optimism_value"][0] == pytest.approx(sum(differences) / 2, abs=1e-9)
    wanted = f1_score(pooled["label"], pooled["predicted"], average="macro", zero_division=0)
    assert table["outer_value"][0] == pytest.approx(wanted, abs=1e-9)
    assert table["improvement_value"][0] == pytest.approx(table["outer_value"][0] - table["default_value"][0], abs=1e-9)
    assert (results / "tables" / "search_stability.csv").is_file()
    for fold in (0, 1):
        with Image.open(results / "figures" / f"search-test_resnet-nested-seed0-fold{fold}.png") as sheet:
            assert sheet.width > 500
    assert not (results / "runs").exists()


def test_a_manifest_of_all_sites_opens_internal_images_only(searched: Searched, bench: Bench, tmp_path: Path) -> None:
    rows = [
        {"path": str(path.relative_to(searched.data)), "label": path.parent.name, "site": path.parts[-3]}
        for path in sorted(searched.data.glob("*/*/*.png"))
    ]
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copytree(searched.data / "internal", folder / "internal")
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)  # external files are not even there
    options = ["--data", folder / "manifest.csv", "--config", searched.space, "--trials", "1"]
    done = bench("search", *QUICK, *options, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("sampler", "pruner", "trials"),
    [
        ("random", "none", 2),
        ("grid", "none", 4),
        ("tpe", "median", 12),  # ten of them are random
        ("cma-es", "hyperband", 4),
        ("gp", "wilcoxon", 12),
    ],
)
def test_every_sampler_and_pruner_searches(
    bench: Bench, search_data: Path, tmp_path: Path, sampler: str, pruner: str, trials: int
) -> None:
    space = tmp_path / "space.toml"
    space.write_text("[search.space]\nlr = { low = 1e-4, high = 1e-2, log = true }\nweight_decay = [0.01, 0.1]\n")
    options = ["--sampler", sampler, "--pruner", pruner, "--trials", str(trials), "--epochs", "1", "--config", space]
    done = bench("search", "--data", search_data, *QUICK, *options, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stdout + done.stderr
    ended = [trial for trial in study_of(tmp_path / "r").trials if trial.state.is_finished()]
    assert len(ended) == trials
    assert "Recipe: " in done.stdout
    if sampler == "grid":
        assert len({tuple(sorted(trial.params.items())) for trial in ended}) == trials


def test_results_folders_whose_names_a_url_would_part_have_studies_of_their_own(
    bench: Bench, search_data: Path, tmp_path: Path
) -> None:
    names = ("a?1", "a?2#x", "50%")
    for name in names:
        options = ["--trials", "1", "--sampler", "random", "--epochs", "1", "--results", tmp_path / name]
        done = bench("search", "--data", search_data, *QUICK, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        (study,) = json.loads(bench("status", tmp_path / name, "--json").stdout)["studies"]
        assert (study["wanted"], study["complete"]) == (1, 1)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.db")}
    assert found == {f"{name}/study.db" for name in names}
