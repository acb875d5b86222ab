"""What a Ray cluster does that a machine of one's own does not: nodes that go, lack files, or have other versions."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from execution_runs import Killed, prepare_runs
from ray_clusters import TESTS_TOO, TwoNodes, on_ray, two_nodes
from safetensors.torch import save_file

from backbones.build import build
from bench.cache import Caches
from bench.errors import RequestError
from bench.execution.executor import CardLoad, Executor
from bench.execution.in_process import InProcessExecutor
from bench.execution.on_ray.executor import RayExecutor
from bench.execution.resources import Resources
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunResult, RunSpec

Runs = tuple[list[RunSpec], Resources]


@pytest.fixture(scope="module")
def nodes() -> Iterator[TwoNodes]:
    with two_nodes() as nodes:
        yield nodes


@pytest.fixture(scope="module")
def runs(digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Two folds that begin with the weights of a file."""
    folder = tmp_path_factory.mktemp("weights")
    body = {name: tensor for name, tensor in build("test_resnet", 3, 32, None).state_dict().items() if "fc" not in name}
    save_file({name: tensor.contiguous() for name, tensor in body.items()}, folder / "body.safetensors")
    recipe = Recipe(epochs=2, batch_size=16, head_epochs=1)
    weights = str(folder / "body.safetensors")
    return prepare_runs(digit_data, Caches(tmp_path_factory.mktemp("caches")), weights=weights, recipe=recipe)


@pytest.fixture(scope="module")
def reference(runs: Runs) -> dict[int, RunResult]:
    """The results of this process."""
    specs, resources = runs
    return by_fold(InProcessExecutor(resources), specs)


def go_on(spec: RunSpec, epoch: EpochRecord) -> bool:
    return True


def by_fold(
    executor: Executor, specs: list[RunSpec], on_epoch: Callable[[RunSpec, EpochRecord], bool] = go_on
) -> dict[int, RunResult]:
    return {spec.fold: result for spec, result in executor.run(specs, on_epoch)}


def same(ours: dict[int, RunResult], theirs: dict[int, RunResult]) -> bool:
    assert {fold: result.error for fold, result in ours.items()} == dict.fromkeys(theirs, "")
    return all(np.array_equal(ours[fold].probabilities, theirs[fold].probabilities) for fold in theirs)


