"""The leakage check of `bench run`, as a user meets it: seeded leaks stop it, a clean set does not."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from processes import SMALL, Bench
from scans import write_dicom
from skimage.data import camera
from trees import write_digit_tree

ONE_RUN = (*SMALL, "--epochs", "1", "--seeds", "1", "--weights", "random")
STAMP = "leak from training into evaluation"
LEFT_RIGHT = Image.Transpose.FLIP_LEFT_RIGHT


def photograph() -> Image.Image:
    return Image.fromarray(camera())  # 512 × 512, grey


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """internal/ and external/ of real digits, no two alike; internal/1 holds a photograph as well."""
    write_digit_tree(tmp_path / "data" / "internal", [0, 1], 8)
    write_digit_tree(tmp_path / "data" / "external", [0, 1], 6, first=100)
    photograph().save(tmp_path / "data" / "internal" / "1" / "photo.png")
    return tmp_path / "data"


def same_file(folder: Path) -> Path:
    (folder / "copied.png").write_bytes((folder.parents[1] / "internal/1/photo.png").read_bytes())
    return folder / "copied.png"


def saved_again(folder: Path) -> Path:
    photograph().save(folder / "again.jpg", quality=80)
    return folder / "again.jpg"


def flipped_and_resized(folder: Path) -> Path:
    photograph().transpose(LEFT_RIGHT).resize((200, 200)).save(folder / "mirrored.png")
    return folder / "mirrored.png"


@pytest.mark.parametrize(
    ("copied", "what", "options"),
    [
        (same_file, ": identical;", ["--group-duplicates"]),  # grouping moves no case to the other site
        (saved_again, ": near duplicate, ", []),
        (flipped_and_resized, ", mirrored;", []),
    ],
)
def test_a_copy_at_the_other_site_stops_the_run(
    bench: Bench, data: Path, tmp_path: Path, copied: Callable[[Path], Path], what: str, options: list[str]
) -> None:
    name = copied(data / "external" / "0").name
    done = bench("run", "--data", data, *ONE_RUN, *options, "--results", tmp_path / "r")
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("  internal/")]
    assert line.startswith(f"  internal/1/photo.png and external/0/{name}: ")
    assert what in line
    assert line.endswith("; internal and external")
    for way_out in ("bench data clean", "column group", "--group-duplicates", "--allow-leaks"):
        assert way_out in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "r").exists()


def test_a_copy_is_cleaned_away_by_the_commands_of_the_message(bench: Bench, data: Path, tmp_path: Path) -> None:
    copied = saved_again(data / "external" / "1")
    content = copied.read_bytes()
    inside, outside = data / "internal", data / "external"
    command = ["run", "--internal", inside, "--external", f"bern={outside}", *ONE_RUN, "--results", tmp_path / "r"]
    stopped = bench(*command)
    assert stopped.returncode == 2, stopped.stdout + stopped.stderr
    assert not (tmp_path / "r").exists()
    advice = [shlex.split(line) for line in stopped.stderr.splitlines() if line.startswith("  bench data ")]
    assert [words[2] for words in advice] == ["audit", "clean"]
    audit = str(tmp_path / "audit")
    for words in advice:
        given = [audit + word.removeprefix("audit") if word.startswith("audit") else word for word in words[3:]]
        done = bench("data", words[2], *given)
        assert done.returncode == 0, done.stderr
    assert not copied.exists()
    (kept,) = tmp_path.rglob(copied.name)
    assert kept.read_bytes() == content
    again = bench(*command)
    assert again.returncode == 0, again.stderr
    cases = pd.read_parquet(tmp_path / "r" / "cases.parquet")
    assert cases["site"].value_counts().to_dict() == {"internal": 17, "bern": 12}
    assert not (tmp_path / "r" / "tables" / "leaks.csv").exists()


class TestCopiesInside:
    """Class 1 has six images, four of them of one photograph: two folds of three cannot but split these."""

    NAMES = ("photo.png", "copied.png", "again.jpg", "mirrored.png")

    @pytest.fixture
    def inside(self, tmp_path: Path) -> Path:
        root = write_digit_tree(tmp_path / "set", [0], 6)
        write_digit_tree(tmp_path / "few", [1], 2)
        (tmp_path / "few" / "1").rename(root / "1")
        photograph().save(root / "1" / "photo.png")
        (root / "1" / "copied.png").write_bytes((root / "1" / "photo.png").read_bytes())
        saved_again(root / "1")
        flipped_and_resized(root / "1")
        return root

    def ids(self) -> list[str]:
        return [f"internal/1/{name}" for name in self.NAMES]

    def test_group_duplicates_puts_them_into_one_fold(self, bench: Bench, inside: Path, tmp_path: Path) -> None:
        stopped = bench("run", "--internal", inside, *ONE_RUN, "--results", tmp_path / "r")
        assert stopped.returncode == 2, stopped.stdout
        assert "two folds of seed 0" in stopped.stderr
        assert not (tmp_path / "r").exists()
        command = ["run", "--internal", inside, *ONE_RUN, "--group-duplicates", "--results", tmp_path / "r"]
        done = bench(*command)
        assert done.returncode == 0, done.stderr
        group = pd.read_parquet(tmp_path / "r" / "cases.parquet").set_index("case_id")["group"]
        assert len(group) == 12
        assert group[self.ids()].nunique() == 1
        assert group.drop(self.ids()).isna().all()
        assert set(group[group == group[self.ids()[0]]].index) == set(self.ids())
        fold = pd.read_parquet(tmp_path / "r" / "folds.parquet").set_index("case_id")["fold"]
        assert fold[self.ids()].nunique() == 1
        assert set(fold) == {0, 1}
        assert STAMP not in (tmp_path / "r" / "leaderboard.md").read_text()
        said = f"{len(self.NAMES)} cases are copies of one another: copies stay in one fold"
        for wanted in ("No patient is known of 12 of 12 cases", said):
            assert wanted in " ".join(done.stdout.split())
            assert wanted in (tmp_path / "r" / "leaderboard.md").read_text()
        again = bench(*command)
        assert again.returncode == 0, again.stderr
        assert "All 2 runs are stored" in again.stdout

    def test_allow_leaks_stamps_every_table(self, bench: Bench, inside: Path, tmp_path: Path) -> None:
        results = tmp_path / "r"
        options = ["--backbone", "test_efficientnet", "--seeds", "2", "--allow-leaks", "--results", results]
        done = bench("run", "--internal", inside, *ONE_RUN, *options)
        assert done.returncode == 0, done.stderr
        leaks = pd.read_csv(results / "tables" / "leaks.csv")
        assert set(zip(leaks["first"], leaks["second"], strict=True)) == self.apart(results)
        stamp = f"{len(leaks)} pair(s) of cases {STAMP}"
        assert f"Warning: {stamp}" in done.stdout
        blocks = (results / "leaderboard.md").read_text().split("\n\n")
        tables = [number for number, block in enumerate(blocks) if block.startswith("|")]
        titles = " ".join(blocks[number].partition("\n")[0] for number in tables)
        for title in ("| Rank ", "| Seeds ", "| One seed each ", "| Metric ", "| Class ", "| Holm p "):
            assert title in titles
        assert all(blocks[number + 1].startswith(f"**{stamp}") for number in tables)
        rows = json.loads((results / "leaderboard.json").read_text())["rows"]
        assert len(rows) == 2
        assert all(any(stamp in text for text in row["stamps"]) for row in rows)
        # what was allowed once is not forgiven later: the tables would show both seeds
        before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
        later = bench("run", "--internal", inside, *ONE_RUN, "--seeds", "2,", "--results", results)
        assert later.returncode == 2, later.stdout
        assert "two folds of seed 0" in later.stderr
        assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before

    def apart(self, results: Path) -> set[tuple[str, str]]:
        """Pairs of copies in two folds of some seed; of two identical files the first stands for both."""
        folds = pd.read_parquet(results / "folds.parquet").pivot(index="case_id", columns="seed", values="fold")
        again, copied, mirrored, photo = sorted(self.ids())
        alike = [(again, copied), (again, mirrored), (copied, mirrored), (copied, photo)]
        return {(a, b) for a, b in alike if (folds.loc[a] != folds.loc[b]).any()}


class TestPatients:
    """Patients are the groups of a manifest, or those of DICOM headers."""

    @pytest.fixture
    def manifest(self, tmp_path: Path) -> Path:
        """Eight patients at home, p0 … p7, two images each; four elsewhere, e0 … e3."""
        rows = ["path,label,group,site"]
        for site, patients, first in (("internal", 8, 0), ("bern", 4, 100)):
            write_digit_tree(tmp_path / "set" / site, [0, 1], patients, first=first)
            for label in "01":
                for number, file in enumerate(sorted((tmp_path / "set" / site / label).iterdir())):
                    group = f"{'p' if site == 'internal' else 'e'}{4 * int(label) * (patients // 8) + number // 2}"
                    rows.append(f"{file.relative_to(tmp_path / 'set')},{label},{group},{site}")
        (tmp_path / "set" / "manifest.csv").write_text("\n".join(rows) + "\n")
        return tmp_path / "set" / "manifest.csv"

    def test_one_at_two_sites_stops_the_run(self, bench: Bench, manifest: Path, tmp_path: Path) -> None:
        lines = manifest.read_text().splitlines()
        astray = next(number for number, line in enumerate(lines) if line.endswith(",e1,bern"))
        lines[astray] = lines[astray].replace(",e1,", ",p6,")
        manifest.write_text("\n".join(lines))
        (home,) = [line.partition(",")[0] for line in lines if line.endswith(",p6,internal")][:1]
        there = lines[astray].partition(",")[0]
        done = bench("run", "--data", manifest, *ONE_RUN, "--results", tmp_path / "r")
        assert done.returncode == 2, done.stdout
        assert f"  internal/{home} and bern/{there}: same patient; internal and bern\n" in done.stderr
        assert "remove their cases from one of them" in done.stderr
        assert "--group-by" not in done.stderr  # no DICOM file
        assert not (tmp_path / "r").exists()

    def test_one_whose_copies_join_another(self, bench: Bench, manifest: Path, tmp_path: Path) -> None:
        """p0 and p7 are joined by a copy and bear one name then; p7 at the other site is found all the same."""
        root = manifest.parent
        photograph().save(root / "photo.png")
        saved_again(root)
        with manifest.open("a") as file:
            file.write("photo.png,0,p0,internal\nagain.jpg,0,p7,internal\n")
        text = manifest.read_text().replace(",e1,", ",p7,")
        manifest.write_text(text)
        done = bench("run", "--data", manifest, *ONE_RUN, "--group-duplicates", "--results", tmp_path / "r")
        assert done.returncode == 2, done.stdout
        assert "same patient; internal and bern" in done.stderr

    def test_one_in_the_headers_of_two_sites(self, bench: Bench, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        for site, patients in (("ours", "ABCD"), ("bern", "DE")):
            for number, patient in enumerate(patients):
                stored = rng.integers(0, 2000, (4, 4)).repeat(8, 0).repeat(8, 1).astype(np.uint16)
                file = tmp_path / site / "xy"[number % 2] / f"{number}.dcm"
                write_dicom(file, stored, PatientID=f"SECRET-{patient}", PatientName=f"Muster^{patient}")
        sites = ["--internal", tmp_path / "ours", "--external", tmp_path / "bern"]
        done = bench("run", *sites, *ONE_RUN, "--results", tmp_path / "r")
        assert done.returncode == 2, done.stdout
        assert "  internal/y/3.dcm and bern/x/0.dcm: same patient; internal and bern\n" in done.stderr
        assert "bear one PatientID: --group-by study (or series)." in done.stderr
        assert "SECRET" not in done.stdout + done.stderr
        assert "Muster" not in done.stdout + done.stderr

    def test_a_clean_set_runs_until_folds_are_edited_to_split_one(
        self, bench: Bench, manifest: Path, tmp_path: Path
    ) -> None:
        results = tmp_path / "r"
        command = ["run", "--data", manifest, *ONE_RUN, "--results", results]
        clean = bench(*command)
        assert clean.returncode == 0, clean.stderr
        assert STAMP not in clean.stdout
        assert not (results / "tables" / "leaks.csv").exists()
        (row,) = json.loads((results / "leaderboard.json").read_text())["rows"]
        assert row["stamps"] == []
        one, other = self.exchange_two_cases(results)
        stopped = bench(*command, "--seeds", "1,")  # seed 0 is in the tables all the same
        assert stopped.returncode == 2, stopped.stdout
        for case in (one, other):
            assert case in stopped.stderr
        assert stopped.stderr.count(": same patient; two folds of seed 0") == 2
        assert "hold their cases out together in folds.parquet" in stopped.stderr
        allowed = bench(*command, "--allow-leaks")
        assert allowed.returncode == 0, allowed.stderr
        (row,) = json.loads((results / "leaderboard.json").read_text())["rows"]
        assert any("2 pair(s)" in text for text in row["stamps"])
        assert list(pd.read_csv(results / "tables" / "leaks.csv")["what"]) == ["same patient"] * 2
        folds = pd.read_parquet(results / "folds.parquet")
        folds[folds["case_id"] != one].to_parquet(results / "folds.parquet", index=False)
        broken = bench(*command, "--allow-leaks", "--seeds", "1,")
        assert broken.returncode == 2, broken.stdout
        assert f"without a fold: {one};" in broken.stderr

    @staticmethod
    def exchange_two_cases(results: Path) -> tuple[str, str]:
        """One case of two patients of class 0 changes places with the other's, between the folds of seed 0."""
        folds = pd.read_parquet(results / "folds.parquet")
        of_class = folds[folds["case_id"].str.contains("/0/")]
        chosen = [of_class[of_class["fold"] == fold].index[0] for fold in (0, 1)]
        folds.loc[chosen, "fold"] = [1, 0]
        folds.to_parquet(results / "folds.parquet", index=False)
        one, other = folds.loc[chosen, "case_id"]
        return one, other
