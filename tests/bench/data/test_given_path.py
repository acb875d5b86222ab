"""A path that is given alone: what it stands for, and the line to type where it stands for nothing."""

import re
from pathlib import Path

import pytest

from bench.data.given_path import overlooked, source_of
from bench.data.sites import sites_of
from bench.errors import RequestError


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
    return root


def refused(path: Path) -> str:
    with pytest.raises(RequestError) as found:
        source_of(path)
    return str(found.value)


def test_sites_and_classes(tmp_path: Path) -> None:
    assert source_of(folders(tmp_path / "sites", "internal/a", "external-bern/a")) == "data"
    assert source_of(folders(tmp_path / "own", "internal/a", "notes")) == "data"
    assert source_of(folders(tmp_path / "tree", "bleed", "normal")) == "internal"


def test_manifests_by_their_columns(tmp_path: Path) -> None:
    for header, column, source in (
        ("path,label,site", "site", "data"),
        ("path,label", "site", "internal"),
        ("path,label,hospital", "hospital", "data"),
        ("path,label,hospital", "site", "internal"),
    ):
        table = tmp_path / f"{header}.csv"
        table.write_text(f"{header}\n")
        assert source_of(table, column) == source


def test_one_level_too_high_names_the_folder(tmp_path: Path) -> None:
    inner = folders(tmp_path / "download", "my set/internal/a", "docs") / "my set"
    assert refused(inner.parent).endswith(f"it is one level too high. Type: bench run '{inner}'")
    with pytest.raises(RequestError, match=re.escape(f"Type: bench run --data '{inner}'")):
        sites_of(inner.parent)


def test_sites_of_other_names(tmp_path: Path) -> None:
    root = folders(tmp_path / "set", "Internal/a", "external-bern/a")
    line = f"bench run --internal {root}/Internal --external bern={root}/external-bern"
    assert refused(root).endswith(line)
    alone = folders(tmp_path / "alone", "external-bern/a", "own/a")
    assert f"bench run --internal {alone}/YOUR-OWN-SITE --external bern={alone}/external-bern" in refused(alone)


def test_what_is_not_there_and_what_is_no_folder_of_images(tmp_path: Path) -> None:
    folders(tmp_path, "hematoma")
    assert refused(tmp_path / "hematom").endswith(f"Did you mean hematoma? Type: bench run {tmp_path}/hematoma")
    assert refused(tmp_path / "zzzz").endswith("An example that needs no images: bench demo")
    image = folders(tmp_path / "tree", "a") / "a" / "1.png"
    image.touch()
    assert refused(image).endswith(f"bench run {tmp_path}/tree")
    results = folders(tmp_path / "results", "runs")
    (results / "experiment.toml").touch()
    assert f"bench report {results}" in refused(results)
    assert f"bench run --config {results}/experiment.toml" in refused(results)


def test_sites_that_lie_beside_unused_are_named_with_the_line(tmp_path: Path) -> None:
    root = folders(tmp_path / "set", "internal/a", "internal/b", "external/a", "bern/a", "bern/b", "masks/other")
    assert overlooked("internal", root / "internal").endswith(f"bench run {root}")
    said = overlooked("data", root)
    assert said.endswith(f"bench run --internal {root}/internal --external bern={root}/bern")
    assert "masks" not in said


def test_nothing_is_said_where_nothing_is_overlooked(tmp_path: Path) -> None:
    root = folders(tmp_path / "set", "internal/a", "external/a", "docs")
    assert overlooked("data", root) == ""
    assert overlooked("internal", folders(tmp_path / "trees", "one/a", "two/a") / "one") == ""
    assert overlooked("internal", tmp_path / "table.csv") == ""
