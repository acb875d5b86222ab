"""Groups as what is ranked where each site was held out whole: their values at each hospital, counted by pandas."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.errors import RequestError
from bench.folds.sites import site_folds
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, Weights
from bench.report.compiled import compile_results
from bench.store.folder import ResultsFolder
from reports.tables.level_tables import build_level_tables

PATIENTS = {"internal": 40, "bern": 30, "chur": 24, "zug": 36}
P = ["p_a", "p_b"]


def slices() -> list[Case]:
    """One to four slices of each patient; zug's first three patients are not known, so each slice is alone."""
    found = list[Case]()
    for site, patients in PATIENTS.items():
        for patient in range(patients):
            for number in range(1 + (patient // 2) % 4):
                group = None if site == "zug" and patient < 3 else f"{site} {patient}"
                name, digest = f"{site}/{patient:02d}-{number}", f"{len(found):064x}"
                found.append(Case(name, f"/{name}", "ab"[patient % 2], group, site, digest, 8, 8))
    return found


def store(root: Path, cases: list[Case], pool: str) -> ResultsFolder:
    folder, seeds = ResultsFolder(root), [0, 1, 2]
    folds = site_folds(cases, seeds)
    experiment = Experiment(data="/d", class_order=["a", "b"], folds="sites", seeds=seeds, level="group", pool=pool)
    with folder.locked():
        folder.write_cases(cases)
        folder.write_folds(folds)
        folder.write_experiment(experiment)
        for name, right in (("resnet18", 0.6), ("resnet34", 0.8)):
            planned = PlannedBackbone(name, Weights("random", ""), Numerics("fp32"))
            for spec in plan_runs(cases, folds, ("a", "b"), [planned], seeds, Recipe(), PixelSettings(32)):
                rng = np.random.default_rng([spec.seed, spec.fold, int(100 * right)])
                truth = np.array(["ab".index(sample.label) for sample in spec.predicted])
                column = np.where(rng.random(len(truth)) < right, truth, 1 - truth)
                sure = rng.uniform(0.5, 1, len(truth)).astype(np.float32)
                probabilities = np.where(np.eye(2, dtype=bool)[column], sure[:, None], 1 - sure[:, None])
                folder.runs.write(spec, RunResult("done", probabilities, timings={"total": 1.0}), 5)
    return folder


def by_pandas(root: Path, backbone: str, how: str) -> pd.DataFrame:
    """One row a seed, hospital and patient, from the stored files alone."""
    parts = []
    for run in sorted((root / "runs").iterdir()):
        spec = json.loads((run / "run.json").read_text())["spec"]
        if spec["backbone"] == backbone:
            parts.append(pd.read_parquet(run / "predictions.parquet").assign(seed=spec["seed"]))
    groups = pd.read_parquet(root / "cases.parquet")[["case_id", "group"]]
    frame = pd.concat(parts).astype({"case_id": str, "label": str, "site": str}).merge(groups, on="case_id")
    frame["group"] = frame["group"].fillna(frame["case_id"])
    of = frame.groupby(["seed", "site", "group"])
    pooled = of[P].agg(how).astype(float)
    return pooled.assign(label=of["label"].first(), predicted=pooled.idxmax(axis=1).str[2:]).reset_index()


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_each_hospital_has_the_values_of_its_patients(tmp_path: Path, pool: str) -> None:
    compiled = compile_results(store(tmp_path, slices(), pool))
    content = json.loads((tmp_path / "leaderboard.json").read_text())
    for backbone in ("resnet18", "resnet34"):
        pooled, found = by_pandas(tmp_path, backbone, pool), content["groups"]["hospitals"][backbone]
        for site, of_site in pooled.groupby("site"):
            seeds = [one for _, one in of_site.groupby("seed")]
            assert len(seeds[0]) == PATIENTS[str(site)] + (1 if site == "zug" else 0)  # 1, 1 and 2 slices alone
            right = [accuracy_score(one["label"], one["predicted"]) for one in seeds]
            macro = [f1_score(one["label"], one["predicted"], average="macro") for one in seeds]
            assert found["accuracy"]["sites"][site]["value"] == pytest.approx(np.mean(right), abs=1e-12)
            assert found["macro_f1"]["sites"][site]["value"] == pytest.approx(np.mean(macro), abs=1e-12)
            of_cases = content["hospitals"][backbone]["accuracy"]["sites"][site]["value"]
            assert of_cases != found["accuracy"]["sites"][site]["value"]
        overall = [accuracy_score(one["label"], one["predicted"]) for _, one in pooled.groupby("seed")]
        (row,) = [row for row in content["groups"]["rows"] if row["name"] == backbone]
        assert row["internal"]["accuracy"]["value"] == pytest.approx(np.mean(overall), abs=1e-12)
        assert found["accuracy"]["left_out"] == {}
        assert found["accuracy"]["next"]["low"] < found["accuracy"]["mean"]["value"] < found["accuracy"]["next"]["high"]
    assert compiled.groups is not None
    tables = {table.name: table for table in build_level_tables(compiled.groups.leaderboard, compiled.leaderboard)}
    names = [column.name for column in tables["group_hospitals"].columns]
    at = [dict(zip(names, line, strict=True)) for line in tables["group_hospitals"].rows]
    counted = {**PATIENTS, "zug": PATIENTS["zug"] + 1}
    assert {line["site"]: (line["cases"], line["clusters"]) for line in at} == {k: (n, n) for k, n in counted.items()}
    assert "## Hospitals (groups)" in compiled.text
    assert "## Hospitals (cases)" in compiled.text


def test_a_patient_of_two_hospitals_is_refused_by_their_names(tmp_path: Path) -> None:
    cases = slices()
    shared = [replace(case, group="chur 5") if case.group == "bern 5" else case for case in cases]
    with pytest.raises(RequestError, match=r"1 group\(s\) have cases at several sites: chur 5 \(bern, chur\)"):
        compile_results(store(tmp_path, shared, "mean"))
