"""Charts of a page as SVG and PNG, drawn without a browser."""

from __future__ import annotations

import altair as alt
import vl_convert

from reports.page.chart_style import fixed
from reports.page.part import Chart

VEGA_LITE = "_".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes, as vl-convert calls it."""
SCALE = 2


def figure_svg(chart: Chart) -> str:
    """As on the page in its light colours, at a fixed width, under no title."""
    return str(vl_convert.vegalite_to_svg(fixed(chart.spec), vl_version=VEGA_LITE))


def figure_png(svg: str) -> bytes:
    """The same at twice its size in pixels."""
    return bytes(vl_convert.svg_to_png(svg, scale=SCALE))
