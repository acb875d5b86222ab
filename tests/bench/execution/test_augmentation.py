"""What a case looks like in an epoch depends on seed, epoch and case, and on nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from execution_runs import prepare_runs

from bench.cache import Caches
from bench.execution.augmentation import LightAugmentation
from bench.execution.run import execute
from bench.plan.recipe import Recipe

IMAGES = torch.randn(6, 3, 32, 32).contiguous(memory_format=torch.channels_last)
CASES = [f"case {number}" for number in range(6)]


def test_it_does_not_depend_on_the_company_of_a_case() -> None:
    light = LightAugmentation(5)
    whole = light(IMAGES, CASES, epoch=2)
    order = [4, 1, 3]
    assert torch.equal(light(IMAGES[order], [CASES[place] for place in order], epoch=2), whole[order])
    assert whole.is_contiguous(memory_format=torch.channels_last)
    torch.manual_seed(1)
    assert torch.equal(light(IMAGES, CASES, epoch=2), whole)
    for other in (LightAugmentation(6)(IMAGES, CASES, epoch=2), light(IMAGES, CASES, epoch=3)):
        assert not torch.equal(other, whole)


def test_an_image_is_moved_mirrored_and_brightened_but_stays_itself() -> None:
    """One bright pixel: it goes at most two pixels from where it, or its mirror image, was."""
    image = torch.zeros(1, 3, 32, 32)
    image[..., 16, 10] = 5.0
    seen = set()
    for epoch in range(60):
        (changed,) = LightAugmentation(0)(image, ["a"], epoch)
        row, column = divmod(int(changed[0].argmax()), 32)
        assert abs(row - 16) <= 2
        assert min(abs(column - 10), abs(column - 21)) <= 2
        assert float(changed[0].min()) == pytest.approx(0, abs=0.1)
        seen.add((row, column))
    assert len(seen) > 20


def test_a_run_is_augmented_where_the_recipe_says_so_and_repeats(digit_data: Path, caches: Caches) -> None:
    plain, resources = prepare_runs(digit_data, caches, backbone="test_resnet", recipe=Recipe(epochs=1, batch_size=16))
    light = replace(plain[0], recipe=plain[0].recipe.model_copy(update={"augmentation": "light"}))
    results = [execute(spec, resources, lambda epoch: True) for spec in (plain[0], light, light)]
    assert (
        results[1].probabilities.tobytes() == results[2].probabilities.tobytes() != results[0].probabilities.tobytes()
    )
    assert light.run_id != plain[0].run_id


def test_recipes_without_it_are_stored_as_before() -> None:
    assert "augmentation" not in Recipe().model_dump()
    assert Recipe(augmentation="light").model_dump()["augmentation"] == "light"
    assert Recipe.model_validate(Recipe(augmentation="light").model_dump()).augmentation == "light"
    assert Recipe(augmentation="light").label() == "fine-tune, augmentation light"
