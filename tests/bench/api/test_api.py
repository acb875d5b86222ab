"""`import bench`: options as on the command line, results as data frames."""

import inspect
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from processes import SMALL, Bench, predictions
from resealed import reseal
from safetensors.torch import save_file

import bench as package
from bench.api.options import Options
from bench.api.results import Results
from bench.cli.training_commands import run
from bench.config.experiment import Experiment as Settings
from bench.config.toml import read_experiment
from bench.errors import BenchError, RequestError
from bench.plan.recipe import Recipe
from reports.statistics.intervals import Interval
from reports.tables import frames


def test_import_bench_is_cheap(bench_environment: dict[str, str]) -> None:
    heavy = "{'torch', 'numpy', 'pandas', 'pydantic', 'typer', 'rich', 'timm'}"
    code = f"import sys, bench; print(sorted({heavy} & set(sys.modules)), dir(bench), bench.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=bench_environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"[] ['Experiment', 'Results', '__version__', 'run'] {package.__version__}\n"
    with pytest.raises(AttributeError, match="no attribute 'experiment_'"):
        package.experiment_  # noqa: B018


def test_every_option_of_bench_run_is_an_argument() -> None:
    on_the_command_line = set(inspect.signature(run).parameters) - {"directory"}  # as an argument it has no name
    in_python = set(Options.__annotations__)
    assert on_the_command_line <= in_python
    assert in_python - on_the_command_line == {"classes", "class_order"}  # keys of the TOML file
    assert in_python <= {*Settings.model_fields, *Recipe.model_fields, "config"}
    for name in ("fit", "precision", "executor", "multilabel"):
        assert get_args(Options.__annotations__[name]) == get_args(Settings.model_fields[name].annotation)
    assert get_args(Options.__annotations__["interval"]) == get_args(Interval)


