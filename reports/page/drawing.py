"""Charts as the page shows them: SVG inside of its HTML, drawn before anybody opens it, so that no script is needed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from reports.page.charts import figure_svg, page_svg, settings
from reports.page.part import Chart

_ELEMENTS = {"svg", "g", "path", "line", "rect", "text", "circle"}
_ATTRIBUTES = {
    *("width", "height", "viewBox", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "class"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity"),
    *("font-size", "font-weight", "font-style", "text-anchor", "stroke-miterlimit"),
}
_RECOLOURED = re.compile(r"\b(mark-text|role-axis-label|role-axis-title|role-axis-grid|role-legend-label)\b")
_LONG = re.compile(r"-?\d*\.\d{2,}")
_FONT = str(settings()["font"])


@dataclass(frozen=True)
class Drawing:
    """A chart drawn. file: its SVG in figures/, for a column of a journal; narrow, broad: as they stand in the page."""

    file: str
    narrow: Markup
    broad: Markup


def draw(chart: Chart) -> Drawing:
    """Both sizes of a chart. Raises RuntimeError or ValueError where the renderer refuses it."""
    file = figure_svg(chart)
    return Drawing(file, tidy(file), tidy(page_svg(chart)))


def tidy(svg: str) -> Markup:
    """A renderer's SVG with the elements and attributes alone that a drawing needs, its hints as titles.

    Nothing else passes, whatever stood in a name: no script, style, link or reference.
    """
    root = ElementTree.fromstring(svg)
    made = _copy(root, in_marks=False)
    assert made is not None
    made.set("xmlns", "http://www.w3.org/2000/svg")
    made.set("font-family", _FONT)
    return Markup(ElementTree.tostring(made, encoding="unicode"))


def _copy(of: ElementTree.Element, *, in_marks: bool) -> ElementTree.Element | None:
    name = of.tag.rpartition("}")[2]
    if name not in _ELEMENTS or of.get("display") == "none":
        return None
    made = ElementTree.Element(name, dict(_attributes(of)))
    in_marks = in_marks or "role-mark" in of.get("class", "")
    hint = of.get("aria-label")
    if in_marks and hint and name != "g":
        ElementTree.SubElement(made, "title").text = hint
    made.text = made.text or (of.text if name == "text" else None)
    if hint and name == "text" and len(made):
        made.text, made[0].tail = None, of.text
    for child in of:
        if (copied := _copy(child, in_marks=in_marks)) is not None and not _empty(copied):
            made.append(copied)
    return made


def _attributes(of: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for name, value in of.items():
        if name not in _ATTRIBUTES or (name == "opacity" and value == "1") or "url(" in value:
            continue
        if name == "class":
            kept = " ".join(_RECOLOURED.findall(value))
            if kept:
                yield name, kept
            continue
        yield name, _LONG.sub(lambda number: f"{float(number[0]):.1f}", value)


def _empty(made: ElementTree.Element) -> bool:
    """Groups of nothing, and the frames of groups, which have neither fill nor stroke."""
    if made.tag == "g":
        return len(made) == 0
    return made.tag == "path" and not {"fill", "stroke"} & set(made.keys())
