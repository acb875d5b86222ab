"""Several slices of one head: what is known of the head, of each slice, and that nothing else decides the bytes."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from bench.phantom import CLASSES, write_phantom
from bench.phantom.sites import EXTERNAL, INTERNAL
from bench.phantom.volume import MOST_SLICES, render_volume, scan_volume

SLICES = 4


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 internal and 6 external heads of 4 slices, written in this process."""
    out = tmp_path_factory.mktemp("volumes") / "out"
    write_phantom(out, cases=12, external_cases=6, seed=5, slices=SLICES, workers=1)
    return out


def heads(root: Path) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    with (root / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["group"]].append(row)
    return found


def test_every_head_has_its_slices_in_order_and_a_diseased_one_shows_it(volumes: Path) -> None:
    found = heads(volumes)
    assert list(found) == [*(f"internal-{n:05d}" for n in range(12)), *(f"external-{n:05d}" for n in range(6))]
    for number, rows in enumerate(found.values()):
        disease = CLASSES[number % 6]
        assert [row["z"] for row in rows] == ["0", "1", "2", "3"]
        assert {row["head_label"] for row in rows} == {disease}
        labels = [row["label"] for row in rows]
        assert disease in labels
        assert set(labels) <= {disease, "normal"}
        shown = [place for place, label in enumerate(labels) if label == disease]
        assert disease == "normal" or shown == list(range(shown[0], shown[-1] + 1))
        assert all((volumes / row[column]).is_file() for row in rows for column in ("path", "mask"))
        assert all((float(row["lesion_area_mm2"]) > 0) == (row["label"] != "normal") for row in rows)
    mixed = [rows for rows in found.values() if len({row["label"] for row in rows}) == 2]
    assert len(mixed) >= 8  # so an order of labels is needed


def test_the_lesion_stays_where_it_is_and_is_largest_in_its_middle() -> None:
    found = [scan_volume(3, INTERNAL, index, 7) for index in range(1, 60, 6)]  # epidural
    for of_head in found:
        areas = [one.scan.lesion_area_mm2 for one in of_head]
        middle = int(np.argmax(areas))
        assert areas[: middle + 1] == sorted(areas[: middle + 1])
        assert areas[middle:] == sorted(areas[middle:], reverse=True)
        centres = [np.argwhere(one.scan.mask).mean(0) for one in of_head if one.scan.mask.any()]
        assert np.abs(np.diff(centres, axis=0)).max(initial=0) < 15  # pixels of .95 mm


def test_slices_share_scanner_and_ventricles_but_no_noise() -> None:
    first, second, *_ = scan_volume(3, INTERNAL, 0, 3)
    assert first.scan.pixel_mm == second.scan.pixel_mm
    corners = [one.scan.hu[:24, :24].ravel() for one in (first, second)]  # air, far from the skull
    assert abs(np.corrcoef(*corners)[0, 1]) < 0.2


def test_two_workers_write_the_same_bytes_as_one_and_a_head_does_not_depend_on_the_others(
    volumes: Path, tmp_path: Path
) -> None:
    write_phantom(tmp_path / "few", cases=6, external_cases=6, seed=5, slices=SLICES, workers=2)
    few = {path.relative_to(tmp_path / "few"): path for path in (tmp_path / "few").rglob("*.png")}
    assert len(few) == 2 * 12 * SLICES
    assert all((volumes / name).read_bytes() == path.read_bytes() for name, path in few.items())


def test_a_head_is_the_same_alone() -> None:
    one, again = (render_volume(5, EXTERNAL, 2, SLICES) for _ in range(2))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, again, strict=True))


@pytest.mark.parametrize("slices", [0, MOST_SLICES + 1])
def test_numbers_of_slices_that_a_head_cannot_have_are_refused(tmp_path: Path, slices: int) -> None:
    with pytest.raises(ValueError, match=f"1 to {MOST_SLICES} slices, not {slices}"):
        write_phantom(tmp_path / "out", cases=6, external_cases=6, slices=slices)
    assert not list(tmp_path.iterdir())
