"""Charts of a page as SVG and PNG, drawn without a browser."""

from __future__ import annotations

import altair as alt
import vl_convert

from reports.page.chart_style import for_print
from reports.page.part import Chart

VEGA_LITE = "_".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes, as vl-convert calls it."""
SCALE = 4
"""Of the PNG: 384 dots an inch."""


def figure_svg(chart: Chart) -> str:
    """As on the page in its light colours, as wide as a column of a journal (90 mm), under no title."""
    return str(vl_convert.vegalite_to_svg(for_print(chart.spec), vl_version=VEGA_LITE))


def figure_png(svg: str) -> bytes:
    """The same in dots, four for a pixel each way."""
    return bytes(vl_convert.svg_to_png(svg, scale=SCALE))
