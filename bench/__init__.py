"""The harness: command line, configuration, data, plan, execution, results.

From Python: `bench.Experiment(…).run().leaderboard()`, and `bench.Results(path)` for a folder that is there already.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["Experiment", "Results", "__version__"]

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bench.interface.experiment import Experiment
    from bench.interface.results import Results
else:

    def __getattr__(name: str) -> Any:
        """`import bench` takes no time: what it offers is imported when it is first named."""
        if name == "Experiment":
            from bench.interface.experiment import Experiment

            return Experiment
        if name == "Results":
            from bench.interface.results import Results

            return Results
        raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