def test_the_run_of_a_node_that_is_gone_is_done_on_another_with_the_same_bytes(
    nodes: TwoNodes, runs: Runs, reference: dict[int, RunResult], capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs
    doomed = nodes.nodes[-1].node_id
    gone: list[int] = []

    def end_its_node(spec: RunSpec, epoch: EpochRecord) -> bool:
        (hand,) = [hand for hand in executor._crew.hands if hand.spec is spec]
        if epoch.epoch == 1 and hand.node == doomed and not gone:
            gone.append(spec.fold)
            nodes.kill()
        return True

    try:
        executor = on_ray(nodes, resources, specs)
        assert isinstance(executor, RayExecutor)
        with executor:
            assert executor.workers == 2
            found = by_fold(executor, specs, end_its_node)
    finally:
        nodes.add()
    assert len(gone) == 1
    assert same(found, reference)
    assert "of the Ray cluster is gone. The run is begun again on another." in capsys.readouterr().err


def test_a_node_that_does_not_answer_is_said_to_be_busy(
    nodes: TwoNodes, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to lack bench."""
    specs, resources = runs
    monkeypatch.setattr("bench.execution.on_ray.nodes.SECONDS", 0.0)
    with (
        pytest.raises(RequestError, match=r"Node .* has not answered within 0 s\. See there whether it is busy"),
        on_ray(nodes, resources, specs),
    ):
        pass


def test_a_worker_that_is_killed_is_replaced_and_its_run_tried_again_alone(
    nodes: TwoNodes, runs: Runs, reference: dict[int, RunResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs
    with on_ray(nodes, replace(resources, watch=Killed(tmp_path / "done")), specs) as executor:
        ended = list(executor.run(specs, go_on))
    assert [spec.fold for spec, _ in ended] == [1, 0]
    assert same({spec.fold: result for spec, result in ended}, reference)
    said = capsys.readouterr().err
    assert "died (often too little memory). The run is tried again alone when the others have ended." in said


@pytest.mark.parametrize("way", ["object store", "url"])
def test_a_node_without_the_cache_is_brought_what_it_lacks(
    way: str, nodes: TwoNodes, runs: Runs, reference: dict[int, RunResult], tmp_path: Path
) -> None:
    specs, resources = runs
    own = tmp_path / "cache of the node"
    options = {} if way == "object store" else {"node_cache": f"file://{tmp_path}/shared"}
    nodes.kill()
    nodes.add(GAPBENCH_CACHE=str(own))
    try:
        with on_ray(nodes, resources, specs, **options) as executor:
            assert executor.workers == 2
            assert same(by_fold(executor, specs), reference)
    finally:
        nodes.kill()
        nodes.add()
    pixels = resources.pixels.array_file
    assert (own / "pixels" / pixels.name).read_bytes() == pixels.read_bytes()
    weights = f"{specs[0].weights.digest}.safetensors"
    assert (own / "weights" / weights).read_bytes() == (resources.caches.weights / weights).read_bytes()
    if way == "url":
        assert len(list((tmp_path / "shared").iterdir())) == 2


def test_what_arrives_with_other_bytes_is_refused(nodes: TwoNodes, runs: Runs, tmp_path: Path) -> None:
    """The file in the common place has the size that it should have, and one other byte."""
    specs, resources = runs
    shared = tmp_path / "shared"
    nodes.kill()
    nodes.add(GAPBENCH_CACHE=str(tmp_path / "own"))
    try:
        with on_ray(nodes, resources, specs, node_cache=f"file://{shared}") as executor:
            (array,) = shared.glob("*.npy")
            content = bytearray(array.read_bytes())
            content[-1] ^= 1
            array.write_bytes(content)
            found = by_fold(executor, specs)
    finally:
        nodes.kill()
        nodes.add()
    errors = [result.error for result in found.values() if result.status == "failed"]
    assert errors
    assert f"arrived from file://{shared} with other bytes than were sent" in errors[0]
    assert not list((tmp_path / "own" / "pixels").glob("*.npy"))


def test_a_node_with_other_versions_is_named_before_the_first_run(nodes: TwoNodes, runs: Runs, tmp_path: Path) -> None:
    specs, resources = runs
    described = tmp_path / "torch-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 1.0\n")
    nodes.kill()
    nodes.add(PYTHONPATH=os.pathsep.join([str(tmp_path), *TESTS_TOO.values()]))
    try:
        with pytest.raises(
            RequestError, match=r"Node \S+ of the Ray cluster has torch 1\.0 \(the driver's: \S+\)\. Install"
        ):
            on_ray(nodes, resources, specs).__enter__()
    finally:
        nodes.kill()
        nodes.add()


def test_a_node_with_other_instructions_is_left_out_where_that_is_asked_for(
    nodes: TwoNodes, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = runs
    nodes.add(ONEDNN_MAX_CPU_ISA="SSE41")
    try:
        with on_ray(nodes, resources, specs, same_cpu=True) as executor:
            assert isinstance(executor, RayExecutor)
            used = {hand.node for hand in executor._crew.hands}
            assert nodes.nodes[-1].node_id not in used
            assert executor.workers == 2
    finally:
        nodes.kill()
    assert "is left out: its instruction set is other, most have" in capsys.readouterr().err


def test_a_gpu_that_no_node_has_is_an_error(nodes: TwoNodes, runs: Runs) -> None:
    specs, resources = runs
    on_gpu = [replace(spec, numerics=replace(spec.numerics, device="cuda")) for spec in specs]
    with pytest.raises(RequestError, match=r"No node of the Ray cluster has 1 CPU\(s\) and 0\.5 GPU"):
        on_ray(nodes, resources, on_gpu, gpu_share=0.5).__enter__()


def test_a_worker_takes_the_share_of_a_gpu_that_was_measured(nodes: TwoNodes, runs: Runs) -> None:
    specs, resources = runs
    on_gpu = [replace(spec, numerics=replace(spec.numerics, device="cuda")) for spec in specs]
    measured, asked = on_ray(nodes, resources, on_gpu), on_ray(nodes, resources, on_gpu, gpu_share=0.5)
    assert measured._needs(on_gpu).gpus == 1.0
    for executor in (measured, asked):
        executor._shares[on_gpu[0].backbone] = CardLoad(3e9, 1e9, 20e9, 21e9, step=0.4, busy=0.1).share
    assert measured._needs(on_gpu).gpus == pytest.approx(1 / 4)
    assert measured._needs(on_gpu).places({"CPU": 16.0, "GPU": 2.0}) == 8
    assert asked._needs(on_gpu).gpus == 0.5
    assert measured._needs(specs).gpus == 0.0  # on processors


def test_two_executors_of_a_process_do_not_wait_for_each_others_places(
    nodes: TwoNodes, runs: Runs, reference: dict[int, RunResult]
) -> None:
    specs, resources = runs
    with on_ray(nodes, resources, specs) as first:
        assert same(by_fold(first, specs[:1]), {0: reference[0]})
        with on_ray(nodes, resources, specs) as second:
            assert same(by_fold(second, specs), reference)
        assert same(by_fold(first, specs[1:]), {1: reference[1]})
