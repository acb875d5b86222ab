"""Does what docs/tutorial.md says, in a folder. Reads the page; runs commands, which write there.

python -m docs.follow_tutorial FOLDER    from the images on, without opening a browser; what is on the screen after
                                         each training is kept as screen-1.txt, screen-2.txt, …
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "tutorial.md"
Called = Callable[[Sequence[str], Path], None]


def files(page: str) -> dict[str, str]:
    """The scripts that the page asks to save, by name."""
    names = re.findall(r"save this as `([\w.]+)`", page)
    return dict(zip(names, re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE), strict=True))


def commands(page: str) -> list[list[str]]:
    """What the page asks to type, in order, from the images on; `--open` would show a browser."""
    typed = re.findall(r"^    ((?:bench|python) .*)$", page, re.MULTILINE)
    return [[word for word in shlex.split(line) if word != "--open"] for line in typed]


def follow(folder: Path, call: Called) -> None:
    """Save the scripts in the folder, and call every command there."""
    page = PAGE.read_text(encoding="utf-8")
    for name, code in files(page).items():
        (folder / name).write_text(code, encoding="utf-8")
    for command in commands(page):
        call(command, folder)


def typed(command: Sequence[str], folder: Path) -> None:
    """As in a shell; ends with an error where the command does."""
    subprocess.run(command, cwd=folder, check=True)
    if command[:2] == ["bench", "run"]:
        number = 1 + len(list(folder.glob("screen-*.txt")))
        with (folder / f"screen-{number}.txt").open("w", encoding="utf-8") as screen:
            subprocess.run(["bench", "report", "results"], cwd=folder, check=True, stdout=screen)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    follow(place, typed)
