"""A folder is read once, and a request is checked against what was read."""

import shutil
from pathlib import Path

import pytest

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.config.toml import read_experiment
from bench.engine.begin import begin
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.folds.table import FoldTable
from bench.running import complete, merged_with_stored
from bench.store import folder as folder_module
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal


@pytest.fixture
def results(finished: Path, cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a finished experiment, and the caches that it was made with."""
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    return Path(shutil.copytree(finished, tmp_path / "results"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of experiments that are read, in their order."""
    files: list[Path] = []

    def note(path: Path) -> Experiment:
        files.append(path)
        return read_experiment(path)

    monkeypatch.setattr(folder_module, "read_experiment", note)
    return files


def again(results: Path) -> Experiment:
    """The experiment of the folder, as it would be asked for again."""
    stored = read_experiment(results / "experiment.toml")
    return stored.model_copy(update={"results": str(results), "frozen": {}})


def test_a_resumed_run_reads_the_experiment_once(results: Path, read: list[Path]) -> None:
    before = {path: path.read_bytes() for path in results.glob("*.parquet")}
    done = complete(again(results), Terminal(quiet=True))
    assert done.text is not None
    assert done.failed == []
    assert read == [results / "experiment.toml"]
    assert {path: path.read_bytes() for path in results.glob("*.parquet")} == before


def test_a_further_seed_is_planned_on_the_folds_that_are_there(results: Path, read: list[Path]) -> None:
    wanted = again(results).model_copy(update={"seeds": [1, 2]})
    folder, terminal = ResultsFolder(results), Terminal(quiet=True)
    caches = user_caches()
    prepared = prepare(wanted, folder, look_ahead(wanted, folder, caches, terminal), caches, terminal)
    stored = folder.folds()
    assert stored is not None
    assert prepared.folds.by_seed[1] == stored.by_seed[1]
    assert sorted(prepared.folds.by_seed) == [0, 1, 2]
    planned = {spec.run_id: spec for spec in prepared.specs()}
    assert {spec.seed for name, spec in planned.items() if name in folder.runs.complete()} == {1}
    assert len(planned) == 4


def test_seeds_that_another_process_adds_while_this_one_reads_are_not_lost(results: Path) -> None:
    wanted, folder, terminal, caches = again(results), ResultsFolder(results), Terminal(quiet=True), user_caches()
    readings, said = list[FoldTable](), list[str]()

    def read() -> Prepared:
        prepared = prepare(wanted, folder, look_ahead(wanted, folder, caches, terminal), caches, terminal)
        readings.append(prepared.folds)
        if len(readings) == 1:
            with folder.locked(command="bench import"):
                folder.write_folds(prepared.folds.with_seeds(FoldTable({9: prepared.folds.by_seed[0]})))
        return prepared

    with begin(read, folder, "bench run", merged_with_stored, said.append) as begun:
        assert set(begun.prepared.folds.by_seed) == {0, 1, 9}
        assert folder.folds() == begun.prepared.folds == begun.snapshot.folds
    assert [sorted(folds.by_seed) for folds in readings] == [[0, 1], [0, 1, 9]]
    assert said == [f"Another process has changed {results} meanwhile: it is read again."]
