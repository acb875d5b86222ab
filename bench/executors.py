"""The executors that `--executor` names, each with the class that runs specs; a new one is a module and a line here."""

from typing import Final

AUTO: Final = "auto"
ELSEWHERE: Final[dict[str, str]] = {
    "ray": "bench.execution.on_ray.executor:RayExecutor",
    "slurm": "bench.execution.on_slurm.executor:SlurmExecutor",
}
"""Those that can use other machines: a class is made with `(resources, workers, machines, specs)`, where `machines` are
the `Machines` of `bench.config.options.machine`, and `specs` such as will be run."""
EXECUTORS: Final[dict[str, str]] = {
    "in-process": "bench.execution.in_process:InProcessExecutor",
    "processes": "bench.execution.pool:PoolExecutor",
    **ELSEWHERE,
}
"""Name → module:class. The others are made with `(resources, workers)`; nothing is imported before it is asked for."""
