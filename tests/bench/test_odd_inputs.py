"""Every reader of files answers odd ones with a paragraph. Thousands of them: pytest tests/torture/test_readers.py."""

from pathlib import Path

import pytest
from odd_folder import prepare
from odd_inputs import READERS, faults


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("odd") / "results")


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_has_words_for_whatever_it_reads(reader: str, root: Path) -> None:
    assert faults(root, reader, range(40)) == []
