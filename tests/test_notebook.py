"""The notebook of the docs: it runs as it stands, and what is stored of its last run tells nothing of a machine."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from trees import missing


@pytest.fixture(scope="module")
def notebooks() -> Any:
    """The module that executes it."""
    for name in ("nbclient", "ipykernel"):
        if find_spec(name) is None:
            missing(f"{name} is not installed (pip install {name})")
    return import_module("docs.notebook")


@pytest.fixture(scope="module")
def stored(notebooks: Any) -> Any:
    """As it is in the repository."""
    return notebooks.nbformat.read(notebooks.FILE, as_version=4)


def kinds(notebooks: Any, notebook: Any) -> list[tuple[int, str]]:
    """Which cell gives what; the order of an output's kinds means nothing."""
    return sorted((number, kind) for number, kind, _ in notebooks.outputs(notebook))


def test_what_is_stored_is_whole_and_tells_nothing_of_a_machine(notebooks: Any, stored: Any) -> None:
    notebooks.nbformat.validate(stored)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code)
    assert not [cell for cell in stored.cells if "execution" in cell.metadata]
    for number, kind, text in notebooks.outputs(stored):
        assert not notebooks.OF_A_MACHINE.search(text), (number, kind, notebooks.OF_A_MACHINE.search(text))
    assert notebooks.FILE.stat().st_size < 300_000


def test_it_runs_in_a_fresh_kernel_and_shows_the_same_kinds_of_things(
    notebooks: Any, stored: Any, cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    now = notebooks.executed(stored)
    assert kinds(notebooks, now) == kinds(notebooks, stored)
    (board,) = [text for number, kind, text in notebooks.outputs(now) if (number, kind) == (1, "text/html")]
    assert "resnet18" in board
    assert "<caption>Leaderboard</caption>" in board
    assert [cell.source for cell in now.cells] == [cell.source for cell in stored.cells]


def test_a_cell_that_fails_fails_the_notebook(notebooks: Any) -> None:
    from nbclient.exceptions import CellExecutionError

    cell = notebooks.nbformat.v4.new_code_cell("import bench\nbench.Experiment(seed=3)")
    with pytest.raises(CellExecutionError, match="has no option 'seed'"):
        notebooks.executed(notebooks.nbformat.v4.new_notebook(cells=[cell]))


PROGRESS = """
import bench
bench.run(DATA, backbone="test_resnet", weights="random", image_size=32, folds=2, seeds=1, epochs=1)
"""


def test_progress_is_shown_in_a_notebook(
    notebooks: Any, digit_data: Path, cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    cell = notebooks.nbformat.v4.new_code_cell(PROGRESS.replace("DATA", repr(str(digit_data))))
    now = notebooks.executed(notebooks.nbformat.v4.new_notebook(cells=[cell]))
    found = list(notebooks.outputs(now))
    said = "\n".join(text for _, kind, text in found if kind == "text/plain")
    assert "2 runs to do (0 of 2 are stored)" in said
    if find_spec("ipywidgets") is None:
        assert "2/2 runs" in said
    else:
        assert [kind for _, kind, _ in found if kind == "application/vnd.jupyter.widget-view+json"]
