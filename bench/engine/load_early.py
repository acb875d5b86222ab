"""Begins to load the libraries of training while a request is still being read, where that is worth it.

Reads the system; starts a process.
"""

from pathlib import Path

from bench.config.experiment import Experiment
from bench.execution import fork_server
from bench.executors import AUTO
from bench.processes import cores

DRIVERS = [Path("/dev", name) for name in ("nvidiactl", "kfd", "dxg")]  # of NVIDIA, of AMD, and both under Windows
LOADED = ("bench.engine.resolve", "bench.cli")  # what is asked of forks before there are workers, and the main module


def load_early(experiment: Experiment) -> None:
    """For workers that will train; not where nothing seems left to do, or where this process is to train itself.

    Only commands call this. To be wrong costs time alone.
    """
    runs = len(experiment.backbone) * len(experiment.seeds) * (1 if experiment.holdout else experiment.drawn_folds or 3)
    if _in_workers(experiment, runs) and _stored(Path(experiment.results).expanduser()) < runs:
        fork_server.begin(*LOADED, *(["bench.execution.probe"] if experiment.recipe.probes else []))
        import sklearn.model_selection  # noqa: F401  which draws folds; a second in which there is only to wait else


def _in_workers(experiment: Experiment, runs: int) -> bool:
    on_cpu = experiment.device == "cpu" or (experiment.device == "auto" and not any(map(Path.exists, DRIVERS)))
    if experiment.executor != AUTO:
        return on_cpu and experiment.executor != "in-process"
    return on_cpu and min(experiment.wanted_workers or cores(), runs) > 1


def _stored(root: Path) -> int:
    """How many runs the folder has, its temporary ones counted too."""
    try:
        return sum(1 for _ in (root / "runs").iterdir())
    except OSError:
        return 0
