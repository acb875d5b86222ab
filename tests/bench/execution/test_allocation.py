"""Freed memory is kept while a run works, and handed back behind it."""

import subprocess
import sys

import pytest

PROGRAM = """
import os
from pathlib import Path
import torch
from bench.execution.allocation import give_back, keep_freed

def kept():
    return int(Path("/proc/self/statm").read_text().split()[1]) - before > PAGES / 2

PAGE = os.sysconf("SC_PAGE_SIZE")
PAGES = 64 * 2**20 / PAGE
before = int(Path("/proc/self/statm").read_text().split()[1])
torch.ones(64 * 2**20, dtype=torch.uint8)
print(kept())
print(keep_freed(), keep_freed())
torch.ones(64 * 2**20, dtype=torch.uint8)
print(kept())
give_back()
print(kept())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's")
def test_what_a_step_frees_is_kept_for_the_next_and_goes_back_in_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "True", "True", "True", "False"], done.stdout + done.stderr
