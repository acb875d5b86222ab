"""The attention probe: what it is, that it learns from the training part alone, and what it is good for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs
from pydantic import ValidationError

from bench.cache import Caches
from bench.data.images import PixelSettings
from bench.execution.attention import GatedAttention, fit_and_predict, group_numbers
from bench.execution.in_process import InProcessExecutor
from bench.execution.pool import PoolExecutor
from bench.execution.run import execute
from bench.execution.setup import set_up
from bench.plan.plan import seeds_of
from bench.plan.recipe import RECIPES, Recipe
from bench.plan.spec import Numerics, RunSpec, Sample, Weights

ATTENTION = RECIPES["attention-probe"]
D = 12


def sample(group: int, number: int, label: str, site: str = "internal") -> Sample:
    name = f"{site}-{group}-{number}"
    return Sample(name, site, label, name, f"g{group}")


def world(groups: int, root: int) -> tuple[list[Sample], dict[str, np.ndarray]]:
    """Groups of 5–9 cases; of a group with b one case alone shows it, in a direction in which others have large noise.

    The label of every case is its group's, as that of the slices of a volume.
    """
    rng, samples, features = np.random.default_rng(root), [], {}
    for group in range(groups):
        ill, number = group % 2, int(rng.integers(5, 10))
        rows = rng.normal(size=(number, D)).astype(np.float32)
        rows[:, 0] = rng.normal(0, 0.3, number)
        if ill:
            rows[rng.integers(number), 0] = 4
        for k in range(number):
            one = sample(group, k, "ab"[ill])
            samples.append(one)
            features[one.digest] = rows[k]
    return samples, features


def spec_of(train: list[Sample], predicted: list[Sample], recipe: Recipe = ATTENTION, seed: int = 0) -> RunSpec:
    return RunSpec(
        *("resnet18", Weights("random", ""), recipe, PixelSettings(32, windows=()), Numerics("fp32"), ("a", "b")),
        *(seed, seeds_of(seed), 0, tuple(train), tuple(predicted)),
    )


def run(spec: RunSpec, features: dict[str, np.ndarray]) -> np.ndarray:
    set_up(spec.numerics)
    return fit_and_predict(spec, np.stack([*features.values()]), rows_in(features))


def rows_in(features: dict[str, np.ndarray]) -> Callable[[Sequence[Sample]], np.ndarray]:
    row = {digest: number for number, digest in enumerate(features)}
    return lambda samples: np.array([row[one.digest] for one in samples])


def split(samples: list[Sample], groups: int) -> tuple[list[Sample], list[Sample]]:
    inside = {f"g{number}" for number in range(groups)}
    return [one for one in samples if one.group in inside], [one for one in samples if one.group not in inside]


def test_the_model_is_the_formula_of_ilse_and_others() -> None:
    torch.manual_seed(0)
    model = GatedAttention(D, 3).double()
    bag = torch.randn(4, D, dtype=torch.float64)
    weight = {name: value.detach().numpy() for name, value in model.named_parameters()}
    h = np.maximum(bag.numpy() @ weight["embed.0.weight"].T + weight["embed.0.bias"], 0)
    gate = 1 / (1 + np.exp(-(h @ weight["gate.weight"].T + weight["gate.bias"])))
    score = (np.tanh(h @ weight["content.weight"].T + weight["content.bias"]) * gate) @ weight["score.weight"][0]
    attention = np.exp(score) / np.exp(score).sum()
    expected = (attention @ h) @ weight["head.weight"].T + weight["head.bias"]
    padded = torch.stack([torch.cat([bag, torch.full((3, D), 9.0)]), torch.randn(7, D, dtype=torch.float64)])
    held = torch.tensor([[True] * 4 + [False] * 3, [True] * 7])
    assert np.allclose(model(padded, held)[0].detach().numpy(), expected)


def test_each_case_has_the_prediction_of_its_group_and_the_same_spec_the_same_bytes() -> None:
    samples, features = world(40, 0)
    train, held_out = split(samples, 30)
    spec = spec_of(train, held_out)
    found = run(spec, features)
    assert found.shape == (len(held_out), 2)
    assert found.dtype == np.float32
    assert np.allclose(found.sum(1), 1, atol=1e-6)
    of = group_numbers(spec.predicted)
    assert all(len(np.unique(found[of == number], axis=0)) == 1 for number in range(10))
    assert np.array_equal(run(spec, features), found)
    assert not np.array_equal(run(spec_of(train, held_out, seed=1), features), found)


def test_nothing_is_learnt_from_what_is_predicted() -> None:
    samples, features = world(40, 1)
    train, held_out = split(samples, 30)
    found = run(spec_of(train, held_out), features)
    first = [one for one in held_out if one.group == held_out[0].group]
    changed = {**features, **{one.digest: features[one.digest] + 50 for one in held_out if one not in first}}
    relabelled = [replace(one, label="a") for one in held_out]
    again = run(spec_of(train, relabelled), changed)
    assert np.array_equal(again[: len(first)], found[: len(first)])


def test_it_finds_the_one_case_that_tells_where_a_probe_on_single_cases_does_not() -> None:
    samples, features = world(160, 2)
    train, held_out = split(samples, 120)
    truth = np.array(["ab".index(one.label) for one in held_out])
    found = run(spec_of(train, held_out), features)
    assert (found.argmax(1) == truth).mean() > 0.9
    from bench.execution.probe import fit_and_predict as logistic

    spec = spec_of(train, held_out, RECIPES["logistic-probe"])
    single = logistic(spec, np.stack([*features.values()]), rows_in(features))
    of = group_numbers(held_out)
    mean = np.stack([single[of == number].mean(0) for number in range(of.max() + 1)])[of]
    assert (mean.argmax(1) == truth).mean() < (found.argmax(1) == truth).mean()


def test_groups_that_disagree_need_an_order_which_names_the_run() -> None:
    samples, features = world(20, 3)
    samples = [replace(one, label="a") if one.case_id.endswith("-0") else one for one in samples]
    train, held_out = split(samples, 14)
    with pytest.raises(ValueError, match="cases of several classes"):
        run(spec_of(train, held_out), features)
    ordered = spec_of(train, held_out, ATTENTION.with_labels_of_groups(["b", "a"]))
    other = spec_of(train, held_out, ATTENTION.with_labels_of_groups(["a", "b"]))
    assert ordered.run_id != other.run_id
    assert not np.array_equal(run(ordered, features), run(other, features))
    assert ordered.recipe.label() == "attention probe, label order b > a"


def test_other_recipes_are_named_as_before_and_have_no_order() -> None:
    for recipe in (Recipe(), RECIPES["knn-probe"]):
        assert recipe.with_labels_of_groups(["b"]) is recipe
        assert "label_order" not in recipe.model_dump() | recipe.model_dump(mode="json")
    assert ATTENTION.model_dump(mode="json") == {
        "name": "attention probe",
        "class_weights": "none",
        "probe": "attention",
    }
    ordered = ATTENTION.with_labels_of_groups(["b", "a"])
    assert Recipe.model_validate_json(ordered.model_dump_json()) == ordered
    with pytest.raises(ValidationError, match="label_order of a recipe is of attention probes"):
        Recipe(label_order=("a",))
    with pytest.raises(ValidationError, match="an attention probe has no epochs"):
        Recipe(probe="attention", epochs=7)


def test_it_runs_in_every_executor_with_the_same_bytes(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=ATTENTION)
    (first, second) = (execute(spec, resources, lambda record: True) for spec in specs)
    assert (first.status, second.status) == ("done", "done")
    for executor in (InProcessExecutor(resources), PoolExecutor(resources, 2)):
        with executor:
            found = {spec.fold: result.probabilities for spec, result in executor.run(specs, lambda spec, record: True)}
        assert np.array_equal(found[0], first.probabilities)
        assert np.array_equal(found[1], second.probabilities)
