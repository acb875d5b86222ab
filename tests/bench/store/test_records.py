"""run.json: what version 0.1.0 wrote is read and written back to the byte, damage is said in a paragraph."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.data.images import PixelSettings
from bench.errors import BenchError
from bench.external.runs import ExternalRun
from bench.plan.plan import seeds_of
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, RunSpec, Sample, Seeds, Weights
from bench.store.records import ExternalSpec, RunRecord, TrainedSpec, read_record
from bench.store.runs import RunStore
from bench.version import __version__

TRAINED = """{
 "run_id": "e550455c44fba8db715a",
 "status": "done",
 "error": "",
 "spec": {
  "backbone": "resnet34",
  "seed": 3,
  "fold": 1,
  "replicate": 0,
  "role": "main",
  "recipe": {
   "name": "fine-tune",
   "epochs": 5,
   "head_epochs": 1,
   "lr": 1e-05,
   "weight_decay": 0.01,
   "batch_size": 32,
   "warmup": 0.25,
   "label_smoothing": 0.0,
   "class_weights": "none",
   "augmentation": "light"
  },
  "recipe_label": "fine-tune, lr 1e-05, augmentation light",
  "pixels": {
   "image_size": 64,
   "fit": "pad",
   "white16": 65535,
   "windows": []
  },
  "tooling": {
   "precision": "bf16",
   "device": "cpu",
   "threads": 1,
   "layout": "channels_last",
   "deterministic": true
  },
  "seeds": {
   "split": 2856660983579509615,
   "init": 1224660700165068106,
   "order": 3651844106232315226
  },
  "classes": [
   "a",
   "\\u00e9pidural"
  ],
  "n_train": 4,
  "n_validation": 4,
  "n_external": 3
 },
 "weights": {
  "source": "ImageNet",
  "digest": "abababababababababababababababababababababababababababababababab"
 },
 "parameters": 21285698,
 "timings": {
  "build": 0.25,
  "total": 12.5,
  "train": 11.0
 },
 "environment": {
  "python": "3.11.7",
  "torch": "2.14.0",
  "OMP_NUM_THREADS": "1"
 },
 "metrics": {
  "internal": {
   "accuracy": 0.75,
   "macro_f1": 0.7333333333333334
  },
  "bern": {
   "accuracy": 1.0,
   "macro_f1": 1.0
  }
 },
 "moved": 1.234e-05
}"""

IMPORTED = """{
 "run_id": "482824dc1e11b23c3439",
 "status": "done",
 "error": "",
 "spec": {
  "backbone": "net",
  "seed": 0,
  "fold": 1,
  "folds_known": true,
  "probabilities": false,
  "replicate": 0,
  "role": "import",
  "recipe": {
   "name": "fastai"
  },
  "recipe_label": "fastai",
  "pixels": {},
  "tooling": {},
  "seeds": {},
  "classes": [
   "a",
   "b"
  ],
  "n_validation": 2,
  "n_external": 1
 },
 "weights": {
  "source": "imported",
  "digest": ""
 },
 "parameters": 0,
 "timings": {
  "total": 0.0
 },
 "environment": {
  "sha256 of predictions.csv": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
 },
 "metrics": {
  "internal": {
   "accuracy": 1.0,
   "macro_f1": 1.0
  },
  "bern": {
   "accuracy": 0.0,
   "macro_f1": 0.0
  }
 }
}"""

OLDER = TRAINED.replace(',\n "moved": 1.234e-05', "").replace(',\n   "augmentation": "light"', "")


def read(folder: Path, text: str) -> RunRecord:
    (folder / "run.json").write_text(text, encoding="utf-8")
    return read_record(folder)


@pytest.mark.parametrize("text", [TRAINED, IMPORTED, OLDER], ids=["trained", "imported", "older"])
def test_what_version_0_1_0_wrote_comes_back_to_the_byte(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).to_json() == text


def test_what_version_0_1_0_wrote_is_written_still(tmp_path: Path) -> None:
    samples = [
        *(Sample(f"internal/{n}.png", "internal", ("a", "épidural")[n % 2], f"{n:064x}", None) for n in range(8)),
        *(Sample(f"bern/{n}.png", "bern", ("a", "épidural")[n % 2], f"{n:064x}", None) for n in range(10, 13)),
    ]
    spec = RunSpec(
        backbone="resnet34",
        weights=Weights("ImageNet", "ab" * 32),
        recipe=Recipe(lr=1e-05, augmentation="light"),
        pixels=PixelSettings(64, windows=()),
        numerics=Numerics("bf16"),
        classes=("a", "épidural"),
        seed=3,
        seeds=seeds_of(3),
        fold=1,
        train=tuple(samples[4:8]),
        validation=tuple(samples[:4]),
        external=tuple(samples[8:]),
    )
    first = np.array([0.9, 0.2, 0.4, 0.3, 0.6, 0.1, 0.8], dtype=np.float32)
    result = RunResult(
        "done",
        np.stack([first, 1 - first], axis=1),
        timings={"build": 0.25, "total": 12.5, "train": 11.0},
        environment={"python": "3.11.7", "torch": "2.14.0", "OMP_NUM_THREADS": "1"},
        moved=1.234e-05,
    )
    folder = RunStore(tmp_path).write(spec, result, 21285698)
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert set(content.pop("sha256")) == {"run.json", "predictions.parquet", "history.parquet"}
    assert (content.pop("format"), content.pop("written_by")) == (1, f"gapbench {__version__}")
    assert json.dumps(content, indent=1) == TRAINED
    failed = RunResult("failed", np.zeros((0, 0), dtype=np.float32), error="the loss is nan")
    again = json.loads(RunRecord.of(spec, failed, 21285698).to_json())
    assert (again["error"], again["metrics"], "moved" in again) == ("the loss is nan", {}, False)


@pytest.mark.parametrize(
    ("name", "value", "numerics"),
    [
        ("convolutions", "products-1", Numerics("bf16", convolutions="products-1")),
        ("steps", "graph", Numerics("bf16", steps="graph")),
    ],
)
def test_numerics_that_came_later_are_kept_with_the_run(
    tmp_path: Path, name: str, value: str, numerics: Numerics
) -> None:
    ruled = TRAINED.replace('"deterministic": true', f'"deterministic": true,\n   "{name}": "{value}"')
    record = read(tmp_path, ruled)
    assert isinstance(record.spec, TrainedSpec)
    assert record.spec.numerics == numerics
    assert record.to_json() == ruled


def test_external_predictions_are_written_as_version_0_1_0_did() -> None:
    predictions = pd.DataFrame(
        {
            "case_id": ["internal/0", "internal/1", "bern/0"],
            "site": ["internal", "internal", "bern"],
            "label": ["a", "b", "a"],
            "predicted": ["a", "b", "b"],
        }
    )
    run = ExternalRun("net", "imported", "fastai", 0, 1, True, ("a", "b"), predictions)
    assert run.record({"predictions.csv": "cd" * 32}).to_json() == IMPORTED


def test_a_trained_run_has_typed_parts(tmp_path: Path) -> None:
    record = read(tmp_path, TRAINED)
    assert isinstance(record.spec, TrainedSpec)
    assert record.spec.recipe == Recipe(lr=1e-05, augmentation="light")
    assert record.spec.recipe.label() == record.spec.recipe_label
    assert record.spec.pixels == PixelSettings(64, windows=())
    assert record.spec.numerics == Numerics("bf16")
    assert record.spec.seeds == Seeds(2856660983579509615, 1224660700165068106, 3651844106232315226)
    assert record.spec.classes == ("a", "épidural")
    assert record.weights == Weights("ImageNet", "ab" * 32)
    assert (record.title, record.seconds, record.moved) == ("resnet34 seed 3 fold 1", 12.5, 1.234e-05)
    assert record.is_ranked
    assert record.folds_known


def test_external_predictions_have_no_settings(tmp_path: Path) -> None:
    record = read(tmp_path, IMPORTED)
    assert isinstance(record.spec, ExternalSpec)
    assert (record.spec.recipe_label, record.spec.probabilities, record.weights.source) == ("fastai", False, "imported")
    assert record.is_ranked


def test_what_older_runs_lack_has_the_value_that_it_had_then(tmp_path: Path) -> None:
    content = json.loads(TRAINED)
    del content["moved"], content["spec"]["tooling"]["deterministic"], content["spec"]["recipe"]["augmentation"]
    del content["spec"]["replicate"]
    record = read(tmp_path, json.dumps(content))
    assert isinstance(record.spec, TrainedSpec)
    assert record.spec.numerics.deterministic
    assert (record.spec.recipe.augmentation, record.spec.replicate, record.moved) == ("none", 0, None)
    imported = json.loads(IMPORTED)
    del imported["spec"]["folds_known"]
    assert read(tmp_path, json.dumps(imported)).folds_known


def test_what_newer_runs_have_beside_it_is_passed_over(tmp_path: Path) -> None:
    content = json.loads(TRAINED)
    assert read(tmp_path, json.dumps({**content, "later": 1})).to_json() == TRAINED


def test_repetitions_and_trials_are_not_ranked(tmp_path: Path) -> None:
    for changed in ({"replicate": 1}, {"role": "search"}, {"role": "nondeterminism"}):
        content = json.loads(TRAINED)
        content["spec"].update(changed)
        assert not read(tmp_path, json.dumps(content)).is_ranked


def without(key: str) -> str:
    content: dict[str, Any] = json.loads(TRAINED)
    del content[key]
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid JSON"),
        (TRAINED[:200], "Invalid JSON"),
        ("[]", "should be an object"),
        ("{}", "run_id: Field required"),
        (without("weights"), "weights: Field required"),
        (TRAINED.replace('"role": "main"', '"role": "other"'), "role"),
        (TRAINED.replace('"fold": 1', '"fold": "one"'), "fold: Input should be a valid integer"),
        (TRAINED.replace("bf16", "fp8"), "precision"),
        ("\0", "Invalid JSON"),
    ],
)
def test_damage_is_said_in_one_paragraph(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BenchError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"The stored run {tmp_path} is damaged (")
    assert message.endswith("Where this is said again, delete the folder first.")
    assert reason in message
    assert "\n" not in message
    assert "pydantic" not in message


def test_a_run_without_its_record_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"is damaged \(run.json is missing"):
        read_record(tmp_path)
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BenchError, match=r"is damaged"):
        read_record(tmp_path)
