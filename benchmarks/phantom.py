"""Slices per second of the phantom, PNG files included; writes to a temporary folder and prints one report.

Run: python -m benchmarks.phantom [--cases 600] [--workers 2]
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.phantom import write_phantom
from benchmarks.timing import machine, options, versions


def main() -> None:
    asked = options(__doc__, cases=600, workers=2).parse_args()
    print(f"machine   {machine()}")
    print(f"versions  {versions('numpy', 'scipy', 'pillow')}")
    finished: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write_phantom(
            Path(folder, "phantom"),
            cases=asked.cases,
            external_cases=6,
            workers=asked.workers,
            on_done=lambda done, total: finished.append(time.perf_counter()),
        )
        ended = time.perf_counter()
    start_up = finished[0] - started
    rate = (len(finished) - 1) / (finished[-1] - finished[0])
    print(f"slices    {len(finished)} on {asked.workers} workers")
    print(f"rate      {rate:.0f} slices/s once the workers run; goal: 100 on 2 cores")
    print(f"start-up  {start_up:.2f} s until the first slice is reported; {ended - started:.2f} s in all")


if __name__ == "__main__":
    main()
