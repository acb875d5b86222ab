"""Prints the requirements of pyproject.toml without their upper bounds: `python -m supply.newest EXTRA,EXTRA`."""

import re
import sys

from supply.requirements import asked_for


def without_upper_bounds(requirement: str) -> str:
    """`torch>=2.6,<3` as `torch>=2.6`."""
    return re.sub(r",?<[\w.]+", "", requirement)


if __name__ == "__main__":
    for extra in ("", *sys.argv[1].split(",")):
        print(*map(without_upper_bounds, asked_for(extra)), sep="\n")
