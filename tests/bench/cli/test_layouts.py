"""Public layouts, a manifest, DICOM and NIfTI through `bench run` to a leaderboard, with one and with two other sites.

Every slice shows another real handwritten digit in Hounsfield units, so that no two are copies of each other.
"""

import json
import re
import stat
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from layouts import rsna_rows, write_bhsd, write_cq500, write_ct_ich, write_ct_ich_pictures, write_rsna
from numpy.typing import NDArray
from PIL import Image
from processes import SMALL, Bench
from scans import write_dicom, write_nifti
from sklearn.datasets import load_digits

NORMAL, EPIDURAL, SUBDURAL = "normal", "epidural", "subdural"
DIGIT = {NORMAL: 0, EPIDURAL: 1, SUBDURAL: 4}
BLEEDS = (EPIDURAL, SUBDURAL) * 4  # those of eight patients
SECRETS = ("HOSPITAL-4711", "Muster", "Eva")  # what write_dicom puts into headers
ONE_RUN = (*SMALL, "--epochs", "1", "--seeds", "1", "--weights", "random")


class Digits:
    """Hands out digits of each class, none twice; sites begin at different places of the set."""

    def __init__(self, first: int) -> None:
        data = load_digits()
        self._left = {label: iter(data.images[data.target == digit][first:]) for label, digit in DIGIT.items()}

    def grey(self, label: str, side: int = 32) -> NDArray[np.uint8]:
        image = Image.fromarray((next(self._left[label]) * 15.9).astype(np.uint8))
        return np.asarray(image.resize((side, side)))

    def hounsfield(self, label: str) -> NDArray[np.int16]:
        """From 0 to 80, the brain window."""
        return np.rint(self.grey(label) / 255 * 80).astype(np.int16)

    def stored(self, label: str) -> NDArray[np.uint16]:
        """As DICOM keeps them, with an intercept of −1024."""
        return (self.hounsfield(label) + 1024).astype(np.uint16)

    def volume(self, *labels: str) -> NDArray[np.int16]:
        return np.stack([self.hounsfield(label).T for label in labels], axis=-1)


@dataclass(frozen=True)
class Written:
    """Where a set lies, how many cases of each class it has, from how many patients, and what nobody may see."""

    path: Path
    cases: Counter[str]
    patients: int
    secrets: tuple[str, ...] = ()


# The sets: eight patients, one half with an epidural and one with a subdural bleed ----------------------------------


def rsna(root: Path, first: int) -> Written:
    """Two slices a patient, one of them normal; one more slice has two kinds, which single-only leaves out."""
    digits, images, rows = Digits(first), {}, [*rsna_rows("ID_0e15e1234", SUBDURAL)]  # not on this disk
    patients = [f"ID_{first:02x}face{number:02x}" for number in range(8)]
    for number, (patient, bleed) in enumerate(zip(patients, BLEEDS, strict=True)):
        for label in (NORMAL, bleed):
            name = f"ID_{first:04x}{number:04x}{int(label == bleed)}"
            images[name] = (patient, digits.stored(label))
            rows += rsna_rows(name, *([] if label == NORMAL else [label]))
    images["ID_0b07b0123"] = (patients[0], digits.stored(NORMAL))
    rows += rsna_rows("ID_0b07b0123", EPIDURAL, SUBDURAL)
    return Written(
        write_rsna(root, rows, images), Counter({NORMAL: 8, EPIDURAL: 4, SUBDURAL: 4}), 8, (*patients, *SECRETS)
    )


def cq500(root: Path, first: int) -> Written:
    """One slice in each of two plain series; twelve scans, and one with two kinds."""
    digits = Digits(first)
    label_of = dict(enumerate([NORMAL, EPIDURAL, SUBDURAL] * 4, start=first))
    seen = {NORMAL: [], EPIDURAL: ["ICH", "EDH"], SUBDURAL: ["ICH", "SDH"]}
    reads = {scan: [seen[label], seen[label], []] for scan, label in label_of.items()}
    reads[first + 12] = [["ICH", "EDH", "SDH"]] * 3
    write_cq500(root, reads, lambda scan, series, number: digits.stored(label_of.get(scan, NORMAL)), slices=1)
    secrets = tuple(f"CQ500-CT-{scan}" for scan in reads)
    return Written(root, Counter(dict.fromkeys(DIGIT, 4 * 2)), 12, (*secrets, *SECRETS))


