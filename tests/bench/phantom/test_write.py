"""What the phantom writes: files, manifest, and that nothing but the seed decides their bytes."""

import csv
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import alive, child_processes, wait_until
from threadpoolctl import threadpool_limits

from bench.errors import RequestError
from bench.phantom import CLASSES, write_phantom
from bench.phantom.case import render_case
from bench.phantom.sites import EXTERNAL


def files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def manifest(root: Path) -> list[dict[str, str]]:
    with (root / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_two_workers_write_the_same_bytes_as_one(phantom: Path, tmp_path: Path) -> None:
    write_phantom(tmp_path / "again", cases=24, external_cases=12, seed=5, workers=2)
    assert files(tmp_path / "again") == files(phantom)


def test_another_seed_writes_other_images_under_the_same_names(phantom: Path, tmp_path: Path) -> None:
    write_phantom(tmp_path / "other", cases=24, external_cases=12, seed=6, workers=1)
    first, second = files(phantom), files(tmp_path / "other")
    assert first.keys() == second.keys()
    images = [name for name in first if not name.startswith(("masks", "manifest"))]
    assert not [name for name in images if first[name] == second[name]]


def test_a_case_does_not_depend_on_how_many_are_asked_for(phantom: Path, tmp_path: Path) -> None:
    write_phantom(tmp_path / "few", cases=6, external_cases=6, seed=5, workers=1)
    few, many = files(tmp_path / "few"), files(phantom)
    assert {name for name in few if few[name] != many[name]} == {"manifest.csv"}


def test_a_case_does_not_depend_on_threads_or_global_random_state() -> None:
    with threadpool_limits(1):
        alone = render_case(3, EXTERNAL, 4)
    np.random.seed(0)  # noqa: NPY002
    with threadpool_limits(2):
        together = render_case(3, EXTERNAL, 4)
    assert np.array_equal(alone.image, together.image)
    assert np.array_equal(alone.mask, together.mask)


def test_manifest_lists_every_file_once_with_balanced_classes(phantom: Path) -> None:
    rows = manifest(phantom)
    assert list(rows[0]) == (
        ["path", "label", "site", "mask", "kind", "level", "subtle", "lesion_area_mm2", "midline_shift_mm"]
    )
    assert Counter((row["site"], row["label"]) for row in rows) == {
        (site, label): n for site, n in (("internal", 4), ("external", 2)) for label in CLASSES
    }
    listed = {row[column] for row in rows for column in ("path", "mask")} | {"manifest.csv"}
    assert listed == files(phantom).keys()
    for row in rows:
        assert row["path"].startswith(f"{row['site']}/{row['label']}/")
        assert row["mask"] == f"masks/{row['path']}"
        assert row["level"] in ("skull base", "ventricles", "convexity")
        assert row["subtle"] in ("true", "false")


def test_images_are_grey_and_masks_black_and_white_of_the_same_size(phantom: Path) -> None:
    for row in manifest(phantom):
        image, mask = Image.open(phantom / row["path"]), Image.open(phantom / row["mask"])
        assert image.mode == mask.mode == "L"
        assert image.size == mask.size
        assert np.asarray(image).std() > 20
        assert set(np.unique(np.asarray(mask))) <= {0, 255}


def test_mask_pixels_times_pixel_area_is_the_manifest_area(phantom: Path) -> None:
    for row in manifest(phantom):
        mask = Image.open(phantom / row["mask"])
        pixel_mm = 25.4 / mask.info["dpi"][0]
        area = np.count_nonzero(np.asarray(mask)) * pixel_mm**2
        # a PNG holds whole pixels per metre, about a thousand of them
        assert float(row["lesion_area_mm2"]) == pytest.approx(area, rel=2e-3, abs=0.06)
        assert (area == 0) == (row["label"] == "normal")
        assert (row["kind"] == "none") == (row["label"] == "normal")


def test_progress_is_told_after_every_case(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_phantom(tmp_path / "out", cases=7, external_cases=6, workers=1, on_done=lambda *now: told.append(now))
    assert told == [(done, 13) for done in range(1, 14)]


def test_an_empty_folder_is_taken_and_a_used_one_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    write_phantom(empty, cases=6, external_cases=6, workers=1)
    before = files(empty)
    with pytest.raises(RequestError, match="already in use"):
        write_phantom(empty, cases=6, external_cases=6, workers=1)
    assert files(empty) == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RequestError, match="already in use"):
        write_phantom(tmp_path / "file", cases=6, external_cases=6, workers=1)


@pytest.mark.parametrize(
    ("cases", "external_cases", "seed", "workers", "reason"),
    [(5, 6, 0, 1, "one per class"), (6, 5, 0, 1, "one per class"), (6, 6, -1, 1, "seed"), (6, 6, 0, 0, "worker")],
)
def test_bad_numbers_are_refused_before_anything_is_written(
    tmp_path: Path, cases: int, external_cases: int, seed: int, workers: int, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        write_phantom(tmp_path / "out", cases=cases, external_cases=external_cases, seed=seed, workers=workers)
    assert not list(tmp_path.iterdir())


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    def fail(done: int, total: int) -> None:
        if done == 5:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_phantom(tmp_path / "out", cases=12, external_cases=6, workers=1, on_done=fail)
    assert not list(tmp_path.iterdir())


def test_a_killed_export_leaves_no_folder_of_that_name_and_no_process_and_is_given_again(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from bench.phantom import write_phantom\n"
        "write_phantom(pathlib.Path(sys.argv[1]), cases=600, external_cases=6, workers=2,"
        " on_done=lambda done, total: print(done, flush=True))"
    )
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, "-c", program, str(out)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        children = child_processes(process.pid)
        assert len(children) >= 2
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    wait_until(lambda: not any(alive(pid) for pid in children), "workers to end with their parent", seconds=20)
    assert [path.name for path in tmp_path.iterdir()] == [f".out.{socket.gethostname()}.{process.pid}.partial"]
    write_phantom(out, cases=6, external_cases=6, seed=5, workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    write_phantom(tmp_path / "undisturbed", cases=6, external_cases=6, seed=5, workers=1)
    assert files(out) == files(tmp_path / "undisturbed")


def test_the_package_is_imported_without_heavy_libraries() -> None:
    program = "import sys, bench.phantom; print(*{'torch', 'pandas', 'scipy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
