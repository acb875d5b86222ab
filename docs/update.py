"""Writes what programs printed into the pages that quote it. Reads demo-results/leaderboard.md, or standard input.

python docs/update.py leaderboard < demo-results/leaderboard.md
python benchmarks/engine.py | python docs/update.py engine
python docs/update.py command-line
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COVERAGE = (
    *("corrected", "covering-5", "covering-3", "covering-rest", "error-rates", "power", "rules"),
    *("coverage", "studentised", "comparisons-alike", "comparisons-retrained", "comparisons-power"),
)
PAGES = {
    "leaderboard": ROOT / "README.md",
    "search": ROOT / "docs" / "search.md",
    "search-example": ROOT / "docs" / "search.md",
    "explain": ROOT / "docs" / "explain.md",
    "explain-speed": ROOT / "docs" / "explain.md",
    "engine": ROOT / "docs" / "training.md",
    "audit": ROOT / "docs" / "audit.md",
    "near-duplicates": ROOT / "docs" / "audit.md",
    "command-line": ROOT / "docs" / "command-line.md",
    "status-speed": ROOT / "docs" / "command-line.md",
    "report-speed": ROOT / "docs" / "report.md",
    "report-page": ROOT / "docs" / "report.md",
    **dict.fromkeys(COVERAGE, ROOT / "docs" / "coverage.md"),
    "dicom-files": ROOT / "docs" / "dicom-files.md",
    "decoding": ROOT / "docs" / "dicom-files.md",
    "nondeterminism": ROOT / "docs" / "nondeterminism.md",
    "digests": ROOT / "docs" / "nondeterminism.md",
    "gpu": ROOT / "docs" / "performance.md",
}

INDENTED = ("engine", "audit", "report-speed", "report-page", "status-speed", "search", "explain-speed", "digests")
QUOTED = ("leaderboard", "search-example", "explain", "nondeterminism", "gpu")


def main() -> None:
    name = sys.argv[1]
    text = (declared() if name == "command-line" else sys.stdin.read()).strip()
    if not text:
        sys.exit(f"Nothing on standard input to put into {PAGES[name]}; nothing was changed.")
    shown = indented(text) if name in INDENTED else quoted(text) if name in QUOTED else text
    page = PAGES[name].read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {name}(?: [^\n]*)?-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    changed, times = pattern.subn(lambda found: f"{found[1]}\n{shown}\n\n{found[2]}", page)
    if times != 1:
        sys.exit(f"{PAGES[name]} has no place marked <!-- {name} --> … <!-- end of {name} -->.")
    PAGES[name].write_text(changed, encoding="utf-8")


def declared() -> str:
    """What the declarations of options decide: their files are written anew, and the tables are for the page."""
    sys.path.insert(0, str(ROOT))
    from docs import options

    options.write()
    from docs.command_line import tables_text  # imports the commands, which read what was written

    return tables_text()


def indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def quoted(markdown: str) -> str:
    """The tables as they were printed, in a block quote, so that their headings stay out of the page's own."""
    return "\n".join(f"> {line}".rstrip() for line in markdown.splitlines())


if __name__ == "__main__":
    main()
