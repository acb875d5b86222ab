"""Damage to files of the cache is said, and predictions are those of caches that were never damaged."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
from execution_runs import prepare_runs
from processes import BENCH, SMALL, Bench, predictions, wait_until
from safetensors.torch import save_file

from backbones.build import create
from bench.cache import Caches
from bench.execution.run import execute
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord

DAMAGED = 60
RECIPE = Recipe(epochs=1, head_epochs=1, batch_size=32)


def go_on(record: EpochRecord) -> bool:
    return True


def damage(file: Path, rng: np.random.Generator) -> None:
    """One bit, a cut, an end of zeros, or a turn by one byte."""
    content = bytearray(file.read_bytes())
    place = int(rng.integers(len(content)))
    kind = rng.integers(6)
    if kind == 0:
        content = content[:place]
    elif kind == 1:
        content[place:] = bytes(len(content) - place)
    elif kind == 2:
        content = content[1:] + content[:1]
    else:
        content[place] ^= 1 << int(rng.integers(8))
    file.write_bytes(content)


def test_sixty_damages_change_no_prediction(digit_data: Path, caches: Caches, tmp_path: Path) -> None:
    """Every file of the caches in turn; each time all is prepared and run as by another call."""
    weights = tmp_path / "weights.safetensors"
    save_file(create("test_resnet", 3, 32).state_dict(), weights)

    def run() -> bytes:
        specs, resources = prepare_runs(digit_data, caches, weights=str(weights), recipe=RECIPE)
        result = execute(specs[0], resources, go_on)
        assert result.status == "done", result.error
        return result.probabilities.tobytes()

    undisturbed, rng = run(), np.random.default_rng(0)
    sound = tmp_path / "sound"
    shutil.copytree(caches.root, sound)
    timed = {".seconds", ".lock"}  # how long features took, and who computes them
    names = sorted(path.relative_to(sound) for path in sound.rglob("*.*") if path.suffix not in timed)
    assert len(names) == 5  # index, pixels, thumbnails, weights, features
    for number in range(DAMAGED):
        file = caches.root / names[number % len(names)]
        damage(file, rng)
        assert run() == undisturbed, names[number % len(names)]
        if file.suffix != ".safetensors":  # of which some bytes decide nothing
            assert file.read_bytes() == (sound / file.relative_to(caches.root)).read_bytes()


def test_a_damaged_cache_is_named_by_the_command(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    command = ["run", "--data", digit_data, *SMALL, "--seeds", "1", "--results"]
    assert bench(*command, tmp_path / "first", GAPBENCH_CACHE=str(cache)).returncode == 0
    (array,) = (path for path in (cache / "pixels").glob("*.npy") if "thumbnails" not in path.name)
    content = bytearray(array.read_bytes())
    content[-5000] ^= 4
    array.write_bytes(content)
    again = bench(*command, tmp_path / "second", GAPBENCH_CACHE=str(cache))
    assert again.returncode == 0, again.stderr
    assert f"{array} is damaged" in again.stdout + again.stderr
    assert predictions(tmp_path / "second") == predictions(tmp_path / "first")


def test_kills_while_images_are_decoded_leave_nothing(digit_data: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = {**os.environ, "GAPBENCH_CACHE": str(cache), "COLUMNS": "200", "NO_COLOR": "1"}
    command = [*BENCH, "run", "--data", str(digit_data), *SMALL, "--seeds", "1", "--results"]

    def temporaries() -> list[Path]:
        return list(cache.glob("*/*.tmp"))

    for number in range(2):
        left = set(temporaries())
        process = subprocess.Popen([*command, str(tmp_path / f"{number}")], env=environment, stdout=subprocess.DEVNULL)

        def decoding(left: set[Path] = left, process: "subprocess.Popen[bytes]" = process) -> bool:
            return bool(set(temporaries()) - left) or process.poll() is not None

        try:
            wait_until(decoding, "images to be decoded")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    done = subprocess.run(
        [*command, str(tmp_path / "whole")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert temporaries() == []
