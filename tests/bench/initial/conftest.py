"""`bench init` in this process, and what `bench run` would make of a configuration."""

from pathlib import Path

import pytest
from laid_out import Init, Take

from bench.cache import Caches
from bench.config.request import experiment_from
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.initial.conduct import Initial, conduct_init
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """`bench init` in this process; the configuration is written into tmp_path, which is the working folder."""
    monkeypatch.chdir(tmp_path)

    def call(path: Path, *, force: bool = False, out: str = "experiment.toml", **given: object) -> Initial:
        return conduct_init(path, Path(out), experiment_from(given), force=force)

    return call


@pytest.fixture
def take(caches: Caches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Take:
    """All that `bench run --config` does before it trains: reading, decoding, checks for leaks, folds, plan."""
    monkeypatch.setenv("GAPBENCH_CACHE", str(caches.root))

    def call(config: Path) -> Prepared:
        given = {"config": config, "backbone": ["test_resnet"], "weights": "random"}
        experiment = experiment_from(given)
        folder, terminal = ResultsFolder(tmp_path / "taken"), Terminal(quiet=True)
        folder.root.mkdir(exist_ok=True)
        return prepare(experiment, folder, look_ahead(experiment, folder, caches, terminal), caches, terminal)

    return call
