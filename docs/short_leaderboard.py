"""The ten lines of a leaderboard that fit on a screen, cut from its Markdown. Reads a file, prints.

python -m docs.short_leaderboard FILE    leaderboard.md of a results folder, or a page that quotes one
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.command_line import markdown

METRIC = "macro F1"
SAID = re.compile(r"^(?:.* starts from .* weights.*|Two runs of .*)$", re.MULTILINE)


def short(text: str) -> str:
    """Rank, the deciding metric at each site, gaps and ties in one table; below it what weights and seeds change."""
    text = re.sub(r"^> ?", "", text, flags=re.MULTILINE)
    known = list(tables(text))
    board = next(rows for rows in known if "Rank" in rows[0] and "Backbone" in rows[0])
    wanted = {"Rank": "Rank", "Backbone": "Backbone", "Weights": "Weights", f"Internal {METRIC}": f"Internal {METRIC}"}
    of: dict[str, dict[str, str]] = {row["Backbone"]: dict(row) for row in board}
    for rows in known:
        if f"Gap {METRIC}" in rows[0] and "Backbone" in rows[0]:
            site = next(head for head in rows[0] if head.endswith(f" {METRIC}") and not head.startswith("Gap"))
            wanted |= {site: site, f"Gap, {site}": f"Gap to {site.removesuffix(f' {METRIC}')}"}
            for row in rows:
                of[row["Backbone"]] |= {site: row[site], f"Gap, {site}": row[f"Gap {METRIC}"]}
    wanted["Ties"] = "Ties"
    lines = [[of[row["Backbone"]].get(key, "–") for key in wanted] for row in board]
    return "\n\n".join([markdown(list(wanted.values()), lines), "\n".join(SAID.findall(text))])


def tables(text: str) -> Iterator[list[Mapping[str, str]]]:
    """Every table, each row by its heads."""
    for found in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        heads, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found.strip().split("\n")]
        if rows:
            yield [dict(zip(heads, row, strict=True)) for row in rows]


if __name__ == "__main__":
    print(short(Path(sys.argv[1]).read_text(encoding="utf-8")))
