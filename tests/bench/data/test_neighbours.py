"""Slices with their neighbours: what readers know of the order, and what models see."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scans import write_dicom, write_nifti
from trees import load_sites

from backbones.build import Traits
from bench.cache import Caches
from bench.data.images import PixelSettings
from bench.data.load import Dataset, load_dataset
from bench.data.options import ReadOptions
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.errors import RequestError
from bench.execution.batches import ImageBatches
from bench.execution.image_source import source_of
from bench.plan.plan import PlannedBackbone, parts_of, samples_of
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, Weights

THREE = PixelSettings(16, windows=("40/80",), slices="3")
HEIGHTS = [0, 20, 40, 60, 80]
"""Hounsfield units of the slices from below, which the window spreads from black to white."""
SEEN = [[0, 0, 20], [0, 20, 40], [20, 40, 60], [40, 60, 80], [60, 80, 80]]
AS_THEY_ARE = Traits((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), depthwise=False, parameters=1)


def seen(dataset: Dataset) -> list[list[int]]:
    """Of each case the grey of the three channels that a model sees, as Hounsfield units."""
    pixels = dataset.pixels
    array, device = pixels.open(), torch.device("cpu")
    images = ImageBatches(array, AS_THEY_ARE, device, False, source_of(array, device, pixels.threes))
    return np.rint(images(pixels.rows(dataset.cases))[:, :, 8, 8].numpy() * 80).astype(int).tolist()


def flat(value: float, dtype: type = np.int16) -> np.ndarray:
    return np.full((16, 16), value, dtype=dtype)


def manifest(root: Path, rows: list[dict[str, object]]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for row in rows:
        Image.fromarray(flat(round(float(str(row.pop("value"))) * 255 / 80), np.uint8)).save(root / str(row["path"]))
    pd.DataFrame(rows).to_csv(root / "m.csv", index=False)
    return root / "m.csv"


def test_a_nifti_volume_in_its_stored_order(tmp_path: Path, caches: Caches) -> None:
    for name in ("a/v1.nii", "b/v2.nii.gz"):
        write_nifti(tmp_path / "data" / name, np.stack([flat(hu) for hu in HEIGHTS], axis=-1))
    dataset = load_sites({"internal": tmp_path / "data"}, THREE, caches)
    assert seen(dataset) == SEEN * 2


@pytest.mark.parametrize("by", ["position", "instance"])
def test_a_dicom_series_by_position_or_else_by_number_whatever_files_are_called(
    tmp_path: Path, caches: Caches, by: str
) -> None:
    for series, label in enumerate("ab"):
        for place, value in enumerate(HEIGHTS):
            tags: dict[str, object] = {"InstanceNumber": place}
            if by == "position":  # along a tilted normal; numbers run the other way
                tags = {"InstanceNumber": 9 - place, "ImagePositionPatient": [0, -3.0 * place, 4.0 * place]}
                tags["ImageOrientationPatient"] = [1, 0, 0, 0, 0.8, 0.6]
            file = tmp_path / "data" / label / f"{(place * 3) % 5}.dcm"
            write_dicom(
                file,
                flat(value + 1024, np.uint16),
                PatientID="one",
                SeriesInstanceUID=f"1.2.{series}",
                StudyInstanceUID="1.3",
                **tags,
            )
    dataset = load_sites({"internal": tmp_path / "data"}, THREE, caches)
    own = [channels[1] for channels in seen(dataset)]
    assert [SEEN[HEIGHTS.index(value)] for value in own] == seen(dataset)
    assert sorted(own) == sorted(HEIGHTS * 2)


def test_a_manifest_by_its_column_z_within_groups(tmp_path: Path, caches: Caches) -> None:
    rows = [
        {"path": f"{group}-{place}.png", "label": group, "group": group, "z": z, "value": value + number}
        for number, group in enumerate("pq")
        for place, z, value in ((0, "10", 60), (1, "-2.5", 0), (2, "9", 20))
    ]
    dataset = load_sites({"internal": manifest(tmp_path, rows)}, replace(THREE, windows=()), caches)
    assert seen(dataset) == [
        [20, 60, 60],
        [0, 0, 20],
        [0, 20, 60],
        [21, 61, 61],
        [1, 1, 21],
        [1, 21, 61],
    ]


def test_the_column_of_the_order_may_be_called_otherwise(tmp_path: Path, caches: Caches) -> None:
    rows = [
        {**row, "z": "not this", "SliceLocation": 9 - int(str(row["z"]))} for row in volumes([0, 20, 40, 60, 80, 10])
    ]
    options = ReadOptions(Pseudonyms.fresh(), columns={"z": "SliceLocation"})
    request = DataRequest(options, sites={"internal": manifest(tmp_path, rows)})
    settings = replace(THREE, windows=())
    dataset = load_dataset(request, settings, caches, renaming={}, declared=None, skip_unreadable=False)
    assert seen(dataset) == [[20, 0, 0], [40, 20, 0], [40, 40, 20], [80, 60, 60], [10, 80, 60], [10, 10, 80]]


def volumes(values: list[int]) -> list[dict[str, object]]:
    """Rows of a manifest of two volumes with three slices each, of these values from below."""
    return [
        {"path": f"{place}.png", "label": "ab"[place // 3], "group": f"g{place // 3}", "z": place, "value": value}
        for place, value in enumerate(values)
    ]


def test_a_picture_that_lies_at_several_places_has_the_neighbours_of_each(tmp_path: Path, caches: Caches) -> None:
    file = manifest(tmp_path, volumes([0, 20, 40, 80, 60, 0]))
    dataset = load_sites({"internal": file}, replace(THREE, windows=()), caches)
    assert seen(dataset) == [[0, 0, 20], [0, 20, 40], [20, 40, 40], [80, 80, 60], [80, 60, 0], [60, 0, 0]]
    assert len(dataset.pixels.row) == 5
    twice = manifest(tmp_path / "twice", volumes([0, 20, 40, 0, 20, 60]))
    again = load_sites({"internal": twice}, replace(THREE, windows=()), caches)
    assert seen(again) == [[0, 0, 20], [0, 20, 40], [20, 40, 40], [0, 0, 20], [0, 20, 60], [20, 60, 60]]


def test_different_slices_at_one_place_are_refused_and_copies_are_one_slice(tmp_path: Path, caches: Caches) -> None:
    copies = volumes([0, 20, 40, 60, 80, 20])
    copies[5] |= {"group": "g0", "z": 1, "label": "a"}
    dataset = load_sites({"internal": manifest(tmp_path / "copies", copies)}, replace(THREE, windows=()), caches)
    assert seen(dataset) == [[0, 0, 20], [0, 20, 40], [20, 40, 40], [60, 60, 80], [60, 80, 80], [0, 20, 40]]
    others = volumes([0, 20, 40, 60, 80, 10])
    others[2]["z"] = 1
    file = manifest(tmp_path / "others", others)
    with pytest.raises(RequestError, match=r"at 1 place\(s\) lie several .* such as internal/1\.png, internal/2\.png"):
        load_sites({"internal": file}, replace(THREE, windows=()), caches)


@pytest.mark.parametrize("z", [None, "", "top", "nan"])
def test_images_without_an_order_are_refused(tmp_path: Path, caches: Caches, z: str | None) -> None:
    rows: list[dict[str, object]] = [
        {"path": f"{place}.png", "label": "ab"[place % 2], "group": "g", "value": place, "z": z} for place in range(4)
    ]
    file = manifest(tmp_path, rows)
    with pytest.raises(RequestError, match=r"--slices 3 needs to know .*4 image\(s\) do not say: internal/0\.png.*z"):
        load_sites({"internal": file}, THREE, caches)
    assert load_sites({"internal": file}, replace(THREE, slices="1"), caches).pixels.neighbours is None


def test_images_are_decoded_once_for_both_and_settings_of_single_slices_stay_what_they_are(
    tmp_path: Path, caches: Caches
) -> None:
    for label in "ab":
        write_nifti(tmp_path / "data" / label / "v.nii", np.stack([flat(hu) for hu in HEIGHTS], axis=-1))
    one, three = (
        load_sites({"internal": tmp_path / "data"}, replace(THREE, slices=slices), caches) for slices in ("1", "3")
    )
    assert one.pixels.array_file == three.pixels.array_file
    assert three.pixels.neighbours is not None
    assert three.pixels.key == f"{one.pixels.key}-{three.pixels.neighbours.key}"
    assert one.pixels.order(one.cases) == ""
    assert seen(one) == [[value] * 3 for value in HEIGHTS] * 2
    before = {"image_size": 16, "fit": "pad", "white16": 65535, "windows": ["40/80"]}
    assert json.loads(json.dumps(one.settings.decisive())) == before
    assert three.settings.decisive() == {**one.settings.decisive(), "slices": "3", "order": three.settings.order}


def test_another_order_is_another_setting_and_no_run_of_the_first_uses_it(tmp_path: Path, caches: Caches) -> None:
    def made(zs: list[int]) -> Dataset:
        rows: list[dict[str, object]] = [
            {"path": f"{n}.png", "label": "ab"[n // 3], "group": f"g{n // 3}", "z": z, "value": 9 * n}
            for n, z in enumerate(zs)
        ]
        return load_sites({"internal": manifest(tmp_path, rows)}, replace(THREE, windows=()), caches)

    first, same, other = made([0, 1, 2, 3, 4, 5]), made([0, 5, 9, 1, 2, 3]), made([0, 2, 1, 3, 4, 5])
    cases = first.cases
    assert first.pixels.order(cases) == same.pixels.order(cases) != other.pixels.order(cases)
    assert first.pixels.order(cases[3:]) == other.pixels.order(cases[3:])
    assert [case.digest for case in cases] == [case.digest for case in other.cases]
    settings = replace(THREE, windows=(), order=first.pixels.order(cases))
    same.pixels.refuse_other_neighbours(settings, cases)
    for pixels, wanted in ((other.pixels, settings), (first.pixels, replace(THREE, slices="1", order=""))):
        with pytest.raises(ValueError, match="another order now"):
            pixels.refuse_other_neighbours(wanted, cases)


def test_runs_of_internal_slices_have_one_name_whatever_other_sites_are_read(tmp_path: Path, caches: Caches) -> None:
    inside, outside = (
        manifest(tmp_path / site, volumes(v))
        for site, v in (("in", [0, 20, 40, 60, 80, 10]), ("out", [20, 0, 50, 0, 70, 30]))
    )
    alone = load_sites({"internal": inside}, replace(THREE, windows=()), caches)
    both = load_sites({"internal": inside, "bern": outside}, replace(THREE, windows=()), caches)
    assert alone.pixels.key != both.pixels.key
    backbone = PlannedBackbone("test_resnet", Weights("random", ""), Numerics("fp32"))
    names, orders = [], []
    for dataset in (alone, both):
        samples = [sample for sample in samples_of(dataset.cases) if sample.site == "internal"]
        folds = {sample.case_id: number % 2 for number, sample in enumerate(samples)}
        specs = [
            backbone.spec(part, ("a", "b"), Recipe(), part.seen(dataset.settings, dataset.pixels.order), role="search")
            for part in parts_of(samples, 0, folds, range(2))
        ]
        names.append([spec.run_id for spec in specs])
        orders.append({spec.pixels.order for spec in specs})
        for spec in specs:
            dataset.pixels.refuse_other_neighbours(spec.pixels, (*spec.train, *spec.predicted))
    assert names[0] == names[1]
    assert orders[0] == orders[1]
    assert len(orders[0]) == 1  # runs of one experiment are one row of its leaderboard
