"""The executors that `--executor` names, each with the class that runs specs; a new one is a module and a line here."""

from typing import Final

AUTO: Final = "auto"
EXECUTORS: Final[dict[str, str]] = {
    "in-process": "bench.execution.in_process:InProcessExecutor",
    "processes": "bench.execution.pool:PoolExecutor",
}
"""Name → module:class. A class is made with `(resources, workers)`; nothing is imported before it is asked for."""
