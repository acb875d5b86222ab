"""Tables for docs/reliability.md from what `make torture` printed.

    python tests/torture/tables.py kills|disks|damage torture.log

Exit code 1 where the file is of a call in which tests failed, or has nothing for the table.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from benchmarks.timing import processor

ENDS = (0, 1, 2)
OUTCOMES = {"said": "said", "no effect": "no effect", "silent": "silent", "traceback": "traceback"}


def kills(text: str) -> Iterator[str]:
    """A line for each command and disturbance, as the tests print it, sorted."""
    yield "| command | what was done | moments | ended as undisturbed | seconds a moment |"
    yield "|---|---|---|---|---|"
    yield from sorted(
        re.findall(r"^\| `[^`]+` \| [^|]+ \| \d+ \| \d+ of \d+ \| [\d.]+ s \|$", text, re.MULTILINE), key=str.lower
    )


def disks(text: str) -> Iterator[str]:
    """How often a command ended with which exit code, the disk having failed once."""
    rows = []
    for name, tried, places, ended in re.findall(
        r"^fails once: ([\w ]+): (\d+) of (\d+) places; ended (\{.*\})$", text, re.MULTILINE
    ):
        times = Counter(ast.literal_eval(ended))
        rows.append([f"`bench {name}`", places, tried, *(times[code] for code in ENDS)])
    yield tabulate(rows, ["command", "places", "tried", *map(str, ENDS)], tablefmt="github")


def damage(text: str) -> Iterator[str]:
    """How damages of each kind came out."""
    found = Counter[tuple[str, str]]()
    for kind, outcome, number in re.findall(rf"^(\w+) +({'|'.join(OUTCOMES)}) +(\d+)$", text, re.MULTILINE):
        found[kind, outcome] += int(number)
    kinds = list(dict.fromkeys(kind for kind, _ in found))
    rows = [
        [outcome, *(found[kind, outcome] for kind in kinds), sum(found[kind, outcome] for kind in kinds)]
        for outcome in OUTCOMES
    ]
    yield tabulate(rows if kinds else [], ["", *kinds, "all"], tablefmt="github")


TABLES = {"kills": kills, "disks": disks, "damage": damage}


def main() -> int:
    name, file = sys.argv[1:]
    text = Path(file).read_text(encoding="utf-8")
    ends = re.findall(r"^=+ ((?:\d+ failed, )?\d+ passed.*? in .*?) =+$", text, re.MULTILINE)
    lines = "\n".join(TABLES[name](text)).splitlines()
    if not ends or "failed" in ends[-1] or len(lines) < 3:
        print(f"{file} is not of a whole call of make torture in which all passed.", file=sys.stderr)
        return 1
    print("\n".join(lines))
    if name == "kills":
        print(f"\n{processor()}: {ends[-1]}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
