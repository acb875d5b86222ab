"""Groups as what is ranked: from a results folder to its leaderboard, tables, page and what `bench report` prints."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

import bench
from bench.cache import Caches
from bench.cli.report_command import report
from bench.config.experiment import Experiment
from bench.config.toml import read_experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.engine.groups import grouping_of
from bench.errors import RequestError
from bench.features import features_of
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, Weights
from bench.report.compiled import compile_results
from bench.report.entries import OF_GROUPS, read_stored
from bench.report.leaderboard import stored_leaderboard
from bench.report.page import page_of
from bench.report.worklist import FoundLabels, find_labels
from bench.store.folder import ResultsFolder

PATIENTS, SLICES = 40, 4
P = ["p_a", "p_b"]


def case(number: int, site: str, label: str, group: str | None) -> Case:
    digest = f"{number + 10_000 * (site != 'internal'):064x}"
    return Case(f"{site}/{number:04d}", f"/{site}/{number}", label, group, site, digest, 8, 8)


def slices(*, mixed: bool = False) -> list[Case]:
    """Four slices of each patient at two sites; mixed: every second slice of a patient with b shows nothing but a."""
    found = []
    for site, patients in (("internal", PATIENTS), ("bern", PATIENTS // 2)):
        for number in range(patients * SLICES):
            patient = number // SLICES
            label = "ab"[patient % 2]
            found.append(case(number, site, "a" if mixed and number % 2 else label, f"{site} {patient}"))
    return found


def store(root: Path, cases: list[Case], **options: object) -> ResultsFolder:
    """Two backbones of which the second is right more often, three seeds, two folds."""
    folder, seeds = ResultsFolder(root), [0, 1, 2]
    internal = [one for one in cases if one.site == "internal"]
    folds = FoldTable({seed: draw_folds(internal, seed, folds=2) for seed in seeds})
    experiment = Experiment(internal="/i", external={"bern": "/b"}, class_order=["a", "b"], folds=2, **options)
    with folder.locked():
        folder.write_cases(cases)
        folder.write_folds(folds)
        folder.write_experiment(experiment)
        for name, right in (("resnet18", 0.6), ("resnet34", 0.85)):
            planned = PlannedBackbone(name, Weights("random", ""), Numerics("fp32"))
            specs = plan_runs(cases, folds, ("a", "b"), [planned], seeds, Recipe(), PixelSettings(32))
            for number, spec in enumerate(specs):
                rng = np.random.default_rng([number, len(name), int(100 * right)])
                truth = np.array(["ab".index(sample.label) for sample in spec.predicted])
                column = np.where(rng.random(len(truth)) < right, truth, 1 - truth)
                sure = rng.uniform(0.5, 1, len(truth)).astype(np.float32)
                probabilities = np.where(np.eye(2, dtype=bool)[column], sure[:, None], 1 - sure[:, None])
                folder.runs.write(spec, RunResult("done", probabilities, timings={"total": 1.0}), 5)
    return folder


def pooled_by_pandas(folder: ResultsFolder, backbone: str, how: str, label: str = "first") -> pd.DataFrame:
    """One row a seed, fold, site and patient, from the stored files alone."""
    parts = []
    for run in sorted((folder.root / "runs").iterdir()):
        spec = json.loads((run / "run.json").read_text())["spec"]
        if spec["backbone"] == backbone:
            parts.append(pd.read_parquet(run / "predictions.parquet").assign(seed=spec["seed"], fold=spec["fold"]))
    groups = pd.read_parquet(folder.root / "cases.parquet")[["case_id", "group"]]
    frame = pd.concat(parts).astype({"case_id": str, "label": str, "site": str}).merge(groups, on="case_id")
    of = frame.groupby(["seed", "fold", "site", "group"])
    pooled = of[P].agg(how).astype(float)
    return pooled.assign(label=of["label"].agg(label), predicted=pooled.idxmax(axis=1).str[2:]).reset_index()


def test_the_stored_leaderboard_ranks_groups_and_keeps_the_cases_beside(tmp_path: Path) -> None:
    folder = store(tmp_path, slices(), level="group")
    compiled = compile_results(folder)
    content = json.loads((tmp_path / "leaderboard.json").read_text())
    plain = json.loads(compile_results(store(tmp_path / "cases", slices())).json)
    assert [row["rank"] for row in content["groups"]["rows"]] == [1, 2]
    assert [row["rank"] for row in content["rows"]] == [None, None]
    assert set(content) == {*plain, "groups"}
    assert {*plain} - {"cases", "cases_without_patient", "made_from", "overview"} | {"pool", "label_order"} == set(
        content["groups"]
    )
    for row, other in zip(content["rows"], plain["rows"], strict=True):
        assert {**row, "rank": other["rank"], "ties": other["ties"]} == other
    for row in content["groups"]["rows"]:
        assert row["clusters"] == {
            "internal": {"cases": PATIENTS, "clusters": PATIENTS},
            "bern": {"cases": PATIENTS // 2, "clusters": PATIENTS // 2},
        }
        pooled = pooled_by_pandas(folder, row["backbone"], "mean")
        inside = [of for _, of in pooled[pooled["site"] == "internal"].groupby("seed")]
        assert row["internal"]["accuracy"]["value"] == pytest.approx(
            np.mean([accuracy_score(of["label"], of["predicted"]) for of in inside])
        )
        assert row["internal"]["macro_f1"]["value"] == pytest.approx(
            np.mean([f1_score(of["label"], of["predicted"], average="macro") for of in inside])
        )
    text = compiled.text
    assert text.index("## Leaderboard (groups)") < text.index("## Groups and cases side by side")
    assert text.index("## Groups and cases side by side") < text.index("## Leaderboard (cases)")
    assert "- Groups: 240 cases of 60 groups; probabilities are the mean over a group's cases;" in text
    assert "Cases are not ranked here" in text


def test_level_and_pooling_are_part_of_what_a_leaderboard_was_made_from(tmp_path: Path) -> None:
    folder = store(tmp_path, slices())
    compile_results(folder)
    assert stored_leaderboard(folder) is not None
    runs = sorted(folder.runs.complete())
    for options in ({"level": "group"}, {"level": "group", "pool": "max"}, {"level": "case"}):
        experiment = folder.experiment()
        assert experiment is not None
        with folder.locked():
            folder.write_experiment(experiment.model_copy(update=options))
        assert stored_leaderboard(folder) is None
        compile_results(folder)
        assert stored_leaderboard(folder) is not None
    assert sorted(folder.runs.complete()) == runs
    again = read_experiment(tmp_path / "experiment.toml")
    assert (again.level, again.pool) == ("case", "max")


def test_an_experiment_stored_before_there_were_levels_ranks_cases(tmp_path: Path) -> None:
    folder = store(tmp_path, slices())
    file = tmp_path / "experiment.toml"
    lines = [line for line in file.read_text().splitlines() if not re.match(r"(level|pool|label_order)\b", line)]
    file.write_text("\n".join(lines) + "\n")
    experiment = folder.experiment()
    assert experiment is not None
    assert grouping_of(experiment) is None


def test_patients_whose_slices_disagree_need_an_order(tmp_path: Path) -> None:
    folder = store(tmp_path, slices(mixed=True), level="group")
    with pytest.raises(RequestError, match=r"\(--level group\): 30 group\(s\) have cases of several classes.*27 more"):
        compile_results(folder)
    experiment = folder.experiment()
    assert experiment is not None
    with folder.locked():
        folder.write_experiment(experiment.model_copy(update={"label_order": ["b", "a"], "pool": "topk:0.25"}))
    compiled = compile_results(folder)
    assert compiled.groups is not None
    highest = pooled_by_pandas(folder, "resnet34", "max", "max")  # a quarter of four slices is one, the highest
    inside = [of for _, of in highest[highest["site"] == "internal"].groupby("seed")]
    (row,) = [row for row in compiled.groups.leaderboard.rows if row.name == "resnet34"]
    assert row.cells.internal["accuracy"].value == pytest.approx(
        np.mean([accuracy_score(of["label"], of["predicted"]) for of in inside])
    )
    assert "30 have cases of several classes and are labelled by the first of b, a" in compiled.text


def test_frames_in_python_are_of_either_level(tmp_path: Path) -> None:
    folder = store(tmp_path, slices(), level="group")
    compile_results(folder)
    content = json.loads((tmp_path / "leaderboard.json").read_text())
    results = bench.Results(tmp_path)
    for level, there in (("case", content), ("group", content["groups"])):
        frame = results.leaderboard(level)
        inside = frame[(frame["site"] == "internal") & (frame["metric"] == "accuracy")].set_index("backbone")["value"]
        assert inside.to_dict() == {row["name"]: row["internal"]["accuracy"]["value"] for row in there["rows"]}
        assert len(results.comparisons(level)) == len(there["comparisons"])
    with folder.locked():
        folder.write_experiment(read_experiment(tmp_path / "experiment.toml").model_copy(update={"level": "case"}))
    with pytest.raises(RequestError, match=r"ranks cases\. Give the bench run command again with --level group"):
        bench.Results(tmp_path).gap("group")


def test_what_is_predicted_for_groups_says_nothing_of_the_labels_of_cases(tmp_path: Path) -> None:
    stored = read_stored(store(tmp_path, slices()))
    assert stored is not None
    usable = {entry.key for entry in stored.entries}
    assert find_labels(stored.entries, stored.cases, ("a", "b"), usable).judged == PATIENTS * SLICES
    of_groups = [replace(entry, caveats=(OF_GROUPS,)) for entry in stored.entries]
    assert find_labels(of_groups, stored.cases, ("a", "b"), usable) == FoundLabels(None, (), 0, ())


def test_a_folder_without_groups_says_so(tmp_path: Path) -> None:
    folder = store(tmp_path, [replace(one, group=None) for one in slices()])
    with pytest.raises(RequestError, match=r"Groups cannot be ranked or trained on .*no case has a group"):
        report(tmp_path, level="group")
    compile_results(folder)


def test_bench_report_prints_another_level_and_stores_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store(tmp_path, slices())
    compile_results(folder)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    report(tmp_path, level="group", pool="max")
    short = capsys.readouterr().out
    assert "of 100 groups" in short
    assert len(short.splitlines()) <= 40
    report(tmp_path, level="group", pool="max", full=True)
    printed = capsys.readouterr().out
    assert "## Leaderboard (groups)" in printed
    assert "each class's highest over a group's cases, divided by their sum" in printed
    report(tmp_path, "json", level="group")
    assert json.loads(capsys.readouterr().out)["groups"]["pool"] == "mean"
    report(tmp_path, metric=["accuracy"], level="group")
    assert "## Internal, external and gap (groups)" in capsys.readouterr().out
    report(tmp_path, baseline="resnet18", level="group")
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.startswith("## Differences")] == [
        "## Differences from resnet18 (groups)",
        "## Differences from resnet18 (cases)",
    ]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    report(tmp_path, "md", level="case")
    assert capsys.readouterr().out == (tmp_path / "leaderboard.md").read_text()


def test_tables_of_both_levels_become_files_and_go_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = store(tmp_path, slices())
    compile_results(folder)
    report(tmp_path, "csv", level="group")
    assert capsys.readouterr().out == (tmp_path / "tables/group_leaderboard.csv").read_text()
    levels = pd.read_csv(tmp_path / "tables/levels.csv", float_precision="round_trip")
    content = {row["name"]: row for row in json.loads((tmp_path / "leaderboard.json").read_text())["rows"]}
    for _, line in levels.iterrows():
        assert line["cases_internal_value"] == content[line["backbone"]]["internal"][line["metric"]]["value"]
    assert set(pd.read_csv(tmp_path / "tables/leaderboard.csv")["rank"].isna()) == {True}
    report(tmp_path, "csv")
    assert not (tmp_path / "tables/levels.csv").exists()
    assert not list(tmp_path.glob("tables/group_*"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pool": "max"}, "--pool say how cases become groups. Add --level group."),
        ({"level": "patient"}, r"--level must be 'case' or 'group', not 'patient'"),
        ({"level": "group", "pool": "median"}, r"--pool: must be mean, max, or topk"),
        ({"level": "group", "pool": "attention"}, "give --recipe attention-probe instead"),
        ({"level": "group", "label_order": "c"}, "label_order names 'c', which is none of the classes a, b"),
        ({"level": "group", "show": True}, "another level, which bench run sets"),
    ],
)
def test_what_bench_report_refuses(tmp_path: Path, given: dict[str, object], said: str) -> None:
    store(tmp_path, slices())
    with pytest.raises(RequestError, match=said):
        report(tmp_path, **given)


def test_the_page_answers_for_groups_and_shows_cases_beside(tmp_path: Path, caches: Caches) -> None:
    folder = store(tmp_path, slices(), level="group")
    page = page_of(folder, compile_results(folder), features_of(folder.root), caches)
    assert "macro F1 on internal groups" in page.lead[0]
    assert [section.identity for section in page.sections][:2] == ["leaderboard", "levels"]
    (confusion,) = [section.parts[0] for section in page.sections if section.identity == "confusion"]
    sides = confusion.of_backbone["resnet34"]
    assert [int(side.mean.sum()) for side in sides] == [PATIENTS, PATIENTS // 2]
    (data,) = [section for section in page.sections if section.identity == "data"]
    assert data.parts[0].notes[0].startswith(f"internal: {PATIENTS * SLICES} cases of {PATIENTS} patients")


def test_subgroups_are_of_groups_and_of_cases(tmp_path: Path) -> None:
    cases = slices()
    folder = store(tmp_path / "results", cases, level="group", subgroups=["sex"])
    inside = [one for one in cases if one.site == "internal"]
    sexes = ["FM"[number // SLICES // 2 % 2] for number in range(len(inside))]
    sexes[0] = "M"  # a patient whose slices do not agree is of neither
    table = pd.DataFrame({"case_id": [one.case_id for one in inside], "sex": sexes}).astype("string")
    with folder.locked():
        folder.write_subgroups(table)
        compiled = compile_results(folder)
        assert compiled.groups is not None
        of_groups = compiled.groups.leaderboard.subgroups["resnet34"]["sex"]
        of_cases = compiled.leaderboard.subgroups["resnet34"]["sex"]
        assert (of_groups.counts, of_groups.without) == ({"F": (19, 19), "M": (20, 20)}, 1)
        assert (of_cases.counts, of_cases.without) == ({"F": (79, 20), "M": (81, 21)}, 0)
        content = json.loads(compiled.json)
        assert content["groups"]["subgroups"]["resnet34"]["sex"]["cases"] == {"F": 19, "M": 20}
        assert stored_leaderboard(folder) == compiled.text
        folder.write_subgroups(table.assign(sex=table["sex"].replace("F", "W")))
        assert stored_leaderboard(folder) is None
        assert [*compile_results(folder).leaderboard.subgroups["resnet34"]["sex"].counts] == ["M", "W"]
        folder.write_subgroups(None)
        alone = compile_results(folder)
        assert alone.leaderboard.subgroups == {}
        assert any("subgroup(s) sex nothing is stored" in note for note in alone.leaderboard.notes)
