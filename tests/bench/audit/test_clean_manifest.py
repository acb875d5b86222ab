"""Cleaning a manifest writes a copy of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scans import write_nifti

Photos = dict[str, Image.Image]
Audited = Callable[..., dict[str, Any]]
Command = Callable[..., Any]
Refused = Callable[..., None]
Listing = Callable[[Path], dict[str, str]]
Below = Callable[[Path], set[str]]


class TestManifest:
    @pytest.fixture
    def rows(self, faulty: Path, files_below: Below) -> pd.DataFrame:
        """A manifest of `faulty`, which names one file by a link."""
        (faulty / "links").mkdir()
        (faulty / "links" / "cut.png").symlink_to(faulty / "a" / "cut.png")
        files = sorted(files_below(faulty) - {"a/cut.png"})
        return pd.DataFrame({"note": "seen, twice", "path": files, "label": [Path(file).parent.name for file in files]})

    @pytest.mark.parametrize("name", ["list.csv", "list.tsv", "list.parquet"])
    def test_gets_a_copy_without_the_rows_that_were_named(
        self, command: Command, audited: Audited, faulty: Path, rows: pd.DataFrame, name: str, listing: Listing
    ) -> None:
        file = faulty / name
        if name.endswith(".parquet"):
            rows.to_parquet(file, index=False)
        else:
            rows.to_csv(file, index=False, sep="\t" if name.endswith(".tsv") else ",")
        audited(file)
        before = listing(faulty.parent)
        done = command("clean", file, "--from", faulty.parent / "audit.json")
        assert "6 of 10 rows would be left out" in done.out
        assert listing(faulty.parent) == before
        assert command("clean", file, "--from", faulty.parent / "audit.json", "--apply").code == 0
        copy = file.with_stem("list-clean")
        kept = pd.read_parquet(copy) if name.endswith(".parquet") else pd.read_csv(copy, sep=None, engine="python")
        expected = rows[rows["path"].isin(["a/1.png", "a/2.png", "b/3.png", "b/4.png"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept.astype(object), expected.astype(object))
        assert {**listing(faulty.parent), str(copy.relative_to(faulty.parent)): ""} == {
            **before,
            str(copy.relative_to(faulty.parent)): "",
        }
        assert audited(copy)["findings"] == []

    def test_with_windows_separators_or_bare_names_loses_the_same_rows(
        self, command: Command, audited: Audited, faulty: Path, rows: pd.DataFrame
    ) -> None:
        bare = rows["path"].map(lambda path: Path(path).stem if path == "a/1.png" else path.replace("/", "\\"))
        rows.assign(path=bare).to_csv(faulty / "list.csv", index=False)
        audited(faulty / "list.csv")
        done = command("clean", faulty / "list.csv", "--from", faulty.parent / "audit.json")
        assert "6 of 10 rows would be left out" in done.out

    def test_whose_copy_is_there_already_is_refused(
        self, refused: Refused, audited: Audited, faulty: Path, rows: pd.DataFrame
    ) -> None:
        rows.to_csv(faulty / "list.csv", index=False)
        (faulty / "list-clean.csv").write_text("mine")
        audited(faulty / "list.csv")
        arguments = ["clean", faulty / "list.csv", "--from", faulty.parent / "audit.json", "--apply"]
        refused("is there already", faulty, *arguments)

    def test_may_lose_single_slices(self, command: Command, audited: Audited, tmp_path: Path, photos: Photos) -> None:
        air = np.full((96, 96), -1000)
        voxels = np.stack([air, np.asarray(photos["camera"]), air], axis=-1).astype(np.int16)
        write_nifti(tmp_path / "scans" / "head.nii", voxels)
        file = tmp_path / "scans" / "list.csv"
        file.write_text("label;path;part\nx;head.nii;0\nx;head.nii;1\nx;head.nii;2\n")
        audited(file)
        assert command("clean", file, "--from", tmp_path / "audit.json", "--apply").code == 0
        assert file.with_stem("list-clean").read_text() == "label,path,part\nx,head.nii,1\n"

    def test_keeps_a_row_that_stands_for_several_images(
        self, command: Command, audited: Audited, tmp_path: Path, photos: Photos
    ) -> None:
        voxels = np.stack([np.full((96, 96), -1000), np.asarray(photos["camera"])], axis=-1).astype(np.int16)
        write_nifti(tmp_path / "scans" / "head.nii", voxels)
        file = tmp_path / "scans" / "list.csv"
        file.write_text("path,label\nhead.nii,x\n")
        audited(file)
        done = command("clean", file, "--from", tmp_path / "audit.json", "--apply")
        assert "image 0 (blank: grey values 0.0 ± 0.0, but its row stands for several images)" in done.out
        assert "nothing to do" in done.out
        assert not file.with_stem("list-clean").exists()
