"""Attributes of patients in a results folder: none but the asked ones, and what reports make of them."""

import json
from pathlib import Path

import pandas as pd
import pytest
from processes import SMALL, Bench, words

OPTIONS = [*SMALL, "--seeds", "2", "--epochs", "1", "--weights", "random", "--allow-outside"]
SEXES, VENDORS = ("womanly", "gentleman"), ("Acme", "Bolt")
NAMED, OLD, BORN = "Muster^Eva", "117.03125", "1938-02-17"


@pytest.fixture(scope="module")
def manifest(digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = sorted(digit_data.glob("internal/*/*.png"))
    table = pd.DataFrame({"path": list(map(str, files)), "label": [file.parent.name for file in files]})
    number = pd.Series(range(len(files)))
    table["sex"], table["vendor"] = number.map(lambda n: SEXES[n % 2]), number.map(lambda n: VENDORS[n // 2 % 2])
    table["PatientName"], table["PatientBirthDate"], table["age"] = (
        NAMED,
        BORN,
        number.map(lambda n: ["31", OLD][n % 2]),
    )
    file = tmp_path_factory.mktemp("manifest") / "list.csv"
    table.to_csv(file, index=False)
    return file


def test_nothing_of_patients_is_kept_unasked_and_then_only_what_is_asked(
    bench: Bench, manifest: Path, tmp_path: Path
) -> None:
    results, cache = tmp_path / "results", tmp_path / "cache"
    run = ["run", "--internal", manifest, *OPTIONS, "--results", results]

    def done(*command: str | Path, code: int = 0) -> str:
        found = bench(*command, GAPBENCH_CACHE=str(cache))
        assert found.returncode == code, found.stderr
        return found.stdout + found.stderr

    done(*run)
    done("report", results)
    for text in (words(results), words(cache)):
        assert not [secret for secret in (*SEXES, *VENDORS, NAMED, OLD, BORN, "PatientName") if secret in text]
    assert "subgroups" not in json.loads((results / "leaderboard.json").read_text())
    said = done("report", results, "--subgroups", "sex", code=2)
    assert "Of the subgroup(s) sex nothing is stored: bench run with --subgroups" in " ".join(said.split())

    said = done(*run, "--subgroups", "sex")
    assert "All 4 runs are stored; nothing to train." in said
    assert [*pd.read_parquet(results / "cases_subgroups.parquet").columns] == ["case_id", "sex"]
    done("report", results)
    assert SEXES[0] in (results / "leaderboard.md").read_text()
    assert {"subgroups-1-macro-f1.svg", "subgroups-1-accuracy.svg"} <= {one.name for one in results.glob("figures/*")}
    assert 'id="subgroups"' in (results / "report.html").read_text()
    done("report", results, "--format", "tables")
    table = pd.read_csv(results / "tables" / "subgroups.csv")
    assert {*table["level"]} == {*SEXES}
    assert (results / "tables" / "subgroup_tests.json").is_file()
    content = json.loads((results / "leaderboard.json").read_text())
    assert {*content["subgroups"]["test_resnet"]["sex"]["cases"]} == {*SEXES}
    for text in (words(results), words(cache)):
        assert not [secret for secret in (*VENDORS, NAMED, OLD, BORN, "PatientName") if secret in text]
    assert SEXES[0] not in words(cache)

    said = " ".join(done("report", results, "--subgroups", "sex,age:60", code=2).split())
    assert "Of the subgroup(s) age:60 nothing is stored" in said
    assert said.endswith("Stored: sex.")
    done(*run)
    assert not (results / "cases_subgroups.parquet").exists()
    done("report", results, "--format", "tables")
    done("report", results)
    assert SEXES[0] not in words(results)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("PatientName", "'PatientName' names cases or people, and is never kept"),
        ("PatientBirthDate", "is never kept"),
        ("age", "say where its bands begin, such as age:40:65"),
        ("ward", "is missing: no case has a column ward; manifests have"),
        ("age:5", "is ≥5 for every case that has it: there is nothing to compare"),
        ("sex,sex:1", "sex is asked for twice"),
    ],
)
def test_what_is_no_subgroup_is_refused_before_training(
    bench: Bench, manifest: Path, tmp_path: Path, asked: str, why: str
) -> None:
    results = tmp_path / "results"
    done = bench("run", "--internal", manifest, *OPTIONS, "--results", results, "--subgroups", asked)
    assert done.returncode == 2
    assert why in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert NAMED not in done.stderr
    assert not (results / "runs").exists()
