"""Thousands of odd inputs for every reader. Not part of the suite: give this file's path to pytest.

GAPBENCH_ODD_INPUTS says how many for each reader.
"""

import os
from pathlib import Path

import pytest
from odd_inputs import READERS, faults, prepare

NUMBER = int(os.environ.get("GAPBENCH_ODD_INPUTS", "3000"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("odd") / "results")


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_has_words_for_whatever_it_reads(reader: str, root: Path) -> None:
    assert faults(root, reader, range(NUMBER)) == []
