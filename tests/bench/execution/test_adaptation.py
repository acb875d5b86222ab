"""Models that meet another site in another way: what each changes, and that no label of the site plays a part."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs
from scipy.stats import entropy as of_scipy
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from backbones.convolutions import NEWEST
from backbones.norms import batch_norms
from bench.cache import Caches
from bench.execution.adaptation.covariance import Target, WithCoral, coral
from bench.execution.adaptation.entropy import Adapting, adapted_logits, entropy
from bench.execution.adaptation.statistics import Moments, with_statistics
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun, execute
from bench.execution.training import TrainingPart
from bench.plan.adaptation import ADAPTATIONS, Adaptation
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunSpec, Sample

ADAPTED = ADAPTATIONS[1:]


def go_on(epoch: EpochRecord) -> bool:
    return True


@pytest.fixture(scope="module")
def planned(digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSpec, Resources]:
    """A small real run with an external site of 30 digits."""
    caches = Caches(tmp_path_factory.mktemp("adapted"))
    specs, resources = prepare_runs(digit_data, caches, recipe=Recipe(epochs=1, batch_size=16))
    return specs[0], resources


@pytest.fixture
def run(planned: tuple[RunSpec, Resources]) -> PreparedRun:
    return PreparedRun(*planned)


def with_adaptation(spec: RunSpec, adaptation: Adaptation) -> RunSpec:
    return replace(spec, adaptation=adaptation)


def inputs_of_norms(model: nn.Module, images: torch.Tensor) -> Iterator[tuple[_BatchNorm, np.ndarray[Any, Any]]]:
    """What each batch norm is given of the images, all of them at once."""
    seen: dict[_BatchNorm, np.ndarray[Any, Any]] = {}
    hooks = [
        norm.register_forward_pre_hook(lambda norm, given: seen.__setitem__(norm, given[0].numpy().astype(np.float64)))
        for norm in batch_norms(model)
    ]
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return iter(seen.items())


def test_batch_norms_get_the_statistics_of_the_site(run: PreparedRun) -> None:
    """Mean and variance that numpy finds in what the adapted model computes of all images, whatever the batches."""
    rows = run.rows(run.spec.external)
    adapted = with_statistics(run.model, run.images, rows.tolist(), run.autocast)
    found = list(inputs_of_norms(adapted, run.images(rows)))
    assert len(found) == len(batch_norms(run.model)) > 3
    for norm, given in found:
        over = tuple(axis for axis in range(given.ndim) if axis != 1)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        assert norm.running_mean.numpy() == pytest.approx(given.mean(over), abs=1e-4)
        assert norm.running_var.numpy() == pytest.approx(given.var(over), rel=1e-3, abs=1e-5)


def test_they_are_those_of_one_batch_of_all_images_and_nothing_else_changes(run: PreparedRun) -> None:
    rows, before = run.rows(run.spec.external), {key: value.clone() for key, value in run.model.state_dict().items()}
    adapted = with_statistics(run.model, run.images, rows.tolist(), run.autocast)
    whole = adapted_copy(run.model)
    with torch.no_grad():
        expected = whole(run.images(rows))
        found = adapted(run.images(rows))
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert all(torch.equal(value, before[key]) for key, value in run.model.state_dict().items())
    changed = {key for key, value in adapted.state_dict().items() if not torch.equal(value, before[key])}
    assert {key.rpartition(".")[2] for key in changed} == {"running_mean", "running_var"}


def adapted_copy(model: nn.Module) -> nn.Module:
    """Torch's own batch norms in training mode, in one batch."""
    whole = deepcopy(model).eval()
    for norm in batch_norms(whole):
        norm.train()
    return whole


