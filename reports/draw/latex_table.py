"""A table as LaTeX with booktabs."""

import re
from collections.abc import Iterable

from reports.draw.notation import RESEARCH_ONLY, Notes, plain
from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table
from reports.tables.wording import interval

_COMMANDS = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%_#${}"},
        **{"~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\\": "\\textbackslash{}"},
        **{"<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}"},
        **{character: f"{{{character}}}" for character in "[]*"},  # which the \\\\ of the line before would take
        **{"−": "$-$", "–": "--", "↔": "$\\leftrightarrow$", "≤": "$\\le$", "≈": "$\\approx$"},
        **{"†": "$^{\\dagger}$", "‡": "$^{\\ddagger}$"},
    }
)
_ALIGNMENT = {"text": "l", "flag": "l", "cell": "l", "number": "r", "p": "r"}
_SHRINK = "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}"  # to the width of the text
_LIGATURE = re.compile(r"(?<=[-'`,?!])(?=[-'`,])")  # -- is a dash, '' and ,, are quotation marks


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is, on one line; control characters are left out."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    parts = _LIGATURE.split(" ".join(printable.split()))
    return "{}".join(part.translate(_COMMANDS) for part in parts)


def latex_text(table: Table) -> str:
    """A `table` environment with caption, label, the table, shrunk where it is too wide, and its notes.

    Letters are left as they are: pdfLaTeX prints European ones, LuaLaTeX and XeLaTeX those that the font has.
    """
    table, notes = table.for_readers(), Notes()
    rows = [
        " & ".join(_written(item, column, notes) for item, column in zip(row, table.columns, strict=True))
        for row in table.rows
    ]
    below = [*_below(notes), *map(escaped, table.notes)]
    lines = [
        f"% {RESEARCH_ONLY}",
        "% Needs \\usepackage{booktabs} and \\usepackage{graphicx}.",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{escaped(table.title)}}}",
        f"\\label{{tab:{table.name.replace('_', '-')}}}",
        f"{_SHRINK}{{\\begin{{tabular}}{{{''.join(_ALIGNMENT[column.kind] for column in table.columns)}}}",
        "\\toprule",
        " & ".join(escaped(column.title) for column in table.columns) + " \\\\",
        "\\midrule",
        *(f"{row} \\\\" for row in rows),
        "\\bottomrule",
        "\\end{tabular}}",
        *(["\\par\\smallskip\\footnotesize", " \\\\\n".join(below)] if below else []),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def latex_document(names: Iterable[str]) -> str:
    """A document that shows the tables of these names, whose files lie beside it."""
    lines = [
        f"% {RESEARCH_ONLY}",
        "\\documentclass{article}",
        "\\usepackage{booktabs}",
        "\\usepackage{graphicx}",
        "\\begin{document}",
        *(f"\\input{{{name}}}\n\\clearpage" for name in names),
        "\\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _written(item: Item, column: Column, notes: Notes) -> str:
    if not isinstance(item, Cell):
        return escaped(plain(item, column))
    letter = _letter(notes.number(item.reason)) if item.reason else ""
    return escaped(interval(item, column.digits)) + escaped(notes.mark(item)) + letter


def _below(notes: Notes) -> list[str]:
    """A line for each mark and reason used."""
    marks = [(escaped(sign), meaning) for sign, meaning in notes.marks()]
    reasons = [(_letter(number), reason) for number, reason in notes.reasons()]
    return [f"{sign} {escaped(meaning)}." for sign, meaning in (*marks, *reasons)]


def _letter(number: int) -> str:
    return f"\\textsuperscript{{{chr(ord('a') + number - 1) if number <= 26 else number}}}"
