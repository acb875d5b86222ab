"""Small real models for the tests of explanations."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from trees import write_digit_tree

from bench.config.experiment import Experiment
from bench.plan.recipe import Recipe
from bench.running import run_experiment

WITHOUT_MASKS = "4"


def write_data(root: Path) -> Path:
    """Three classes of real digits at two sites, with masks of what is written; class 4 has none."""
    write_digit_tree(root / "internal", [0, 1, 4], 8)
    write_digit_tree(root / "external", [0, 1, 4], 4, first=100, size=12)
    for file in sorted(root.glob("*ternal/[01]/*.png")):
        mask = root / "masks" / file.relative_to(root)
        mask.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((np.asarray(Image.open(file)) > 150).astype(np.uint8)).save(mask)
    return root


def train(results: Path, **data_and_changes: Any) -> Path:
    """ResNet-18 from random weights, 2 seeds × 2 folds, in this process."""
    options = {
        "backbone": ["resnet18"],
        "seeds": [0, 1],
        "folds": 2,
        "weights": "random",
        "image_size": 32,
        "recipe": Recipe(epochs=2, batch_size=12),
        "workers": 1,
        "results": str(results),
    }
    assert run_experiment(Experiment(**{**options, **data_and_changes})) == 0
    return results
