"""Where other machines execute runs, this one's processors, memory and devices decide nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from execution_runs import prepare_runs

from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.config.faults import checked
from bench.config.texts import parse_slurm
from bench.engine.execute import executor_here, fresh_executor, workers_for
from bench.engine.memory import refuse_too_many
from bench.engine.weights import resolved_device
from bench.errors import RequestError
from bench.execution.on_slurm.executor import SlurmExecutor
from bench.execution.pool import PoolExecutor

CLUSTER = {"executor": "ray", "address": "head:6379"}
HUGE = FrozenBackbone(weights="random", weights_digest="", precision="fp32", device="cpu", parameters=10**15)


def experiment(**options: object) -> Experiment:
    return checked(Experiment, {"backbone": ["test_resnet"], **options}, "a test")


@pytest.mark.parametrize("elsewhere", [CLUSTER, {"executor": "slurm"}])
def test_machines_that_are_not_here_are_not_judged_by_this_one(
    elsewhere: dict[str, str], digit_data: Path, caches: Caches
) -> None:
    specs, _ = prepare_runs(digit_data, caches)
    on_gpu = [replace(spec, numerics=replace(spec.numerics, device="cuda")) for spec in specs * 20]
    assert workers_for(experiment(**elsewhere), on_gpu) == 40
    assert workers_for(experiment(**elsewhere, workers=7), on_gpu) == 7
    refuse_too_many(40, experiment(**elsewhere, frozen={"test_resnet": HUGE}))
    assert resolved_device(experiment(**elsewhere, device="cuda")) == "cuda"


def test_a_cluster_on_this_machine_is_judged_as_processes_are(digit_data: Path, caches: Caches) -> None:
    specs, _ = prepare_runs(digit_data, caches)
    here = experiment(executor="ray")
    assert workers_for(here, specs * 20) == workers_for(experiment(executor="processes"), specs * 20)
    with pytest.raises(RequestError, match="workers need at least"):
        refuse_too_many(2, experiment(executor="ray", frozen={"test_resnet": HUGE}))


def test_models_that_are_explained_are_trained_here(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    away = experiment(executor="slurm")
    assert isinstance(executor_here(away.model_copy(update={"workers": 2}), resources, specs), PoolExecutor)
    assert isinstance(fresh_executor(away, resources, specs), SlurmExecutor)
    assert isinstance(fresh_executor(experiment(executor="in-process"), resources, specs), PoolExecutor)


def test_options_of_sbatch_are_a_text_or_a_table() -> None:
    assert parse_slurm("partition=gpu, --gpus-per-node=1,time=2:00:00") == {
        "partition": "gpu",
        "gpus_per_node": "1",
        "time": "2:00:00",
    }
    assert experiment(slurm={"partition": "gpu"}).machines.slurm == {"partition": "gpu"}
    with pytest.raises(RequestError, match="--slurm takes KEY=VALUE,KEY=VALUE, such as partition=gpu"):
        parse_slurm("gpu")
