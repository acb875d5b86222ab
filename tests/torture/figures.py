"""How long readers take for odd inputs, and what they had no words for: a table for docs/reliability.md.

    PYTHONPATH=tests python tests/torture/figures.py [--inputs 5000]

Each reader gets as many; the file of the folder that it reads is changed in a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from time import process_time

from odd_folder import prepare
from odd_inputs import READERS, faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=5000, help="[5000]")
    number = parser.parse_args().inputs
    print("| reader | inputs | ms of the processor each | faults |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = prepare(Path(folder) / "results")
        for reader in READERS:
            began = process_time()
            found = faults(root, reader, range(number))
            spent = 1000 * (process_time() - began) / number
            print(f"| {reader} | {number:,} | {spent:.1f} | {len(found)} |", flush=True)
            for fault in found[:10]:
                print(repr(fault[:300]), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
