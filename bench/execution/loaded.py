"""What the fork server loads before it forks. Imported by nothing else: the process then ends with its parent."""

from bench.processes import ended_by_the_system

ended_by_the_system()  # before what takes seconds

import bench.execution.run  # noqa: E402
import bench.execution.speed  # noqa: E402, F401
