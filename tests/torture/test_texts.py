"""Any text, as Hypothesis finds it, through every door to terminal, page, CSV, LaTeX, Markdown and TOML.

GAPBENCH_ODD_INPUTS says how many texts for each. Hypothesis is used here, where a text is the whole input and it knows
Unicode's corners; files are made by `odd_inputs`, many times faster and each named by a seed.
"""

import csv
import io
import os
import re
import tempfile
from pathlib import Path

import pytest

hypothesis = pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from markdown_it import MarkdownIt  # noqa: E402

from bench.config.experiment import Experiment  # noqa: E402
from bench.config.toml import experiment_text, read_experiment  # noqa: E402
from bench.data.names import normal, visible  # noqa: E402
from bench.printing import shown  # noqa: E402
from reports.draw.csv_table import as_meant, csv_rows  # noqa: E402
from reports.draw.html_table import table_html  # noqa: E402
from reports.draw.latex_table import escaped as latex  # noqa: E402
from reports.draw.markdown_table import escaped, markdown_table  # noqa: E402
from reports.draw.shown import as_drawn  # noqa: E402
from reports.tables.table import Column, Table  # noqa: E402

NUMBER = int(os.environ.get("GAPBENCH_ODD_INPUTS", "2000"))
TEXTS = st.text(max_size=40)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
STEERING = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
many = settings(max_examples=NUMBER, deadline=None, derandomize=True, database=None)


@many
@given(TEXTS)
def test_terminal(text: str) -> None:
    assert not STEERING.search(shown(text))
    assert not re.search(r"[\0-\x1f\x7f-\x9f]", visible(text))
    shown(text).encode("utf-8")


@many
@given(NAMES)
def test_csv(text: str) -> None:
    ((cell,),) = list(csv.reader(io.StringIO(csv_rows(["a"], [[text]]), newline="")))[1:]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert as_meant(cell) == text or text.startswith("'")


@many
@given(NAMES)
def test_page(text: str) -> None:
    """It adds no tag and no attribute; the key to sort by is a value between quotation marks."""
    tags = [
        re.sub('data-sort="[^"]*"', "", " ".join(re.findall(r"<[^>]*>", str(table_html(table)))))
        for table in (Table("t", "T", (Column("a", "A"),), ((name,),)) for name in (text, "x"))
    ]
    assert tags[0] == tags[1]


@many
@given(NAMES)
def test_latex(text: str) -> None:
    written = latex(text)
    assert not re.search(r"[\0-\x1f\x7f]", written)
    bare = re.sub(r"\\[&%_#${}]|\\text[a-z]+\{\}|\{[\[\]*]?\}|\$-\$|\$\\[a-z]+\$|\$\^\{\\d+agger\}\$", "", written)
    bare = bare.replace("$^{\\dagger}$", "").replace("$^{\\ddagger}$", "")
    assert not re.search(r"[\\{}$&#%_^~]", bare), written


@many
@given(NAMES)
def test_markdown(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_table(["A"], [[escaped(text)]]))
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or []}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open", "strong_open", "heading_open"}
    assert sum(token.type == "td_open" for token in tokens) == 1


@many
@given(NAMES)
def test_figures(text: str) -> None:
    from matplotlib.cbook import is_math_text

    assert not is_math_text(as_drawn(text))


@many
@given(st.dictionaries(NAMES.map(normal).filter(bool), NAMES.map(normal).filter(bool), max_size=3))
def test_toml(classes: dict[str, str]) -> None:
    """A stored experiment is read as it was written, whatever classes are called."""
    written = Experiment(classes=classes, class_order=sorted(set(classes.values())))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "experiment.toml"
        file.write_bytes(experiment_text(written).encode())
        assert read_experiment(file).classes == classes
