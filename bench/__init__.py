"""The harness: command line, configuration, data, plan, execution, results.

From Python: `bench.run("DIR", …)` trains and gives `Results`; `bench.Results(path)` opens a folder that is there.
"""

from typing import TYPE_CHECKING, Any

from bench.version import __version__

__all__ = ["Experiment", "Results", "__version__", "run"]

if TYPE_CHECKING:
    from bench.api.experiment import Experiment, run
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
        if name == "run":
            from bench.api.experiment import run

            return run
        raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
