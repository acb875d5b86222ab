"""Lesions look like what they are called: place, brightness, shape, and the room they take."""

import numpy as np
import pytest
from scipy import ndimage

from bench.phantom.case import Case
from bench.phantom.csf import draw_spaces
from bench.phantom.difficulty import CLASSES, DEFAULT_DIFFICULTY
from bench.phantom.grid import ANGLE, RADIUS, Plane, X, Y
from bench.phantom.head import VENTRICLES, deform, draw_head
from bench.phantom.lesion import Canvas
from bench.phantom.lesions_inside import plan_infarct
from bench.phantom.slice import SMALLEST_LESION_MM2, HeadSlice, draw_slice
from bench.phantom.tissue import paint_tissue


def slices(label: str, n: int) -> list[HeadSlice]:
    return [draw_slice(label, DEFAULT_DIFFICULTY, np.random.default_rng([2, i])) for i in range(n)]


def contrast(case: Case) -> float:
    """Median grey of the lesion less that of the brain 3 to 9 pixels around it."""
    near, far = ndimage.binary_dilation(case.mask, iterations=3), ndimage.binary_dilation(case.mask, iterations=9)
    brain = far & ~near & (case.image > 40) & (case.image < 200)
    return float(np.median(case.image[case.mask])) - float(np.median(case.image[brain]))


def test_lesion_classes_show_a_lesion_and_normal_none(cases: dict[str, list[Case]]) -> None:
    for case in [*cases["internal"], *cases["external"]]:
        if case.label == "normal":
            assert not case.mask.any()
            assert not case.subtle
        else:
            # resampling to the image may lose a little of a thin lesion
            assert case.mask.sum() * case.pixel_mm**2 > 0.6 * SMALLEST_LESION_MM2


@pytest.mark.parametrize("label", CLASSES[1:])
def test_lesions_lie_inside_the_skull(label: str) -> None:
    for head_slice in slices(label, 12):
        beyond = (RADIUS - head_slice.head.inner_table[ANGLE])[head_slice.lesion > 0.5]
        assert beyond.max() < 1.0


@pytest.mark.parametrize("site", ["internal", "external"])
def test_fresh_blood_is_brighter_and_an_infarct_darker_than_the_brain_around(
    cases: dict[str, list[Case]], site: str
) -> None:
    fresh = {"acute", "swirl", "lobar", "deep", "basal", "cortical"}
    for case in cases[site]:
        if case.subtle:
            continue
        if case.kind in fresh:
            assert contrast(case) > 15, (case.label, case.level)
        elif case.kind == "infarct":
            assert contrast(case) < -8


def test_subarachnoid_blood_does_not_run_along_the_skull() -> None:
    for head_slice in slices("subarachnoid", 25):
        depth = (head_slice.head.inner_table[ANGLE] - RADIUS)[head_slice.lesion > 0.5]
        assert np.mean(depth < 2.0) < 0.02


def test_subdural_blood_stays_on_one_side() -> None:
    for head_slice in slices("subdural", 25):
        sides = np.sign(X[head_slice.lesion > 0.5])
        assert abs(sides.mean()) == 1


def painted_infarct(seed: int) -> tuple[Plane, Plane, int]:
    """Share of infarct, undeformed x and side of one overt infarct."""
    rng = np.random.default_rng(seed)
    head = draw_head(DEFAULT_DIFFICULTY, rng)
    infarct = plan_infarct(head, DEFAULT_DIFFICULTY, rng, subtle=False)
    brain = deform(head, infarct.mass_effect)
    spaces = draw_spaces(head, brain, rng, with_ventricles=False)
    hu = paint_tissue(head, brain, spaces, DEFAULT_DIFFICULTY, rng)
    return infarct.paint(Canvas(head, brain, spaces, hu), rng), brain.x, infarct.mass_effect.side


def unevenness_of_medial_border(mask: np.ndarray, side: int) -> float:
    """Deviation in mm of the border next to the midline from the straight line that fits it best."""
    rows = np.flatnonzero(mask.any(axis=1))
    border = np.array([(X[0][mask[row]] * side).min() for row in rows])
    return float(np.std(border - np.polyval(np.polyfit(rows, border, 1), rows)))


def test_an_infarct_never_crosses_the_bent_midline_nor_ends_in_a_straight_line() -> None:
    for seed in range(30):
        share, brain_x, side = painted_infarct(seed)
        mask = share > 0.5
        assert (brain_x[mask] * side).min() > 0
        assert unevenness_of_medial_border(mask, side) > 2.0
    cut_straight = (X * 1.0 > 5) & (RADIUS < 60) & (np.abs(Y) < 30)
    assert unevenness_of_medial_border(cut_straight, 1) < 0.5


def ventricle_offset(head_slice: HeadSlice) -> float:
    """How far in mm the fluid in the middle of the head lies on the side opposite the lesion."""
    side = np.sign(X[head_slice.lesion > 0.5].mean())
    fluid = (head_slice.hu < 18) & (np.abs(X) < 24) & (np.abs(Y) < 40) & (head_slice.lesion < 0.1)
    return float(-side * X[fluid].mean())


def test_mass_effect_moves_ventricles_and_midline_to_the_other_side() -> None:
    seen = [
        s
        for label in ("epidural", "subdural")
        for s in slices(label, 40)
        if s.head.level == VENTRICLES and not s.subtle
    ]
    stated = np.array([s.midline_shift_mm for s in seen])
    measured = np.array([ventricle_offset(s) for s in seen])
    assert stated.max() <= 14
    assert np.mean(stated >= 5) > 0.6
    assert np.mean(measured) > 3
    assert np.corrcoef(stated, measured)[0, 1] > 0.5
    assert max(s.midline_shift_mm for s in slices("normal", 5)) == 0
