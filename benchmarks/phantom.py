"""Slices per second of the phantom, PNG files included; writes to a temporary folder and prints one report.

Run: python benchmarks/phantom.py [number of internal cases, default 600] [workers, default 2]
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy
import PIL
import scipy

from bench.phantom import write_phantom


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    finished: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write_phantom(
            Path(folder, "phantom"),
            cases=cases,
            external_cases=6,
            workers=workers,
            on_done=lambda done, total: finished.append(time.perf_counter()),
        )
        ended = time.perf_counter()
    start_up = finished[0] - started
    rate = (len(finished) - 1) / (finished[-1] - finished[0])
    print(f"machine   {platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, {platform.platform()}")
    print(f"load      {os.getloadavg()[0]:.2f} over the last minute")
    libraries = f"numpy {numpy.__version__}, scipy {scipy.__version__}, Pillow {PIL.__version__}"
    print(f"versions  Python {platform.python_version()}, {libraries}")
    print(f"slices    {len(finished)} on {workers} workers")
    print(f"rate      {rate:.0f} slices/s once the workers run; goal: 100 on 2 cores")
    print(f"start-up  {start_up:.2f} s until the first slice is reported; {ended - started:.2f} s in all")


if __name__ == "__main__":
    main()