def ct_ich_rows(first: int) -> list[tuple[int, int, str]]:
    """Three slices a patient, the second shows the bleed; patient 131 has no scan."""
    kinds = ["No_Hemorrhage", "", "No_Hemorrhage"]
    rows = [
        (first + patient, number, kind or bleed.capitalize())
        for patient, bleed in enumerate(BLEEDS)
        for number, kind in enumerate(kinds, start=1)
    ]
    return [*rows, (131, 1, "Subdural")]


CT_ICH = Counter({NORMAL: 16, EPIDURAL: 4, SUBDURAL: 4})


def ct_ich_volumes(root: Path, first: int) -> Written:
    digits = Digits(first)
    volumes = {first + patient: digits.volume(NORMAL, bleed, NORMAL) for patient, bleed in enumerate(BLEEDS)}
    return Written(write_ct_ich(root, ct_ich_rows(first), volumes), CT_ICH, 8)


def ct_ich_pictures(root: Path, first: int) -> Written:
    digits = Digits(first)
    pictures = {
        (first + patient, number): digits.grey(label, side=64)
        for patient, bleed in enumerate(BLEEDS)
        for number, label in enumerate((NORMAL, bleed, NORMAL), start=1)
    }
    masked = [(first + patient, 2) for patient in range(8)]
    return Written(write_ct_ich_pictures(root, ct_ich_rows(first), pictures, masked), CT_ICH, 8)


def bhsd_volumes(first: int, values: dict[str, int]) -> dict[str, tuple[NDArray[np.int16], NDArray[np.uint8]]]:
    """Three slices a volume, the last shows the bleed; the first two volumes of each kind are of one patient."""
    digits, volumes = Digits(first), {}
    for number, bleed in enumerate(BLEEDS):
        drawn = np.zeros((32, 32, 3), dtype=np.uint8)
        drawn[4:10, 4:10, 2] = values[bleed]
        patient = number % 2 if number < 4 else number
        volumes[f"ID_{first:02x}b5d{patient:03x}_ID_{number:010x}"] = (digits.volume(NORMAL, NORMAL, bleed), drawn)
    return volumes


def bhsd(root: Path, first: int) -> Written:
    volumes = bhsd_volumes(first, {EPIDURAL: 1, SUBDURAL: 5})
    write_bhsd(root / "label_192" / "images", root / "label_192" / "ground truths", volumes)
    return Written(root, CT_ICH, 6)


def bhsd_nnunet(root: Path, first: int) -> Written:
    volumes = bhsd_volumes(first, {EPIDURAL: 3, SUBDURAL: 2})
    write_bhsd(root / "imagesTr", root / "labelsTr", volumes, "_0000")
    labels = {"background": 0, "IPH": 1, "SDH": 2, "EDH": 3, "SAH": 4, "IVH": 5}
    (root / "dataset.json").write_text(json.dumps({"labels": labels, "file_ending": ".nii.gz"}))
    return Written(root, CT_ICH, 6)


def manifest(root: Path, first: int) -> Written:
    """PNGs in one folder; two images a patient."""
    digits, lines = Digits(first), ["file;diagnosis;patient;age"]
    root.mkdir()
    for number, label in enumerate([NORMAL, EPIDURAL, SUBDURAL] * 8):
        Image.fromarray(digits.grey(label)).save(root / f"{number}.png")
        lines.append(f"{number}.png;{label};p{first + number // 6 * 3 + number % 3};{40 + number}")
    (root / "list.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n")
    return Written(root / "list.csv", Counter(dict.fromkeys(DIGIT, 8)), 12)


MANIFEST_COLUMNS = ("--column", "path=file", "--column", "label=diagnosis", "--column", "group=patient")


def dicom(root: Path, first: int) -> Written:
    """A folder for each class; two slices a patient, in files with and without a suffix."""
    digits, secrets = Digits(first), []
    for label in DIGIT:
        for number in range(8):
            patient, name = (
                f"MRN{first:03d}{label[0].upper()}{number // 2}",
                f"Mustermann{first}^{label[:2].upper()}iva",
            )
            file = root / label / f"series-{number // 2}" / label / f"IM{number:04d}{'.dcm' * (number % 2)}"
            write_dicom(file, digits.stored(label), PatientID=patient, PatientName=name)
            secrets += [patient, name]
    return Written(root, Counter(dict.fromkeys(DIGIT, 8)), 12, (*secrets, "Mustermann"))