def test_arguments_mean_what_they_mean_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text('seeds = 3\nfolds = 4\nbackbone = ["a"]\n[recipe]\nlr = 0.5\n')
    made = package.Experiment(
        config=tmp_path / "e.toml",
        internal=Path("in"),
        external={"bern": Path("b"), "lyon": "l"},
        backbone="test_resnet",
        holdout=0.25,
        seeds=[5, 7],
        epochs=2,
        reader="tree",
        classes={"EDH": "epidural"},
        results=tmp_path / "r",
    ).settings
    assert (made.internal, made.external) == ("in", {"bern": "b", "lyon": "l"})
    assert (made.backbone, made.seeds, made.holdout, made.folds) == (["test_resnet"], [5, 7], 0.25, 5)
    assert (made.recipe.epochs, made.recipe.lr) == (2, 0.5)
    assert (made.reader, made.classes) == ({"*": "tree"}, {"EDH": "epidural"})
    assert made.results == str(tmp_path / "r")
    assert package.Experiment(internal="in", external="x/external-b").settings.external == {"b": "x/external-b"}
    assert package.Experiment(seeds=4).settings.seeds == [0, 1, 2, 3]
    assert package.Experiment(seeds="3,5").settings.seeds == [3, 5]
    assert package.Experiment().settings.executor == "in-process"
    assert package.Experiment(workers=2).settings.executor == "auto"
    assert "seeds=[3]" in repr(package.Experiment(seeds=[3]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 3}, r"bench\.Experiment has no option 'seed'\. Known: backbone, seeds"),
        ({"folds": 1}, r"Wrong option\(s\) in bench\.Experiment: folds must be at least 2"),
        ({"folds": 3, "holdout": 0.2}, "exclude each other"),
        ({"recipe": "nowhere"}, "No recipe 'nowhere'"),
        ({"internal": "x", "external": {"internal": "y"}}, "cannot be called 'internal'"),
        ({"precision": "fp8"}, "precision must be 'auto', 'fp32' or 'bf16'"),
    ],
)
def test_wrong_arguments_are_refused_in_one_paragraph(options: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        package.Experiment(**options)


def test_a_folder_alone_stands_for_what_bench_run_takes_it_for(tmp_path: Path) -> None:
    (tmp_path / "sites/internal/dog").mkdir(parents=True)
    (tmp_path / "sites/internal/cat").mkdir()
    table = tmp_path / "table.csv"
    table.write_text("path,label,place\na.png,cat,bern\n")
    sites, tree = tmp_path / "sites", tmp_path / "sites/internal"
    assert package.Experiment(str(sites)).settings.data == package.Experiment(sites).settings.data == str(sites)
    assert package.Experiment(tree).settings.internal == str(tree)
    assert package.Experiment(table).settings.internal == str(table)
    assert package.Experiment(table, columns={"site": "place"}).settings.data == str(table)
    assert package.Experiment(sites, external={"lyon": tree}).settings.internal == str(sites)
    with pytest.raises(RequestError, match=r"here and data of bench\.Experiment both say where the images are"):
        package.Experiment("here", data="there")
    with pytest.raises(RequestError, match=r"No such folder: .*nowhere"):
        package.Experiment(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def two(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished experiment with a second backbone, which predicts as the first but for one class."""
    results = shutil.copytree(finished, tmp_path_factory.mktemp("two") / "results")
    for number, stored in enumerate(sorted(results.glob("runs/*"))):
        copy = shutil.copytree(stored, stored.with_name(f"{number:020x}"))
        record = json.loads((copy / "run.json").read_text())
        record["spec"]["backbone"] = "resnet_other"
        table = pd.read_parquet(copy / "predictions.parquet")
        wrong = np.flatnonzero(table["label"] == "4")[::2]
        table.loc[wrong, ["predicted", "p_0", "p_1", "p_4"]] = ["0", 1.0, 0.0, 0.0]
        table.to_parquet(copy / "predictions.parquet", index=False)
        reseal(copy, spec=record["spec"])
    return results


def test_frames_have_their_columns_and_the_numbers_of_the_json(two: Path) -> None:
    results = package.Results(two)
    board, gap, classes = results.leaderboard(), results.gap(), results.classes()
    comparisons, floors = results.comparisons(), results.noise_floor()
    content = json.loads((two / "leaderboard.json").read_text())  # compiled by the first of them
    page = (Path(__file__).parents[3] / "docs/python.md").read_text().splitlines()
    for name, frame, columns in (
        ("leaderboard", board, frames.LEADERBOARD),
        ("gap", gap, frames.GAPS),
        ("classes", classes, frames.CLASSES),
        ("comparisons", comparisons, frames.COMPARISONS),
        ("noise_floor", floors, frames.NOISE_FLOORS),
    ):
        assert tuple(frame.columns) == columns
        assert len(frame)
        (documented,) = [line for line in page if line.startswith(f"| `{name}()`")]
        assert documented.endswith(f"| {', '.join(f'`{column}`' for column in columns)} |")
    for row in content["rows"]:
        of_row = board[board["backbone"] == row["name"]]
        assert set(of_row["rank"]) == {row["rank"]}
        for site, cells in (("internal", row["internal"]), *row["external"].items()):
            for metric, cell in cells.items():
                (found,) = of_row[(of_row["site"] == site) & (of_row["metric"] == metric)].to_dict("records")
                assert found["value"] == cell["value"]
                assert (found["low"] == cell["low"]) or (pd.isna(found["low"]) and cell["low"] is None)
        one = gap[(gap["backbone"] == row["name"]) & (gap["metric"] == "accuracy")].set_index("part")["value"]
        assert one["gap"] == row["gap"]["external"]["accuracy"]["value"]
        assert one["appearance"] + one["prevalence"] == pytest.approx(one["gap"], abs=1e-12)
        (f1,) = classes.query("backbone == @row['name'] and metric == 'f1' and site == 'internal' and `class` == '4'")[
            "value"
        ]
        assert f1 == row["per_class"]["4"]["internal"]["f1"]["value"]
    (first,) = comparisons[comparisons["endpoint"] == "internal.macro_f1"].to_dict("records")
    values = board[(board["metric"] == "macro_f1") & (board["site"] == "internal")].set_index("backbone")["value"]
    assert first["value"] == pytest.approx(values[first["a"]] - values[first["b"]], abs=1e-12)
    assert set(floors["backbone"]) == {"test_resnet", "resnet_other"}


def test_predictions_are_those_stored(two: Path) -> None:
    table = package.Results(two).predictions()
    assert list(table.columns) == [
        *("run_id", "backbone", "weights", "recipe", "seed", "fold"),
        *("site", "case_id", "label", "predicted", "p_0", "p_1", "p_4"),
    ]
    assert len(table) == 2 * 2 * (90 + 2 * 30)
    inside = table[(table["site"] == "internal") & (table["backbone"] == "test_resnet")]
    right = (inside["label"].astype(str) == inside["predicted"].astype(str)).groupby(inside["seed"]).mean().mean()
    board = package.Results(two).leaderboard()
    (value,) = board.query("backbone == 'test_resnet' and site == 'internal' and metric == 'accuracy'")["value"]
    assert value == pytest.approx(right, abs=1e-12)
    assert len(package.Results(two).cases()) == 120
    assert package.Results(two).failures().empty


def test_a_stored_leaderboard_is_read_without_writing(finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("**/*")}
    assert set(package.Results(str(finished)).leaderboard()["backbone"]) == {"test_resnet"}
    assert {path: path.stat().st_mtime_ns for path in finished.glob("**/*")} == before


def test_what_holds_no_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"nowhere is no results folder\. Give the one that Experiment\.run\(\)"):
        Results(tmp_path / "nowhere")


def test_an_experiment_runs_as_bench_run_does(
    finished: Path,
    digit_data: Path,
    tmp_path: Path,
    cache_root: Path,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    small = partial(
        package.Experiment, data=digit_data, image_size=32, folds=2, epochs=2, batch_size=16, backbone="test_resnet"
    )
    results = small(seeds=1, results=tmp_path / "r").run(quiet=True)
    assert capsys.readouterr().out == ""
    assert predictions(tmp_path / "r").items() < predictions(finished).items()  # the same names, the same bytes
    assert set(results.leaderboard()["seeds"]) == {1}
    stored = read_experiment(tmp_path / "r" / "experiment.toml")
    assert (stored.executor, stored.seeds) == ("in-process", [0])
    again = bench("run", "--data", digit_data, *SMALL, "--seeds", "1", "--results", tmp_path / "r")
    assert "All 2 runs are stored; nothing to train." in again.stdout
    options = small.keywords
    opened = package.run(options.pop("data"), seeds=1, results=tmp_path / "r", **options)
    assert opened.path == tmp_path / "r"
    assert "All 2 runs are stored; nothing to train." in capsys.readouterr().out


UNGUARDED = """
import multiprocessing
import bench

def work():
    pass

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=work)
    worker.start()
    worker.join()
else:
    bench.Experiment(internal="images", executor="processes").run()
"""


def test_a_worker_that_imports_its_script_does_not_start_the_experiment_again(
    bench_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(UNGUARDED)
    environment = {**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"],
        **{"env": environment, "cwd": tmp_path, "capture_output": True, "text": True, "timeout": 60, "check": True},
    )
    assert 'Put that call below if __name__ == "__main__":' in done.stderr


def test_runs_that_fail_are_told(
    digit_data: Path, tmp_path: Path, cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that are not numbers make every first loss one that is none."""
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    state = timm.create_model("test_resnet", num_classes=2).state_dict()
    next(iter(state.values())).fill_(torch.nan)
    save_file(state, tmp_path / "nan.safetensors")

    def run_with(weights: str | Path, results: Path) -> Results:
        small = package.Experiment(
            **{"data": digit_data, "image_size": 16, "folds": 2, "epochs": 1, "seeds": 1},
            **{"backbone": "test_resnet", "weights": weights, "results": results},
        )
        return small.run(quiet=True)

    with pytest.raises(BenchError, match="All 2 runs failed; the first: test_resnet seed 0 fold 0: The loss is nan"):
        run_with(tmp_path / "nan.safetensors", tmp_path / "all")
    run_with("random", tmp_path / "some")
    with pytest.warns(RuntimeWarning, match=r"2 run\(s\) failed and are left out"):
        some = run_with(tmp_path / "nan.safetensors", tmp_path / "some")
    assert some.failures()["error"].str.contains("The loss is nan").tolist() == [True, True]
    assert set(some.leaderboard()["weights"]) == {"random"}
