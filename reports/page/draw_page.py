"""A page as one HTML file that asks nothing of a network."""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from reports.draw.html_table import table_html
from reports.draw.notation import RESEARCH_ONLY
from reports.draw.shown import in_every_text, shown
from reports.page.charts import VEGA_LITE, settings
from reports.page.confused_cases import Confusions, SideConfusion
from reports.page.part import Image, Page


def page_html(page: Page, vega: str) -> str:
    """The file's text. vega: the scripts that draw charts (`vega_scripts`).

    Its Content-Security-Policy allows no request, no eval, and no script or style but those of the page, by their
    digests; pictures are data in the page.
    """
    style, script = (_source(name) for name in ("page.css", "page.js"))
    confusions = [part for section in page.sections for part in section.parts if isinstance(part, Confusions)]
    content = {
        "charts": {chart.name: {**chart.spec, "description": chart.alt} for chart in page.charts},
        "settings": settings(),
        "confusions": [_confusions(part) for part in confusions],
    }
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; "
        f"script-src {' '.join(repr(_digest(text)) for text in (vega, script))}; base-uri 'none'; form-action 'none'"
    )
    return _template().render(
        page=page,
        kind=lambda part: type(part).__name__,
        policy=policy,
        notice=RESEARCH_ONLY,
        style=Markup(style),
        vega=Markup(vega),
        script=Markup(script),
        content=Markup(_json(content)),
        table=table_html,
        source=_source_of,
    )


def vega_scripts() -> str:
    """Vega, Vega-Lite and vega-embed with its expression interpreter as one script; takes some seconds to make."""
    bundle = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE))
    return bundle.replace("</script", "<\\/script").replace("\r\n", "\n")


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


def _confusions(part: Confusions) -> dict[str, object]:
    """Short keys: these are most of a page's bytes."""
    return {
        "classes": part.classes,
        "cases": part.cases,
        "backbones": [
            {"name": name, "sides": [_side(one) for one in sides]} for name, sides in part.of_backbone.items()
        ],
    }


def _side(side: SideConfusion) -> dict[str, object]:
    mean = side.mean
    return {
        "side": side.side,
        "cells": [
            {
                **{"t": cell.truth, "p": cell.predicted, "n": round(float(mean[cell.truth, cell.predicted]), 2)},
                "cases": [[one.case, round(one.share, 2), _rounded(one.probability)] for one in cell.cases],
                "more": cell.more,
            }
            for cell in side.cells
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
