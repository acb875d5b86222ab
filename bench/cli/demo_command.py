"""`bench demo`: the embedded example, small and quick. Prints."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.command import training_begins

DEMO = {
    "backbone": ["resnet18", "tf_efficientnet_lite0"],
    "seeds": "3",
    "folds": "3",
    "recipe.epochs": 3,
    "image_size": 64,
}
"""What it runs, as options of `bench run`; without data these are of the phantom."""


def demo(
    results: Annotated[Path, typer.Option(help="Results folder.")] = Path("demo"),
) -> None:
    """Try it: two backbones on synthetic head-CT slices of two sites, in a few minutes.

    Trains, prints the leaderboard and says what to type next. Given again, it goes on from what is stored.
    Example: bench demo
    """
    training_begins()
    from bench.config.request import experiment_from
    from bench.engine.load_early import load_early
    from bench.printing import to_output
    from bench.running import run_experiment

    load_early(experiment := experiment_from({**DEMO, "results": str(results)}))
    to_output(
        f"The demo: the phantom, synthetic head-CT slices of two sites, made on this machine. "
        f"{' and '.join(experiment.backbone)}, {len(experiment.seeds)} seeds x {experiment.folds} folds. The same by "
        f"hand: bench run {' '.join(f'--backbone {name}' for name in experiment.backbone)} --seeds "
        f"{len(experiment.seeds)} --folds {experiment.folds} --epochs {experiment.recipe.epochs}"
    )
    raise typer.Exit(run_experiment(experiment))
