"""Experiments that share a cache never change what a run of another one reads, nor does damage."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from execution_runs import prepare_runs
from shared_pixels import SETTINGS, sources_in, wrong_rows

from bench.cache import Caches
from bench.data.cases import Source
from bench.data.images import file_digest
from bench.data.pixels import build_cache
from bench.execution.run import execute
from bench.plan.spec import EpochRecord


def go_on(record: EpochRecord) -> bool:
    return True


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestOtherExperiments:
    def test_a_run_reads_what_it_began_with(self, digit_data: Path, caches: Caches, tmp_path: Path) -> None:
        """Other limits, other sets and other unreadable files, in between two executions of the same runs."""
        specs, resources = prepare_runs(digit_data, caches)
        before = [execute(spec, resources, go_on).probabilities for spec in specs]
        files = contents(caches.pixels)
        everything = sources_in(digit_data)
        (tmp_path / "broken.png").write_bytes(b"\x89PNG nothing more")
        broken = {file_digest(tmp_path / "broken.png"): Source(tmp_path / "broken.png")}
        build_cache(caches.pixels, everything, SETTINGS, max_pixels=100)  # images of the external site are larger
        build_cache(caches.pixels, sources_in(digit_data, "external/0", "internal/1"), SETTINGS)
        with_broken = build_cache(caches.pixels, everything | broken, SETTINGS)
        assert with_broken.unreadable.keys() == broken.keys()
        assert (with_broken.array_file, with_broken.row) == (resources.pixels.array_file, resources.pixels.row)
        assert {name: contents(caches.pixels)[name] for name in files} == files
        after = [execute(spec, resources, go_on).probabilities for spec in specs]
        assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))

    def test_an_entry_is_the_same_bytes_whoever_makes_it(self, digit_data: Path, tmp_path: Path) -> None:
        """Alone, from what others have decoded, and from a set some of which is broken."""
        wanted = sources_in(digit_data, "internal")
        alone, copied, partly = (tmp_path / name for name in ("alone", "copied", "partly"))
        for folder in (alone, copied, partly):
            folder.mkdir()
        entry = build_cache(alone, wanted, SETTINGS)
        build_cache(copied, sources_in(digit_data, "internal/0", "external"), SETTINGS)
        assert build_cache(copied, wanted, SETTINGS).row == entry.row
        broken = {f"{digit:x}" * 64: Source(tmp_path / "gone.png") for digit in range(16)}  # before, among and after
        assert build_cache(partly, wanted | broken, SETTINGS).row == entry.row
        made = contents(alone)
        assert len(made) == 3
        for folder in (copied, partly):
            assert {name: contents(folder)[name] for name in made} == made

    def test_what_another_experiment_decoded_is_not_decoded_again(
        self, digit_data: Path, caches: Caches, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build_cache(caches.pixels, sources_in(digit_data, "internal"), SETTINGS)
        build_cache(caches.pixels, sources_in(digit_data, "external"), SETTINGS)
        monkeypatch.setattr("bench.data.pixels.decode_parts", lambda *given: pytest.fail("it was decoded again"))
        both = build_cache(caches.pixels, sources_in(digit_data), SETTINGS)
        assert len(both.row) == 120

    def test_processes_that_fill_one_cache_at_once(self, digit_data: Path, caches: Caches) -> None:
        """Eight processes build overlapping sets with two limits; each reads its own pixels."""
        parts = [["internal"], ["internal", "external"], ["internal/0", "external"], ["external/1", "internal/1"]]
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(3, mp_context=context) as pool:
            jobs = [
                pool.submit(wrong_rows, caches.pixels, digit_data, chosen, limit)
                for chosen in parts
                for limit in (100, 10**8)
            ]
            assert [job.result() for job in jobs] == [0] * len(jobs)
        assert not list(caches.pixels.glob(".*"))
