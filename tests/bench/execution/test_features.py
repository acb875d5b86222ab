"""Cached features of a frozen body, and what becomes of a file that a power cut or a full disk has spoilt."""

from pathlib import Path

import numpy as np
import pytest
from execution_runs import prepare_runs

from bench.cache import Caches
from bench.execution.features import Features, feature_key, load_features, pooled
from bench.execution.run import PreparedRun


@pytest.mark.parametrize("kept", [0, 40, 400])
def test_a_file_that_is_cut_off_is_made_again(digit_data: Path, caches: Caches, kept: int) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    caches.features.mkdir(parents=True, exist_ok=True)
    run = PreparedRun(specs[0], resources)

    def compute() -> Features:
        return pooled(run.model, run.images, len(resources.pixels.row), run.autocast)

    def load() -> np.ndarray:
        return load_features(caches.features, run.spec, resources.pixels, compute).values

    whole = load()
    file = caches.features / f"{feature_key(run.spec, resources.pixels)}.npy"
    file.write_bytes(file.read_bytes()[:kept])
    assert np.array_equal(load(), whole)
    assert np.array_equal(np.load(file), whole)
    assert not list(caches.features.glob("*.tmp"))
