"""One run: what its recipe promises."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs, with_lr
from torch import nn

from backbones.build import classifier, pooled_features, traits
from bench.cache import Caches
from bench.execution.batches import (
    EVALUATION_BATCH,
    ImageBatches,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from bench.execution.features import feature_key, load_features
from bench.execution.optimisation import Optimisation, loss_function
from bench.execution.run import PreparedRun, execute
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord


def go_on(epoch: EpochRecord) -> bool:
    return True


@pytest.mark.parametrize(
    ("n", "batch", "sizes"), [(65, 32, [32, 32]), (66, 32, [32, 32, 2]), (64, 32, [32, 32]), (5, 8, [5])]
)
def test_a_last_batch_of_one_image_is_left_out(n: int, batch: int, sizes: list[int]) -> None:
    batches = list(training_batches(n, batch, 0, "full", 0))
    assert [len(b) for b in batches] == sizes
    assert steps_per_epoch(n, batch) == len(sizes)
    seen = np.concatenate(batches)
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(range(n))


def test_the_order_follows_seed_phase_and_epoch() -> None:
    def order(*key: int | str) -> list[int]:
        return np.concatenate(list(training_batches(40, 8, *key))).tolist()  # type: ignore[arg-type]

    assert order(1, "full", 0) == order(1, "full", 0)
    assert len({tuple(order(*key)) for key in [(1, "full", 0), (1, "full", 1), (2, "full", 0), (1, "head", 0)]}) == 4


def test_evaluation_batches_have_one_size() -> None:
    batches = list(evaluation_batches(list(range(40))))
    assert [len(rows) for rows, _ in batches] == [EVALUATION_BATCH] * 2
    assert [counted for _, counted in batches] == [32, 8]
    assert batches[1][0][:8].tolist() == list(range(32, 40))


def test_the_learning_rate_rises_then_falls_along_a_cosine_to_zero() -> None:
    steps, recipe = 40, Recipe(lr=0.01, warmup=0.25)
    layer = nn.Linear(2, 2)
    optimisation = Optimisation(layer, recipe, steps, torch.device("cpu"))
    rates = []
    for _ in range(steps):
        rates.append(optimisation.lr)
        optimisation.step(layer(torch.ones(1, 2)).sum())
    start = recipe.lr / 25
    rise = [start + (recipe.lr - start) * step / 10 for step in range(10)]
    fall = [recipe.lr * (1 + math.cos(math.pi * step / 30)) / 2 for step in range(30)]
    assert rates == pytest.approx(rise + fall)
    assert optimisation.lr == pytest.approx(0, abs=1e-12)


def test_class_weights_and_label_smoothing() -> None:
    logits, labels = torch.randn(8, 3), torch.tensor([0, 0, 0, 0, 0, 1, 1, 2])
    balanced = loss_function(Recipe(class_weights="balanced"), labels.tolist(), 3, torch.device("cpu"))
    weights = torch.tensor([8 / (3 * 5), 8 / (3 * 2), 8 / 3])[labels]
    log_p = logits.log_softmax(1)[torch.arange(8), labels]
    assert float(balanced(logits, labels)) == pytest.approx(float(-(weights * log_p).sum() / weights.sum()), rel=1e-5)
    smooth = loss_function(Recipe(label_smoothing=0.1), labels.tolist(), 3, torch.device("cpu"))
    target = torch.full((8, 3), 0.1 / 3)
    target[torch.arange(8), labels] += 0.9
    assert float(smooth(logits, labels)) == pytest.approx(
        float(-(target * logits.log_softmax(1)).sum(1).mean()), rel=1e-5
    )


def test_batches_are_normalised_as_the_weights_expect(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    run = PreparedRun(specs[0], resources)
    mean, std = np.array(traits(run.model).mean), np.array(traits(run.model).std)
    rows = run.rows(specs[0].train)[:3]
    expected = (resources.pixels.open()[rows] / 255 - mean) / std
    batch = run.images(rows)
    assert np.allclose(batch.permute(0, 2, 3, 1).numpy(), expected, atol=1e-5)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    plain = ImageBatches(resources.pixels.open(), traits(run.model), run.device, channels_last=False)
    assert plain(rows).is_contiguous()
    assert torch.equal(plain(rows), batch)


def test_it_learns_and_repeats_bit_for_bit(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=Recipe(epochs=12, batch_size=8, lr=3e-3))
    first, again = execute(specs[0], resources, go_on), execute(specs[0], resources, go_on)
    assert first.probabilities.tobytes() == again.probabilities.tobytes()
    assert [e.train_loss for e in first.history] == [e.train_loss for e in again.history]
    assert first.history[-1].train_loss < first.history[0].train_loss / 2
    assert first.history[-1].val_accuracy > 0.8  # three digits: chance is 1/3
    right = first.probabilities.argmax(1)[: len(specs[0].validation)] == PreparedRun(specs[0], resources).labels(
        specs[0].validation
    )
    assert first.history[-1].val_accuracy == pytest.approx(right.mean())


@pytest.mark.parametrize("source", ["init", "order"])
def test_each_seed_changes_the_result(digit_data: Path, caches: Caches, source: str) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    other = replace(specs[0], seeds=replace(specs[0].seeds, **{source: 1}))
    assert not np.array_equal(
        execute(specs[0], resources, go_on).probabilities, execute(other, resources, go_on).probabilities
    )


def test_a_loss_that_is_not_finite_names_its_step(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=Recipe(epochs=3, batch_size=16, warmup=0))
    result = execute(with_lr(specs[0], 1e30), resources, go_on)
    assert result.status == "failed"
    assert "epoch 0, step 2" in result.error or "epoch 0, step 3" in result.error
    assert result.probabilities.size == 0


def test_the_head_phase_on_cached_features_is_training_with_a_frozen_body(digit_data: Path, caches: Caches) -> None:
    """Against a plain loop that runs the frozen body on every batch."""
    recipe = Recipe(epochs=1, head_epochs=2, batch_size=16)
    specs, resources = prepare_runs(
        digit_data, caches, backbone="tf_efficientnet_lite0", weights="imagenet", recipe=recipe
    )
    spec = specs[0]
    run = PreparedRun(spec, resources)
    run._train_head(2, go_on)
    assert len(list(caches.features.glob("*.npy"))) == 1

    plain = PreparedRun(spec, resources)
    model, head = plain.model.eval(), classifier(plain.model)
    rows, labels = plain.rows(spec.train), torch.from_numpy(plain.labels(spec.train))
    optimisation = Optimisation(head, recipe, 2 * steps_per_epoch(len(rows), 16), plain.device)
    from bench.seeds import derive

    for epoch in range(2):
        for batch in training_batches(len(rows), 16, derive(spec.seeds.order, "fold", spec.fold), "head", epoch):
            with torch.no_grad():
                features = pooled_features(model, plain.images(rows[batch]))
            optimisation.step(nn.functional.cross_entropy(head(features), labels[torch.from_numpy(batch)]))
    ours, theirs = classifier(run.model).weight, head.weight
    assert (ours - theirs).abs().max().item() < 1e-4
    assert theirs.abs().max().item() > 1e-3


def test_features_are_shared_by_seeds_and_folds(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, backbone="tf_efficientnet_lite0", weights="imagenet")
    execute(specs[0], resources, go_on)
    files = {path: path.stat().st_mtime_ns for path in caches.features.iterdir()}
    execute(specs[1], resources, go_on)
    assert {path: path.stat().st_mtime_ns for path in caches.features.iterdir()} == files
    stored = load_features(caches.features, specs[1], resources.pixels, lambda: pytest.fail("they were there"))
    assert stored.values.shape == (len(resources.pixels.row), 1280)


def test_only_a_cpu_shares_features_of_fast_and_deterministic_runs(digit_data: Path, caches: Caches) -> None:
    (spec, _), resources = prepare_runs(digit_data, caches)

    def files(device: str) -> set[str]:
        both = [replace(spec.numerics, device=device, deterministic=exact) for exact in (True, False)]
        return {feature_key(replace(spec, numerics=numerics), resources.pixels) for numerics in both}

    assert len(files("cpu")) == 1
    assert len(files("mps")) == 2
