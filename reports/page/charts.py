"""How charts look: one set of colours for light and dark ground, on the page and in files."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import altair as alt
import vl_convert

from reports.draw.shown import in_every_text, shown
from reports.page.hints import hinted
from reports.page.labels import short_labels
from reports.page.part import Chart, Spec

Drawable: TypeAlias = "alt.Chart | alt.LayerChart | alt.FacetChart"

SERIES = ("#2b83c9", "#cf6a17", "#1f9d78", "#c2659f", "#9a8400", "#7d8590")
"""Hues of Okabe and Ito, safe for colour-blind readers, at a lightness that gives 3:1 (WCAG 1.4.11) on both grounds."""
QUIET = "#7d8590"
LOW, MIDDLE, HIGH = "#f0a860", "#f7f7f7", "#7fc0ea"
"""Of differences, below and above 0; black text is legible on all of them."""

COLUMN, FULL, HALF = 340, 1040, 500
"""A column of a journal, 90 mm, in pixels of 1/96 inch; a chart as wide as the page; one of two side by side."""
VEGA_LITE = "_".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes, as vl-convert calls it."""
_NAMES = ("row", "column", "series", "label", "parameter", "name")
"""Fields of charts that hold names of users."""
_ON_AXES = ("row", "label", "parameter")
SCALE = 4
"""Of the PNG: 384 dots an inch."""
_INK, _GRID = "#1b1f24", "#d8dee4"
_FONT = "'Liberation Sans', Arial, Helvetica, sans-serif"
"""Three of the same widths: what a renderer measures with the first, a reader's browser fits with another."""


def settings(font_size: int = 12, columns: int = 3) -> dict[str, Any]:
    """Vega-Lite's settings; columns: of a legend. The page's style sheet recolours axes and legends on dark ground."""
    axis = {"labelColor": _INK, "titleColor": _INK, "domainColor": QUIET, "tickColor": QUIET, "gridColor": _GRID}
    sizes = {"labelFontSize": font_size, "titleFontSize": font_size, "titleFontWeight": "normal", "labelLimit": 170}
    return {
        "background": None,
        "font": _FONT,
        "view": {"stroke": None},
        "range": {"category": list(SERIES)},
        "mark": {"color": SERIES[0]},
        "axis": {**axis, **sizes},
        "legend": {
            "labelColor": _INK,
            "labelFontSize": font_size,
            "labelLimit": 220,
            "columns": columns,
            "columnPadding": 24,
        },
    }


def data(rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """Rows as the data of a chart."""
    return {"values": [dict(row) for row in rows]}


def colour(series: Sequence[str]) -> alt.Color:
    """By the field `series`, in this order; without a legend where there is nothing to tell apart."""
    return alt.Color("series:N", scale=alt.Scale(domain=list(series)), legend=_legend(series))


def shape(series: Sequence[str]) -> alt.Shape:
    """The same for points, so that no colour need be seen; both share a legend."""
    return alt.Shape("series:N", scale=alt.Scale(domain=list(series)), legend=_legend(series))


def height_of(rows: Sequence[str], series: Sequence[str] = ("",), line: int = 15) -> int:
    """In pixels: a line for each row and series. Not by steps, which Vega-Lite does not fit into a given width."""
    return len(rows) * (10 + line * len(series))


def _legend(series: Sequence[str]) -> alt.Legend | None:
    return alt.Legend(title=None, orient="top") if len(series) > 1 else None


def spec_of(chart: Drawable) -> Spec:
    """The specification without settings, as wide as its place; names as a renderer can take them."""
    found = _with_short_names(_drawable(chart.to_dict()))
    found.pop("config", None)
    return {**found, "width": "container"}


def _with_short_names(content: dict[str, Any]) -> dict[str, Any]:
    """In the data of all marks, and where scales and orders name them."""
    rows = [row for one in _data(content) for row in one]
    labels = short_labels(row[field] for row in rows for field in _NAMES if isinstance(row.get(field), str))
    shortened = {name: label for name, label in labels.items() if name != label}
    renamed: dict[str, Any] = in_every_text(content, lambda text: shortened.get(text, text)) if shortened else content
    return renamed


def _drawable(content: dict[str, Any]) -> dict[str, Any]:
    """Without control characters, which end vl-convert's process, and without backslashes.

    Vega-Lite puts titles into expressions, where a backslash begins an escape or swallows the quotation mark, and no
    text may go over two lines.
    """
    drawable: dict[str, Any] = in_every_text(content, _in_a_line)
    return drawable


def _in_a_line(text: str) -> str:
    return shown(re.sub(r"\s", " ", text)).replace("\\", "∖")


def for_print(spec: Spec) -> dict[str, Any]:
    """For a file: as wide as a column, letters of 7.5 points, and white ground."""
    return _sized(spec, COLUMN, {**settings(10, 2), "background": "#ffffff"})


def _sized(spec: Spec, width: int, config: Mapping[str, Any]) -> dict[str, Any]:
    """As wide as that, with a margin for fonts of readers that are wider than the renderer's."""
    fit, rows = {"type": "fit-x", "contains": "padding"}, (row for one in _data(spec) for row in one)
    longest = max((len(str(row[field])) for row in rows for field in _ON_AXES if field in row), default=0)
    padding = {"left": 5 + longest, "right": 10, "top": 5, "bottom": 5}
    return {**hinted(spec), "width": width, "autosize": fit, "padding": padding, "config": dict(config)}


def _data(spec: Spec) -> list[list[dict[str, Any]]]:
    return list(spec.get("datasets", {}).values())


def page_svg(chart: Chart) -> str:
    """As wide as the page, or as half of it."""
    return _svg(_sized(chart.spec, FULL if chart.wide else HALF, settings()))


def figure_svg(chart: Chart) -> str:
    """As on the page in its light colours, as wide as a column of a journal (90 mm), under no title."""
    return _svg(for_print(chart.spec))


def _svg(spec: dict[str, Any]) -> str:
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE))


def figure_png(svg: str) -> bytes:
    """The same in dots, four for a pixel each way."""
    return bytes(vl_convert.svg_to_png(svg, scale=SCALE))
