"""What functional groups say of a frame stands where files of one image have it."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from bench.data.dicom.header import header_of_frame
from benchmarks.dicom_made import ENHANCED_CT, ENHANCED_MR, enhanced, groups, item, mr

SHARED = groups(1, -1024, 40, 80)


def headers(path: Path) -> list[Any]:
    dataset = dcmread(path)
    return [header_of_frame(dataset, part) for part in range(int(dataset.NumberOfFrames))]


def frame(slope: float, place: float) -> Dataset:
    group = groups(slope, -1024, 40, 80)
    group.PlanePositionSequence = item(ImagePositionPatient=[0, 0, place])
    return group


def test_each_frame_has_its_own_and_what_is_shared(tmp_path: Path) -> None:
    SHARED.PlaneOrientationSequence = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    SHARED.PixelMeasuresSequence = item(PixelSpacing=[0.4, 0.6], SliceThickness=5)
    frames = [frame(1, 10), frame(2, 15)]
    for one in frames:
        del one.PixelMeasuresSequence
    enhanced(ENHANCED_CT, "CT", shared=SHARED, frames=frames)(tmp_path / "a.dcm")
    first, second = headers(tmp_path / "a.dcm")
    assert [header.RescaleSlope for header in (first, second)] == [1, 2]
    assert [header.ImagePositionPatient[2] for header in (first, second)] == [10, 15]
    for header in (first, second):
        assert (list(header.PixelSpacing), header.SliceThickness) == ([0.4, 0.6], 5)
        assert list(header.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]
        assert (header.RescaleType, header.WindowCenter, header.Modality) == ("HU", 40, "CT")
        assert "PixelData" not in header


def test_groups_about_other_images_and_of_several_items_say_nothing_of_the_frame(tmp_path: Path) -> None:
    one = groups(1, 0, 40, 80)
    one.ReferencedImageSequence = item(ReferencedSOPClassUID="1.2", Modality="XX")
    one.FrameContentSequence = item(StackID="1")
    several = item(Modality="YY")
    several.append(Dataset())
    one.RealWorldValueMappingSequence = several
    enhanced(ENHANCED_MR, "MR", shared=None, frames=[one, groups(1, 0, 40, 80)])(tmp_path / "a.dcm")
    first, second = headers(tmp_path / "a.dcm")
    assert (first.Modality, first.StackID) == ("MR", "1")
    assert "StackID" not in second
    assert "ReferencedSOPClassUID" not in first


def test_a_frame_without_groups_of_its_own_has_the_shared_ones(tmp_path: Path) -> None:
    enhanced(ENHANCED_CT, "CT", shared=SHARED, frames=[frame(2, 0)])(tmp_path / "a.dcm")
    first, second = headers(tmp_path / "a.dcm")
    assert (first.RescaleSlope, second.RescaleSlope) == (2, 1)


def test_a_file_of_one_image_is_its_own_header(tmp_path: Path) -> None:
    mr(np.zeros((4, 4), np.uint16))(tmp_path / "a.dcm")
    dataset = dcmread(tmp_path / "a.dcm")
    assert header_of_frame(dataset, 0) is dataset
