"""Whether there is memory for so many workers. Reads the system."""

from pathlib import Path

from bench.config.experiment import Experiment
from bench.errors import RequestError

WORKER = 200e6
"""Bytes that a worker takes at the least, beside libraries that all share, and before it has a model."""
COPIES = 2  # of the weights: those read and the model's
FLOAT = 4
_SYSTEM = Path("/proc/meminfo")


def refuse_too_many(workers: int, experiment: Experiment) -> None:
    """Raise `RequestError` where memory cannot hold so many workers, each with the largest of the models.

    This is what they need at the least: images in work come on top. Where the system does not say what is free,
    nothing is refused, nor where other machines do the work.
    """
    if experiment.leaves_machine:
        return
    largest = max(experiment.frozen[name].parameters for name in experiment.backbone)
    each, free = WORKER + COPIES * FLOAT * largest, available()
    if workers > 1 and free is not None and workers * each > free:
        raise RequestError(
            f"{workers} workers need at least {workers * each / 1e9:.1f} GB of memory ({each / 1e9:.1f} GB each), and "
            f"{free / 1e9:.1f} GB are free. Ask for at most --workers {max(1, int(free / each))}."
        )


def available() -> float | None:
    """Bytes of memory that can be had without swapping; None where the system does not tell."""
    try:
        lines = _SYSTEM.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024.0 if found else None
