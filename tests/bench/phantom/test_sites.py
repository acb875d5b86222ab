"""The two sites scan the same patients differently: nothing but acquisition and export tells them apart."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp

from bench.phantom.case import Case, render_case
from bench.phantom.difficulty import CLASSES, DEFAULT_DIFFICULTY
from bench.phantom.sites import EXTERNAL, INTERNAL, SITES, Site
from bench.phantom.slice import draw_slice


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_the_head_keeps_three_percent_from_every_edge(site: Site) -> None:
    bare = replace(site, head_holder=0.0, burned_in_text=0.0, motion=1.0)
    for index in range(40):
        image = render_case(1, bare, index).image
        border = int(np.ceil(0.03 * image.shape[0]))
        inner = image[border:-border, border:-border]
        assert inner.max() == 255
        outer = image.astype(int).copy()
        outer[border:-border, border:-border] = 0
        assert outer.max() < 20  # compression leaves faint traces


def areas(cases: list[Case], label: str) -> list[float]:
    return [case.lesion_area_mm2 for case in cases if case.label == label]


@pytest.mark.parametrize("label", CLASSES[1:])
def test_lesions_are_as_large_at_both_sites(cases: dict[str, list[Case]], label: str) -> None:
    internal, external = areas(cases["internal"], label), areas(cases["external"], label)
    assert ks_2samp(internal, external).pvalue > 0.001
    # the test would see lesions of half the diameter
    assert ks_2samp(internal, [0.25 * area for area in external]).pvalue < 0.001


def test_a_planted_difference_in_size_is_detected() -> None:
    smaller = replace(DEFAULT_DIFFICULTY, lesion_scale=(0.55, 0.7))
    planted = [render_case(11, EXTERNAL, 3 + 6 * i, smaller) for i in range(30)]
    usual = [render_case(11, INTERNAL, 3 + 6 * i) for i in range(30)]
    assert ks_2samp(areas(planted, "intracerebral"), areas(usual, "intracerebral")).pvalue < 0.001


def lesion_hu(label: str, site: Site) -> list[float]:
    values = []
    for index in range(40):
        drawn = draw_slice(label, DEFAULT_DIFFICULTY, np.random.default_rng([4, site.number, index]))
        values.append(float(drawn.hu[drawn.lesion > 0.5].mean()))
    return values


@pytest.mark.parametrize("label", ["epidural", "subarachnoid"])
def test_lesions_are_as_dense_at_both_sites(label: str) -> None:
    assert ks_2samp(lesion_hu(label, INTERNAL), lesion_hu(label, EXTERNAL)).pvalue > 0.001


@pytest.mark.parametrize(
    "fact", [lambda c: c.level, lambda c: c.subtle, lambda c: c.kind], ids=["level", "subtle", "kind"]
)
def test_levels_subtlety_and_kinds_are_as_frequent_at_both_sites(
    cases: dict[str, list[Case]], fact: Callable[[Case], object]
) -> None:
    internal, external = ([fact(case) for case in cases[site]] for site in ("internal", "external"))
    for value in set(internal) | set(external):
        n = len(internal)
        share_a, share_b = internal.count(value) / n, external.count(value) / n
        pooled = (share_a + share_b) / 2
        # four standard errors of a difference of two shares
        assert abs(share_a - share_b) <= 4 * np.sqrt(2 * pooled * (1 - pooled) / n) + 1e-9, value


def test_the_same_patient_has_the_same_lesion_at_the_other_site() -> None:
    elsewhere = replace(EXTERNAL, number=INTERNAL.number)
    for index in range(24):
        here, there = render_case(8, INTERNAL, index), render_case(8, elsewhere, index)
        assert (here.label, here.kind, here.level, here.subtle) == (there.label, there.kind, there.level, there.subtle)
        assert here.midline_shift_mm == there.midline_shift_mm
        assert there.lesion_area_mm2 == pytest.approx(here.lesion_area_mm2, rel=0.08, abs=8)
        assert not np.array_equal(here.image, there.image)
