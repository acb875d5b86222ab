"""What is decided about a backbone once holds for its folder, convolutions included."""

from pathlib import Path

import pytest

from backbones.convolutions import NEWEST, Rule
from bench.cache import Caches
from bench.config.experiment import Experiment, FrozenBackbone
from bench.engine.frozen import agrees
from bench.engine.resolve import _steps, resolve_backbones
from bench.engine.weights import start_backbones
from bench.errors import RequestError
from bench.plan.spec import Steps

NAME = "test_resnet"


def asked(**options: object) -> Experiment:
    return Experiment.model_validate(
        {"backbone": [NAME], "weights": "random", "device": "cpu", "image_size": 32, **options}
    )


def resolved(experiment: Experiment, stored: Experiment | None, caches: Caches) -> FrozenBackbone:
    started = start_backbones(experiment, stored, caches, print).result()
    planned, frozen = resolve_backbones(experiment, stored, 2, caches, print, started)
    assert planned[0].numerics.convolutions == frozen[NAME].convolutions
    return frozen[NAME]


def test_new_folders_follow_the_newest_rule_on_a_processor(tmp_path: Path) -> None:
    found = resolved(asked(), None, Caches(tmp_path))
    assert (found.device, found.convolutions) == ("cpu", NEWEST)
    stored = asked().model_copy(update={"frozen": {NAME: found}})
    assert resolved(asked(), stored, Caches(tmp_path)) == found


@pytest.mark.parametrize("rule", ["torch", "products-1"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_older_folders_go_on_by_the_rule_that_they_had(tmp_path: Path, precision: str, rule: Rule) -> None:
    known = FrozenBackbone(
        weights="random", weights_digest="", precision="fp32", device="cpu", parameters=7, convolutions=rule
    )
    stored = asked().model_copy(update={"frozen": {NAME: known}})
    found = resolved(asked(precision=precision), stored, Caches(tmp_path))
    assert (found.convolutions, found.precision) == (rule, precision)


def test_steps_are_recorded_on_cuda_alone_and_stay_as_a_folder_has_them() -> None:
    """Without a card the decision alone is looked at."""

    def frozen(steps: Steps) -> FrozenBackbone:
        return FrozenBackbone(
            weights="random", weights_digest="", precision="fp32", device="cuda", parameters=7, steps=steps
        )

    assert _steps(asked(), None, "cuda") == "graph"
    assert _steps(asked(), None, "cpu") == _steps(asked(), None, "mps") == "eager"
    assert _steps(asked(), frozen("eager"), "cuda") == "eager"  # made before steps were recorded
    assert _steps(asked(), frozen("graph"), "cpu") == "eager"
    assert _steps(asked(steps="graph"), frozen("eager"), "cuda") == "graph"
    assert agrees(frozen("eager"), asked(device="cuda"))
    assert not agrees(frozen("eager"), asked(device="cuda", steps="graph"))


def test_steps_cannot_be_recorded_without_cuda(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"--steps graph records steps on a GPU with CUDA, and this is cpu\. Leave"):
        resolved(asked(steps="graph"), None, Caches(tmp_path))
    assert resolved(asked(steps="eager"), None, Caches(tmp_path)).steps == "eager"
