"""NIfTI: axial slices by the affine, in radiological orientation."""

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from scans import write_nifti
from trees import READ

from bench.data.cases import FoundImage
from bench.data.nifti import number_of_slices, slice_values
from bench.data.parts import images_of_file
from bench.data.reading import UnreadableImage

# A head in RAS: right is x = 3, the front is y = 4, the top is z = 1.
HEAD = np.zeros((4, 5, 2), dtype=np.int16)
HEAD[3, 4, :] = 7  # right front
HEAD[0, 4, 1] = 5  # left front, in the upper slice only


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_the_front_is_up_and_the_right_side_is_left_however_it_is_stored(tmp_path: Path, axes: tuple[int]) -> None:
    for signs in product([1, -1], repeat=3):
        voxels, affine = HEAD, np.zeros((4, 4))
        affine[3, 3] = 1
        for axis, sign in enumerate(signs):
            voxels = np.flip(voxels, axis) if sign < 0 else voxels
        for stored, anatomical in enumerate(axes):
            affine[anatomical, stored] = signs[anatomical]
        path = write_nifti(tmp_path / "a.nii", np.ascontiguousarray(voxels.transpose(axes)), affine)
        assert number_of_slices(path) == 2
        upper = 1 if signs[2] > 0 else 0  # slices keep the order in which they are stored
        (values,) = slice_values(path, [upper], 10**8)
        assert values.shape == (5, 4)
        assert values[0].tolist() == [7, 0, 0, 5]
        (lower,) = slice_values(path, [1 - upper], 10**8)
        assert lower[0].tolist() == [7, 0, 0, 0]


def test_scaled_and_packed_volumes(tmp_path: Path) -> None:
    import nibabel

    image = nibabel.Nifti1Image(np.full((3, 3, 2), 10, dtype=np.int16), np.eye(4))
    image.header.set_slope_inter(2, -1024)
    nibabel.save(image, tmp_path / "a.nii.gz")
    raw = nibabel.load(tmp_path / "a.nii.gz")
    (values,) = slice_values(tmp_path / "a.nii.gz", [0], 10**8)
    assert values[0, 0] == pytest.approx(raw.get_fdata()[0, 0, 0])


def test_a_volume_is_a_group_of_slices(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", np.zeros((4, 4, 11), dtype=np.int16))
    found = images_of_file(FoundImage("internal/x/a.nii", str(path), "x", "internal"), "NIfTI", READ)
    assert [image.case_id for image in found][::10] == ["internal/x/a.nii#00", "internal/x/a.nii#10"]
    assert {image.group for image in found} == {"internal/x/a.nii"}


def test_volumes_that_are_refused(tmp_path: Path) -> None:
    def reason(path: Path, part: int = 0) -> str:
        with pytest.raises(UnreadableImage) as caught:
            list(slice_values(path, [part], 10**6))
        return str(caught.value)

    zeros = np.zeros((4, 4, 2), dtype=np.int16)
    assert "not that of one volume" in reason(write_nifti(tmp_path / "4d.nii", np.zeros((4, 4, 2, 3), np.int16)))
    assert "not that of one volume" in reason(write_nifti(tmp_path / "2d.nii", np.zeros((4, 4), np.int16)))
    header = bytearray(write_nifti(tmp_path / "flat.nii", zeros).read_bytes())
    header[312:328] = bytes(16)  # the third row of the affine
    (tmp_path / "flat.nii").write_bytes(header)
    assert "no orientation" in reason(tmp_path / "flat.nii")
    assert "plain numbers" in reason(write_nifti(tmp_path / "c.nii", zeros.astype(np.complex64)))
    assert "2 slices" in reason(write_nifti(tmp_path / "a.nii", zeros), 2)
    assert "more than" in reason(write_nifti(tmp_path / "wide.nii", np.zeros((2000, 2000, 1), np.uint8)))
    (tmp_path / "cut.nii").write_bytes((tmp_path / "a.nii").read_bytes()[:380])
    assert "cut short" in reason(tmp_path / "cut.nii")
    (tmp_path / "empty.nii").write_bytes(b"")
    assert "no NIfTI volume" in reason(tmp_path / "empty.nii")