def nifti(root: Path, first: int) -> Written:
    """A folder for each class; three slices a volume, packed and not."""
    digits = Digits(first)
    for label in DIGIT:
        for number in range(4):
            write_nifti(root / label / f"{number}.nii{'.gz' * (number % 2)}", digits.volume(label, label, label))
    return Written(root, Counter(dict.fromkeys(DIGIT, 12)), 12)


# The runs ---------------------------------------------------------------------------------------------------------

Writer = Callable[[Path, int], Written]


@dataclass(frozen=True)
class Plan:
    """What is cross-validated and what else is predicted: writers and readers, and more options."""

    inside: tuple[Writer, str]
    outside: dict[str, tuple[Writer, str]]
    options: tuple[str, ...] = ()


PLANS = {
    "rsna-2019": Plan((rsna, "rsna-2019"), {"bern": (cq500, "cq500")}),
    "cq500": Plan((cq500, "cq500"), {"bern": (ct_ich_volumes, "ct-ich")}),
    "ct-ich 1.3.1": Plan((ct_ich_volumes, "ct-ich"), {"bern": (bhsd, "bhsd")}),
    "ct-ich 1.0.0": Plan((ct_ich_pictures, "ct-ich"), {"bern": (rsna, "rsna-2019")}),
    "bhsd": Plan((bhsd, "bhsd"), {"bern": (ct_ich_pictures, "ct-ich")}),
    "bhsd as nnU-Net": Plan((bhsd_nnunet, "bhsd"), {"bern": (dicom, "tree")}),
    "dicom": Plan((dicom, "auto"), {"bern": (manifest, "auto")}, MANIFEST_COLUMNS),
    "nifti": Plan((nifti, "tree"), {"bern": (bhsd_nnunet, "bhsd")}),
    "manifest": Plan((manifest, "manifest"), {"bern": (dicom, "tree"), "lyon": (cq500, "cq500")}, MANIFEST_COLUMNS),
}


@dataclass(frozen=True)
class Finished:
    """A run that has ended, and the sets that went into it, the internal one first."""

    process: "subprocess.CompletedProcess[str]"
    results: Path
    sites: dict[str, Written]

    def leaderboard(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.results / "leaderboard.json").read_text())
        return content


