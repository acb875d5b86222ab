"""LaTeX that compiles, and prints names as they are."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from reports import build_leaderboard
from reports.draw.latex_table import escaped, latex_text
from reports.statistics.cell import Cell
from reports.tables.all_tables import build_tables
from reports.tables.caveats import Caveat
from reports.tables.table import Column, Table, Term

NASTY = r"a&b%c_d#e$f{g}h~i^j\k<l>m|n[o]p*q--r''s``t,,u?`v!`w–x−y↔z≈"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("&", r"\&"),
        ("%", r"\%"),
        ("_", r"\_"),
        ("#", r"\#"),
        ("$", r"\$"),
        ("{", r"\{"),
        ("}", r"\}"),
        ("~", r"\textasciitilde{}"),
        ("^", r"\textasciicircum{}"),
        ("\\", r"\textbackslash{}"),
        ("\\{}", r"\textbackslash{}\{\}"),
        ("<.001", r"\textless{}.001"),
        ("[x] *", "{[}x{]} {*}"),
        ("a--b---c", "a-{}-b-{}-{}-c"),
        ("fine-tune", "fine-tune"),
        ("−0.1 (0.2–0.3)", "$-$0.1 (0.2--0.3)"),
        ("two\nlines\x00 and \x1bmore", "two lines and more"),
        ("Höhe é", "Höhe é"),
    ],
)
def test_text_is_escaped(text: str, latex: str) -> None:
    assert escaped(text) == latex


COLUMNS = (
    Column("backbone", "Back_bone"),
    Column("gap", "Gap", "cell", 3),
    Column("p", "p", "p"),
    Column("n", "N", "number", 1),
    Column("resolved", "Resolved"),
)


def test_a_table_as_in_papers() -> None:
    rows = (
        ("tf_net", Cell(0.6125, 0.5674, 0.6482, "jackknife-t", few_clusters=True), 0.0004, 21.26, True),
        (Term("macro_f1", "Macro F1"), Cell(-0.01, -0.05, 0.04, "bca", "6 patients"), 0.0321, 3, False),
        (None, Cell(None, reason="6 patients"), None, None, None),
    )
    text = latex_text(Table("my_table", "50 % of cases", COLUMNS, rows, ("Note & more.", "And _this_.")))
    assert text.split("\n") == [
        "% Research use only, never for diagnosis.",
        r"% Needs \usepackage{booktabs} and \usepackage{graphicx}.",
        r"\begin{table}",
        r"\centering",
        r"\caption{50 \% of cases}",
        r"\label{tab:my-table}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{\begin{tabular}{llrrl}",
        r"\toprule",
        r"Back\_bone & Gap & p & N & Resolved \\",
        r"\midrule",
        r"tf\_net & 0.613 (0.567--0.648)$^{\dagger}$ & \textless{}.001 & 21.3 & yes \\",
        r"Macro F1 & $-$0.010 ($-$0.050 to 0.040)\textsuperscript{a} & .032 & 3 & no \\",
        r"-- & --\textsuperscript{a} & -- & -- & -- \\",
        r"\bottomrule",
        r"\end{tabular}}",
        r"\par\smallskip\footnotesize",
        r"$^{\dagger}$ few clusters: fewer than 40 on a side or 10 of a class (for a "
        r"number of one class: fewer than 40 of it); jackknife t interval. \\",
        r"\textsuperscript{a} 6 patients. \\",
        r"Note \& more. \\",
        r"And \_this\_.",
        r"\end{table}",
        "",
    ]


def test_letters_of_reasons_do_not_run_out() -> None:
    rows = tuple((str(i), Cell(0.5, reason=f"reason {i}"), None, None, None) for i in range(40))
    text = latex_text(Table("t", "T", COLUMNS, rows))
    assert len(set(re.findall(r"superscript\{(\w+)\}", text))) == 40
    assert r"\textsuperscript{z} reason 25." in text
    assert r"\textsuperscript{27} reason 26." in text


def test_whatever_names_hold_the_tables_compile(make_study: Callable, tmp_path: Path) -> None:
    study = make_study(external={f"{NASTY} site": 60}, classes=("[a]", "* b", NASTY, "100 %"))
    entries = [study.entry(NASTY, 0.5, recipe="[x] \\"), study.entry("[b] é", 0.7, caveats=(Caveat("leaks", "~^"),))]
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)
    tables = build_tables(board, baseline="[b] é")
    assert len(tables) > 6
    hostile = Table(
        "hostile", NASTY, (Column("a", NASTY), *COLUMNS), tuple((c * 2, *[None] * 5) for c in NASTY), (NASTY,)
    )
    drawn = [latex_text(table) for table in (*tables, hostile)]
    for text, table in zip(drawn, (*tables, hostile), strict=True):
        check_syntax(text, len(table.for_readers().columns), len(table.rows))
    if shutil.which("pdflatex"):
        compile_latex(drawn, tmp_path)


def compile_latex(tables: Iterable[str], folder: Path) -> None:
    document = ["\\documentclass{article}", "\\usepackage{booktabs,graphicx}", "\\begin{document}"]
    (folder / "all.tex").write_text("\n".join([*document, "\n\\clearpage\n".join(tables), "\\end{document}"]))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "all.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}$&#_^~%]|[^\\{}$&#_^~%]+", re.DOTALL)


def check_syntax(text: str, columns: int, rows: int) -> None:
    """Balanced braces, formulas and environments; as many columns in each row as declared; nothing special bare."""
    lines = text.split("\n")
    assert lines[0] == "% Research use only, never for diagnosis."
    body = "\n".join(line for line in lines if not line.startswith("%"))
    tokens = TOKEN.findall(body)
    assert "".join(tokens) == body
    depth, math, cells, complete = 0, False, 1, []
    for token in tokens:
        depth += (token == "{") - (token == "}")
        assert depth >= 0
        math ^= token == "$"
        assert token not in "#_~%"
        assert math or token != "^"
        if token == "&":
            assert depth == 1
            cells += 1
        elif token == "\\\\":
            complete.append(cells)
            cells = 1
    assert (depth, math, cells) == (0, False, 1)
    assert complete[: rows + 1] == [columns] * (rows + 1)
    assert set(complete[rows + 1 :]) <= {1}
    (declared,) = re.findall(r"\\begin\{tabular\}\{([lr]+)\}", body)
    assert len(declared) == columns
    assert re.findall(r"\\(begin|end)\{(\w+)\}", body) == [
        ("begin", "table"),
        ("begin", "tabular"),
        ("end", "tabular"),
        ("end", "table"),
    ]
    assert not re.search(r"(\\\\|rule)\s*[\[*]", body)


@pytest.mark.parametrize(
    "broken",
    [
        "a \\\\",
        "a & b & c \\\\",
        "{a & b \\\\",
        "a} & b \\\\",
        "a_b & c \\\\",
        "50 % & c \\\\",
        "$a & b \\\\",
        "[a] & b \\\\",
        "a & \\begin{tabular} \\\\",
        "a & b \\\\ c & d \\\\",
    ],
)
def test_the_check_finds_faults(broken: str) -> None:
    good = latex_text(Table("t", "T", (Column("a", "A"), Column("b", "B")), (("x", "y"),)))
    check_syntax(good, 2, 1)
    with pytest.raises(AssertionError):
        check_syntax(good.replace("x & y \\\\", broken), 2, 1)
