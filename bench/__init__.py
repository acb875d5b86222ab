"""The harness: command line, configuration, data, plan, execution, results.

From Python: `bench.Experiment(…).run().leaderboard()`, and `bench.Results(path)` for a folder that is there already.
"""

from typing import TYPE_CHECKING, Any

from bench.version import __version__

__all__ = ["Experiment", "Results", "__version__"]

if TYPE_CHECKING:
    from bench.api.experiment import Experiment
    from bench.api.results import Results
else:

    def __getattr__(name: str) -> Any:
        """`import bench` takes no time: what it offers is imported when it is first named."""
        if name == "Experiment":
            from bench.api.experiment import Experiment

            return Experiment
        if name == "Results":
            from bench.api.results import Results

            return Results
        raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