@pytest.fixture(scope="module")
def runs(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[Finished]"]]:
    """All runs, two at a time."""
    root = tmp_path_factory.mktemp("layouts")

    def run(name: str, plan: Plan) -> Finished:
        folder = root / name.replace(" ", "-")
        folder.mkdir()
        write, reader = plan.inside
        sites = {"internal": write(folder / "internal", 1)}
        options = ["--internal", sites["internal"].path, "--reader", reader]
        for number, (site, (write, reader)) in enumerate(plan.outside.items(), start=1):
            sites[site] = write(folder / site, 1 + 45 * number)
            options += ["--external", f"{site}={sites[site].path}", "--reader", f"{site}={reader}"]
        done = bench("run", *options, *plan.options, *ONE_RUN, "--results", folder / "results")
        return Finished(done, folder / "results", sites)

    with ThreadPoolExecutor(2) as threads:
        yield {name: threads.submit(run, name, plan) for name, plan in PLANS.items()}


@pytest.fixture(params=list(PLANS))
def finished_run(request: pytest.FixtureRequest, runs: dict[str, "Future[Finished]"]) -> Finished:
    finished = runs[request.param].result()
    assert finished.process.returncode == 0, finished.process.stderr
    return finished


def test_it_runs_to_a_leaderboard(finished_run: Finished) -> None:
    board = finished_run.leaderboard()
    assert board["classes"] == sorted(DIGIT)
    (row,) = board["rows"]
    outside = list(finished_run.sites)[1:]
    assert (row["backbone"], row["seeds"], row["folds"], row["runs"]) == ("test_resnet", 1, 2, 2)
    assert row["stamps"] == []
    assert list(row["external"]) == list(row["gap"]) == outside
    for side in (row["internal"], *row["external"].values()):
        assert 0 <= side["accuracy"]["value"] <= 1
    for site in outside:
        gap = row["internal"]["accuracy"]["value"] - row["external"][site]["accuracy"]["value"]
        assert row["gap"][site]["accuracy"]["value"] == pytest.approx(gap, abs=1e-12)
    assert row["clusters"] == {
        site: {"cases": one.cases.total(), "clusters": one.patients} for site, one in finished_run.sites.items()
    }
    said = finished_run.process.stdout
    overview = said[said.index("Research use only") :].splitlines()
    assert len(overview) <= 40
    assert (
        f"All else: {finished_run.results / 'leaderboard.md'}, {finished_run.results / 'leaderboard.json'}" in overview
    )


def test_every_case_has_the_label_and_patient_of_its_set(finished_run: Finished) -> None:
    cases = pd.read_parquet(finished_run.results / "cases.parquet")
    assert list(cases["site"].unique()) == list(finished_run.sites)
    for site, written in finished_run.sites.items():
        of_site = cases[cases["site"] == site]
        assert Counter(of_site["label"]) == written.cases
        assert of_site["group"].notna().all()
        assert of_site["group"].nunique() == written.patients
    folds = pd.read_parquet(finished_run.results / "folds.parquet").merge(cases, on="case_id")
    assert set(folds["fold"]) == {0, 1}
    assert len(folds) == finished_run.sites["internal"].cases.total()
    assert folds.groupby("group")["fold"].nunique().eq(1).all()
    predicted = pd.concat(map(pd.read_parquet, finished_run.results.glob("runs/*/predictions.parquet")))
    times = predicted.groupby("case_id").size()
    assert set(times.index) == set(cases["case_id"])
    assert times[cases.loc[cases["site"] == "internal", "case_id"]].eq(1).all()
    assert times[cases.loc[cases["site"] != "internal", "case_id"]].eq(2).all()  # by the models of both folds


def test_no_patient_is_named_anywhere(finished_run: Finished) -> None:
    secrets = [secret for written in finished_run.sites.values() for secret in written.secrets]
    said = finished_run.process.stdout + finished_run.process.stderr
    files = [path for path in finished_run.results.rglob("*") if path.is_file()]
    assert len(files) >= 10
    for content in (said.encode(), *(path.read_bytes() for path in files)):
        assert [secret for secret in secrets if secret.encode() in content] == []
    salt = finished_run.results / ".salt"
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600
    assert len(salt.read_bytes()) == 32


def headers(text: str) -> list[list[str]]:
    """The header of every table."""
    tables = re.findall(r"^\|(.+)\|\n\|[-|]+\|$", text, flags=re.MULTILINE)
    return [[cell.strip() for cell in header.split("|")] for header in tables]


def test_each_of_two_sites_has_its_own_columns_in_every_table(runs: dict[str, "Future[Finished]"]) -> None:
    finished = runs["manifest"].result()
    text = (finished.results / "leaderboard.md").read_text()
    overview, bern, lyon, was_run, gap_bern, split_bern, gap_lyon, split_lyon, classes, *pairs = headers(text)
    assert "Internal macro F1" in overview
    for site, table in (("bern", bern), ("lyon", lyon)):
        assert table == ["Backbone", f"{site} accuracy", f"{site} macro F1", "Gap accuracy", "Gap macro F1"]
        assert f"External site {site}, and the gap (internal minus {site}):" in text
        assert f"### Generalization gap, {site}" in text
    assert was_run[-1] == "Cases (clusters)"
    assert gap_bern == gap_lyon == ["Metric", "Internal", "External", "Gap"]
    assert split_bern == split_lyon == ["Metric", "Appearance shift", "Prevalence shift"]
    by_site = ["Internal", "bern", "Gap bern", "lyon", "Gap lyon"]
    assert classes == ["Class", *by_site]
    assert pairs == [["Share of both classes' cases", *by_site]]
    (row,) = finished.leaderboard()["rows"]
    for cells in (*row["per_class"].values(), *row["confusion_pairs"]):
        assert list(cells["external"]) == list(cells["gap"]) == ["bern", "lyon"]
