"""Phantoms of more than two sites: hospitals drawn from a stated population, and written beside the images."""

import csv
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from bench.data.sites import sites_of
from bench.phantom import write_phantom
from bench.phantom.population import POPULATION, hospitals
from bench.phantom.sites import INTERNAL, SITES


def test_two_sites_are_those_that_are_fixed() -> None:
    assert hospitals(7, 2) == SITES


def test_a_hospital_does_not_depend_on_how_many_are_asked_for() -> None:
    assert hospitals(3, 9)[:4] == hospitals(3, 4)
    assert hospitals(3, 4) != hospitals(4, 4)
    assert [site.number for site in hospitals(3, 4)] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", POPULATION)
def test_parameters_are_spread_as_the_population_says(name: str) -> None:
    spread = POPULATION[name]
    middles = np.array([np.mean(asdict(site)[name]) for site in hospitals(1, 300)])
    assert kstest((middles - spread.lowest) / (spread.highest - spread.lowest), "uniform").pvalue > 0.001
    assert asdict(hospitals(1, 3)[0])[name] != asdict(INTERNAL)[name]


def test_no_parameter_leaves_its_meaning() -> None:
    for site in hospitals(5, 200):
        assert 100 < site.matrix[0] <= site.matrix[1] <= 224
        assert 1 <= site.jpeg_quality[0] <= site.jpeg_quality[1] <= 100
        assert min(site.head_holder, site.streaks, site.motion, site.burned_in_text) >= 0
        assert min(site.psf_mm[0], site.noise_hu[0], site.noise_cutoff[0], site.gamma[0]) > 0
        assert site.edge_enhancement[0] >= 0


def test_the_drawn_parameters_lie_beside_the_images(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_phantom(out, cases=12, external_cases=6, seed=2, sites=4, workers=1)
    assert list(sites_of(out)) == ["internal", "hospital-2", "hospital-3", "hospital-4"]
    with (out / "sites.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["site"] for row in rows] == list(sites_of(out))
    for row, site in zip(rows, hospitals(2, 4), strict=True):
        assert float(row["noise_hu_low"]) == site.noise_hu[0]
        assert float(row["noise_hu_high"]) == site.noise_hu[1]
        assert float(row["motion"]) == site.motion
    with (out / "manifest.csv").open(encoding="utf-8", newline="") as file:
        images = list(csv.DictReader(file))
    assert len(images) == 12 + 3 * 6
    assert {(row["site"], row["path"].split("/")[0]) for row in images} == {
        (name, path.name) for name, path in sites_of(out).items()
    }
    assert all((out / row["path"]).is_file() and (out / row["mask"]).is_file() for row in images)


def test_one_site_is_none_to_compare(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 2 sites, not 1"):
        write_phantom(tmp_path / "out", sites=1, workers=1)
