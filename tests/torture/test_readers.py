"""Odd inputs by the hundred thousand, for every group of readers. Not part of the suite: `make torture` runs it.

GAPBENCH_ODD_INPUTS says how many for each group; without it, as many of 100,000 as fit into the time of its group.
"""

import os
from pathlib import Path

import pytest
from odd_folder import prepare
from odd_inputs import READERS, faults

RESULTS = (
    *("run.json", ".plan.json", "heartbeat", "leaderboard.json", "search", "nondeterminism.json", "explain.json"),
    *("tuned.json", "audit.json"),
)
GROUPS: dict[str, tuple[tuple[str, ...], int]] = {
    "manifest": (("manifest",), 5_000),
    "predictions": (("predictions",), 2_000),
    "configuration": (("configuration", "recipe"), 15_000),
    "experiment": (("experiment.toml",), 5_000),
    "folds and cases": (("folds.parquet", "cases.parquet"), 5_000),
    "results": (RESULTS, 9_000),
    "DICOM": (("DICOM",), 10_000),
}
"""Readers that share a number of inputs, and how many."""
SHARE = 2_500  # inputs of one test, so that several processes can share the work


def _shares() -> list[tuple[str, range]]:
    found = []
    for readers, default in GROUPS.values():
        number = int(os.environ.get("GAPBENCH_ODD_INPUTS", default)) // len(readers)
        for reader in readers:
            found += [(reader, range(start, min(start + SHARE, number))) for start in range(0, number, SHARE)]
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("odd") / "results")


def test_every_reader_has_a_group() -> None:
    assert sorted(reader for readers, _ in GROUPS.values() for reader in readers) == sorted(READERS)


@pytest.mark.parametrize(("reader", "seeds"), _shares(), ids=lambda value: str(value).removeprefix("range"))
def test_a_reader_has_words_for_whatever_it_reads(reader: str, seeds: range, root: Path) -> None:
    assert faults(root, reader, seeds) == []
