"""What is shown of slices that models saw between their neighbours."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scans import write_nifti
from trees import load_sites

from bench.cache import Caches
from bench.data.images import PixelSettings
from bench.explain.data import Images

WINDOWS = PixelSettings(16, windows=("40/80", "80/200", "600/2800"))
HEIGHTS = [0, 20, 40]


def test_a_slice_among_neighbours_is_shown_in_the_one_window_that_the_model_saw(tmp_path: Path, caches: Caches) -> None:
    for label in "ab":
        volume = np.stack([np.full((16, 16), hu, np.int16) for hu in HEIGHTS], axis=-1)
        write_nifti(tmp_path / "data" / label / "v.nii", volume)
    shown = {}
    for slices in ("1", "3"):
        data = load_sites({"internal": tmp_path / "data"}, replace(WINDOWS, slices=slices), caches)
        pictures = Images(data.cases, data.pixels).of(case.case_id for case in data.cases)
        shown[slices] = [pictures[case.digest][8, 8].astype(float) for case in data.cases]
    assert np.allclose(shown["3"], [[hu * 255 / 80] * 3 for hu in HEIGHTS] * 2, atol=1)
    assert [grey[0] for grey in shown["1"]] == [grey[0] for grey in shown["3"]]
    assert all(grey[0] != grey[1] for grey in shown["1"])