def test_moments_of_batches_are_those_of_the_whole() -> None:
    values = 1e3 + torch.randn(50, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    moments = Moments()
    for part in values.split([1, 7, 30, 12]):
        moments.add(part)
    exact = values.numpy().astype(np.float64)
    assert moments.mean == pytest.approx(exact.mean((0, 2, 3)), rel=1e-7)
    assert moments.variance == pytest.approx(exact.var((0, 2, 3)), rel=1e-4)
    flat = Moments()
    flat.add(torch.tensor([[1.0, 2], [3, 6]]))
    assert (flat.mean.tolist(), flat.variance.tolist()) == ([2, 4], [1, 4])


def test_entropy_is_that_of_scipy() -> None:
    logits = torch.tensor([[0.0, 0, 0], [5, 1, -2], [100, 0, 0]])
    assert entropy(logits).numpy() == pytest.approx(of_scipy(logits.softmax(1).double().numpy(), axis=1), abs=1e-6)


def test_entropy_falls_and_only_scales_and_shifts_of_norms_move(run: PreparedRun) -> None:
    images = run.images(run.rows(run.spec.external))
    adapting = Adapting(run.model, run.autocast)
    before = {key: value.clone() for key, value in adapting.model.state_dict().items()}
    entropies = [float(entropy(adapting.step(images)).mean()) for _ in range(12)]
    assert entropies[-1] < entropies[0]
    changed = {key for key, value in adapting.model.state_dict().items() if not torch.equal(value, before[key])}
    of_norms = {
        f"{name}.{kind}"
        for name, part in adapting.model.named_modules()
        if isinstance(part, _BatchNorm)
        for kind in ("weight", "bias")
    }
    assert changed
    assert changed <= of_norms
    assert all(parameter.requires_grad for parameter in run.model.parameters())


def test_the_first_batch_of_a_site_is_predicted_with_its_own_statistics_alone(run: PreparedRun) -> None:
    """As in the paper, a batch is predicted before it moves the model: with one batch that is no step at all."""
    rows = run.rows(run.spec.external)
    logits = adapted_logits(run.model, run.images, rows, run.autocast, batch_size=len(rows), seed=3)
    with torch.no_grad():
        expected = adapted_copy(run.model)(run.images(rows)).numpy()
    assert logits == pytest.approx(expected, rel=1e-3, abs=1e-4)
    several = [adapted_logits(run.model, run.images, rows, run.autocast, batch_size=8, seed=seed) for seed in (3, 3, 4)]
    assert np.array_equal(several[0], several[1])
    assert not np.array_equal(several[0], several[2])


def test_the_distance_of_covariances_is_the_formula_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(20, 4)), rng.normal(size=(9, 4)) * [1, 2, 3, 4] + 7
    expected = np.square(np.cov(a.T) - np.cov(b.T)).sum() / (4 * 4**2)
    assert float(coral(torch.from_numpy(a), torch.from_numpy(b))) == pytest.approx(expected)
    moved = torch.from_numpy(a + np.array([1, -2, 3, 0]))
    assert float(coral(torch.from_numpy(a), moved)) == pytest.approx(0, abs=1e-20)


def test_the_loss_of_a_batch_is_cross_entropy_of_its_labelled_half_and_the_distance() -> None:
    outputs, labels = torch.randn(12, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    expected = nn.functional.cross_entropy(outputs[:6], labels) + coral(outputs[:6], outputs[6:])
    assert torch.equal(WithCoral(nn.CrossEntropyLoss())(outputs, labels), expected)


def test_a_batch_has_as_many_unlabelled_images_behind_as_it_has_labelled_ones() -> None:
    rows = np.arange(100, 117)  # ten training cases, then seven of the target
    part = TrainingPart(
        lambda wanted: torch.from_numpy(wanted), rows, np.zeros(10, dtype=np.int64), target=Target(7, seed=5)
    )
    epochs = [part.batch(np.arange(10), epoch).tolist() for epoch in (0, 0, 1)]
    assert epochs[0][:10] == list(range(100, 110))
    assert set(epochs[0][10:]) == set(range(110, 117))  # each at least once
    assert epochs[0] == epochs[1]
    assert epochs[0] != epochs[2]
    assert part.batch(np.array([3, 4]), 0).tolist() == [103, 104, epochs[0][13], epochs[0][14]]


@pytest.fixture(scope="module")
def probabilities(planned: tuple[RunSpec, Resources]) -> dict[Adaptation, np.ndarray[Any, Any]]:
    """What each adaptation predicts."""
    spec, resources = planned
    results = {one: execute(with_adaptation(spec, one), resources, go_on) for one in ADAPTATIONS}
    assert [result.status for result in results.values()] == ["done"] * len(ADAPTATIONS), results
    return {one: result.probabilities for one, result in results.items()}


@pytest.mark.parametrize("adaptation", ADAPTED)
def test_every_adaptation_changes_the_external_predictions(
    planned: tuple[RunSpec, Resources], probabilities: dict[Adaptation, Any], adaptation: Adaptation
) -> None:
    """Those of internal cases are of the model as it was trained, where copies of it are adapted."""
    n = len(planned[0].validation)
    plain, found = probabilities["none"], probabilities[adaptation]
    assert not np.array_equal(found[n:], plain[n:])
    assert np.array_equal(found[:n], plain[:n]) == (adaptation in ("adabn", "tent"))
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)


