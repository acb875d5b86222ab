"""The trackers that `--track` names, each with the class that logs to it; a new one is a module and a line here."""

from typing import Final

TRACKERS: Final[dict[str, str]] = {
    "mlflow": "bench.tracking.on_mlflow:MlflowTracker",
    "tensorboard": "bench.tracking.on_tensorboard:TensorBoardTracker",
    "wandb": "bench.tracking.on_wandb:WandbTracker",
}
"""Name → module:class. The name is also that of the package it needs and of the extra that installs it; nothing is
imported before it is asked for. A class is made with `(folder, group)`, as `bench.tracking.tracker.Tracker` says."""
