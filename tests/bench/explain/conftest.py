"""Small real models, trained once in this process, with and without keeping them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from explained import train, write_data


@pytest.fixture(scope="package")
def session_cache(cache_root: Path) -> Iterator[None]:
    """The caches of the test session, for calls in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPBENCH_CACHE", str(cache_root))
        patch.setenv("COLUMNS", "200")
        yield


@pytest.fixture(scope="package")
def masked_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 internal and 12 external digits of three classes, two of them with masks."""
    return write_data(tmp_path_factory.mktemp("masked-digits"))


@pytest.fixture(scope="package")
def kept(session_cache: None, masked_digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained with their models kept."""
    return train(tmp_path_factory.mktemp("kept") / "results", data=str(masked_digits), save_models=True)


@pytest.fixture(scope="package")
def forgotten(session_cache: None, kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same results without one of the models."""
    results = Path(shutil.copytree(kept, tmp_path_factory.mktemp("forgotten") / "results"))
    min(results.glob("runs/*/model.safetensors")).unlink()
    return results