class Unreadable:
    """A label that nobody can look at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise AssertionError("the label of an external case was read")

    def _raise(self, *given: object) -> NoReturn:
        raise AssertionError("the label of an external case was read")

    __eq__ = __hash__ = __str__ = __repr__ = __len__ = __lt__ = _raise


@pytest.mark.parametrize("adaptation", ADAPTED)
def test_no_label_of_an_external_case_is_read(
    planned: tuple[RunSpec, Resources], probabilities: dict[Adaptation, Any], adaptation: Adaptation
) -> None:
    spec, resources = planned
    hidden: Any = Unreadable()
    external = tuple(Sample(one.case_id, one.site, hidden, one.digest, one.group) for one in spec.external)
    found = execute(replace(spec, external=external, adaptation=adaptation), resources, go_on)
    assert found.probabilities.tobytes() == probabilities[adaptation].tobytes()


def test_the_same_bytes_in_one_process_and_in_two(
    planned: tuple[RunSpec, Resources], probabilities: dict[Adaptation, Any]
) -> None:
    spec, resources = planned
    specs = [with_adaptation(spec, one) for one in ADAPTED]
    with PoolExecutor(resources, 2) as pool:
        for one, result in pool.run(specs, lambda spec, epoch: True):
            assert result.probabilities.tobytes() == probabilities[one.adaptation].tobytes(), one.adaptation


def test_each_site_is_adapted_to_by_itself(planned: tuple[RunSpec, Resources]) -> None:
    """Of two sites each is predicted as if the other were not there."""
    spec, resources = planned
    half = len(spec.external) // 2
    first = tuple(replace(one, site="a") for one in spec.external[:half])
    second = tuple(replace(one, site="b") for one in spec.external[half:])
    n = len(spec.validation)
    for adaptation in ("adabn", "tent"):
        both = execute(replace(spec, external=first + second, adaptation=adaptation), resources, go_on).probabilities
        alone = execute(replace(spec, external=second, adaptation=adaptation), resources, go_on).probabilities
        assert np.array_equal(both[n + half :], alone[n:])


@pytest.mark.parametrize("adaptation", ADAPTED)
def test_other_numerics_go_with_it(planned: tuple[RunSpec, Resources], adaptation: Adaptation) -> None:
    """bf16, and convolutions that the product computes itself."""
    spec, resources = planned
    numerics = replace(spec.numerics, precision="bf16", convolutions=NEWEST)
    found = execute(replace(spec, numerics=numerics, adaptation=adaptation), resources, go_on)
    assert found.status == "done", found.error
    assert np.isfinite(found.probabilities).all()


@pytest.mark.parametrize("adaptation", ["histogram", "coral"])
def test_pretrained_weights_and_augmentation_go_with_it(
    digit_data: Path, caches: Caches, adaptation: Adaptation
) -> None:
    recipe = Recipe(epochs=1, head_epochs=1, batch_size=16, augmentation="light")
    specs, resources = prepare_runs(
        digit_data, caches, backbone="tf_efficientnet_lite0", weights="imagenet", recipe=recipe
    )
    spec = with_adaptation(specs[0], adaptation)
    first, again = execute(spec, resources, go_on), execute(spec, resources, go_on)
    assert [epoch.phase for epoch in first.history] == ["head", "full"]
    assert first.probabilities.tobytes() == again.probabilities.tobytes()
    # features of images on another scale are of this run alone
    assert len(list(caches.features.glob("*.npy"))) == (0 if adaptation == "histogram" else 1)
