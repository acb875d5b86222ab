"""Charts of names that end the renderer's process where they reach it as they are."""

import subprocess
import sys

import altair as alt
import pytest

from reports.page.charts import colour, data, figure_png, figure_svg, spec_of
from reports.page.drawing import draw
from reports.page.part import Chart

NAMES = {
    "control characters": "".join(map(chr, (*range(32), *range(127, 160)))),
    "their escapes": "\\x1b \\u001b \\0",
    "a backslash at the end": "a\\",
    "quotation marks": "'\"`${1 + 1}",
    "marks of direction": "\u202e\u2066\u200f",
    "half characters": "\ud800\udfff",
    "no characters": "\ufffe\uffff\U0010ffff",
    "markup": "</svg><script>&amp;&#27;]]>",
    "long": "long " * 2000,
    "one long word": "x" * 10_000,
    "accents on accents": "e" + "\u0301" * 200,
}


def drawn(name: str) -> Chart:
    """A name where charts have any: on both axes, in the legend, in tooltips, as title and as text."""
    rows = [{"row": text, "series": text, "value": place} for place, text in enumerate((name, "other"))]
    chart = alt.Chart(data(rows)).encode(
        x=alt.X("value:Q", title=name),
        y=alt.Y("row:N", sort=[name, "other"], title=None),
        color=colour([name, "other"]),
        tooltip=[alt.Tooltip("row:N", title=name)],
    )
    return Chart("chart", "Title", "", spec_of(alt.layer(chart.mark_point(), chart.mark_text().encode(text="row:N"))))


def rendered(name: str) -> bytes:
    """In both sizes of the page and in dots."""
    return figure_png(draw(drawn(name)).file)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_name_is_drawn(name: str) -> None:
    code = "import sys, test_odd_names as t; t.rendered(eval(sys.argv[1]))"
    path = [f"import sys; sys.path.insert(0, {str(__file__.rpartition('/')[0])!r}); {code}"]
    done = subprocess.run([sys.executable, "-c", *path, ascii(name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_name_stands_in_its_chart_with_what_was_replaced() -> None:
    svg = figure_svg(drawn("a\x1b[31m\\"))
    assert "a∖x1b[31m∖" in svg
    assert figure_png(svg).startswith(b"\x89PNG")
