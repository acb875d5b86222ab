"""A page as one HTML file that asks nothing of a network."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from reports.draw.html_table import table_html
from reports.draw.notation import RESEARCH_ONLY
from reports.draw.shown import in_every_text, shown
from reports.page.confused_cases import Confusions, SideConfusion
from reports.page.drawing import Drawing
from reports.page.folding import blocks
from reports.page.image import Image
from reports.page.matrices import matrices_html
from reports.page.part import Page

STYLES = ("page.css", "parts.css", "narrow.css", "print.css")
SCRIPTS = ("element.js", "tables.js", "confusions.js", "contents.js", "figures.js")


def page_html(page: Page, drawings: Mapping[str, Drawing]) -> str:
    """The file's text. drawings: its charts, by name.

    Its Content-Security-Policy allows no request, no eval, and no script or style but those of the page, by their
    digests; pictures are data in the page.
    """
    style, script = ("\n".join(map(_source, names)) for names in (STYLES, SCRIPTS))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return _template().render(
        page=page,
        kind=lambda part: type(part).__name__,
        blocks=blocks,
        drawings=drawings,
        policy=policy,
        notice=RESEARCH_ONLY,
        style=Markup(style),
        script=Markup(script),
        content=Markup(_json({"confusions": list(_confusions(page))})),
        table=table_html,
        matrices=matrices_html,
        source=_source_of,
    )


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("reports.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _safe(item: object) -> object:
    """What stands in the page: texts without characters that turn it around."""
    return shown(item) if isinstance(item, str) and not isinstance(item, Markup) else item


def _source(name: str) -> str:
    return files("reports.page").joinpath("templates", name).read_text(encoding="utf-8")


def _source_of(image: Image) -> str:
    return f"data:{image.kind};base64,{b64encode(image.data).decode()}"


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _json(content: Mapping[str, object]) -> str:
    """Inside a script element nothing may look like its end or like a comment."""
    return json.dumps(in_every_text(content, shown), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _confusions(page: Page) -> Iterator[dict[str, object]]:
    """What the cells of matrices list. Short keys: these are most of a page's bytes."""
    for part in (part for section in page.sections for part in section.parts if isinstance(part, Confusions)):
        yield {
            "classes": part.classes,
            "cases": part.cases,
            "pictures": {str(case): _source_of(image) for case, image in part.pictures.items()},
            "backbones": {name: [_side(one) for one in sides] for name, sides in part.of_backbone.items()},
        }


def _side(side: SideConfusion) -> dict[str, object]:
    return {
        "side": side.side,
        "cells": [
            {
                **{"t": cell.truth, "p": cell.predicted, "more": cell.more},
                "cases": [[one.case, round(one.share, 2), _rounded(one.probability)] for one in cell.cases],
            }
            for cell in side.cells
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
