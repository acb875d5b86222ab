"""Where pixels lie decides no byte. Without a card, what is kept on the device is kept on the processor."""

from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs

from backbones.build import traits
from bench.cache import Caches
from bench.execution import image_source
from bench.execution.batches import ImageBatches
from bench.execution.image_source import CHUNK, FromFile, OnDevice, fits, source_of
from bench.execution.run import PreparedRun, execute

CPU = torch.device("cpu")


@pytest.mark.parametrize("channels_last", [True, False])
def test_batches_gathered_on_the_device_are_the_same_bytes(
    digit_data: Path, caches: Caches, channels_last: bool
) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    run, pixels = PreparedRun(specs[0], resources), resources.pixels
    plain = ImageBatches(pixels.open(), traits(run.model), CPU, channels_last)
    held = ImageBatches(pixels.open(), traits(run.model), CPU, channels_last, OnDevice(pixels.open(), CPU))
    for rows in (run.rows(specs[0].train)[::-1].copy(), np.array([3, 3, 0])):
        expected, found = plain(rows), held(rows)
        assert found.numpy().tobytes() == expected.numpy().tobytes()
        assert found.stride() == expected.stride()


def test_a_run_on_kept_images_predicts_the_same_bytes(
    digit_data: Path, caches: Caches, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    expected = execute(specs[0], resources, lambda epoch: True)
    monkeypatch.setattr("bench.execution.batches.source_of", OnDevice)
    found = execute(specs[0], resources, lambda epoch: True)
    assert found.probabilities.tobytes() == expected.probabilities.tobytes()
    assert found.trace == expected.trace


def test_runs_share_one_copy_and_another_data_set_takes_its_place(digit_data: Path, caches: Caches) -> None:
    _, resources = prepare_runs(digit_data, caches)
    first, second = (OnDevice(resources.pixels.open(), CPU) for _ in range(2))
    assert first._images.data_ptr() == second._images.data_ptr()
    other = np.arange((CHUNK + 3) * 12, dtype=np.uint8).reshape(-1, 2, 2, 3)
    assert np.array_equal(OnDevice(other, CPU)(np.arange(len(other)))[-5:], other[-5:])
    assert len(image_source._held) == 1
    assert not np.array_equal(OnDevice(other[::-1].copy(), CPU)(np.array([0])), other[:1])  # nameless: never shared


def test_a_processor_reads_from_the_file() -> None:
    assert isinstance(source_of(np.zeros((1, 2, 2, 3), np.uint8), CPU), FromFile)


@pytest.mark.parametrize(("gigabytes", "card", "kept"), [(2.5, 80, True), (2.6, 80, False), (0.7, 24, True)])
def test_images_are_kept_where_they_take_a_thirty_second_of_the_card(gigabytes: float, card: int, kept: bool) -> None:
    assert fits(int(gigabytes * 1e9), int(card * 1e9)) is kept
