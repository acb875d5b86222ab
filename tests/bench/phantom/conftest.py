"""A small phantom on disk and a set of rendered cases, shared by the tests of this folder."""

from pathlib import Path

import pytest

from bench.phantom import write_phantom
from bench.phantom.case import Case, render_case
from bench.phantom.sites import SITES


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 internal and 12 external cases of seed 5, written in this process."""
    out = tmp_path_factory.mktemp("phantom") / "out"
    write_phantom(out, cases=24, external_cases=12, seed=5, workers=1)
    return out


@pytest.fixture(scope="session")
def cases() -> dict[str, list[Case]]:
    """240 cases of each site (40 of each class), by site name."""
    return {site.name: [render_case(11, site, index) for index in range(240)] for site in SITES}
