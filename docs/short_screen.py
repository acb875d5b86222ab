"""The answer and the standings of the demo, cut from what docs/leaderboard.md quotes. Reads the page, prints."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "leaderboard.md"
SCREEN = re.compile(r"<!-- overview[^\n]*-->\n(.*?)<!-- end of overview -->", re.DOTALL)


def cut(page: str) -> str:
    """From the answer, which begins after the first blank line of the screen, to the line of guessing."""
    (screen,) = SCREEN.findall(page)
    lines = [line.removeprefix("    ") for line in screen.strip("\n").splitlines()]
    last = next(number for number, line in enumerate(lines) if "(guessing)" in line)
    return "\n".join(lines[lines.index("") + 1 : last + 1])


if __name__ == "__main__":
    print(cut(PAGE.read_text(encoding="utf-8")))
