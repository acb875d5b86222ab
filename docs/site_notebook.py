"""The notebook as a page of the site, with the outputs that it holds, for MkDocs. Reads it."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

NOTEBOOK = Path(__file__).resolve().with_name("notebook.ipynb")
PAGE = "notebook.md"
PLACE = '<div id="output-{}"></div>'


def on_files(files: Files, config: Any) -> Files:
    """Add the page: the text of the notebook, its code, and a place for each output."""
    files.append(File.generated(config, PAGE, content=as_markdown(_cells())))
    return files


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Put the outputs into their places, as they are stored."""
    if page.file.src_uri == PAGE:
        for number, cell in enumerate(_cells()):
            shown = "".join(as_html(output) for output in cell.get("outputs", ()))
            content = content.replace(PLACE.format(number), shown)
    return content


def as_markdown(cells: list[Mapping[str, Any]]) -> str:
    """Text and code of the cells, with the places of their outputs."""
    parts = []
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        code = cell["cell_type"] == "code"
        parts += [f"```python\n{source}\n```", PLACE.format(number)] if code else [source]
    return "\n\n".join(parts) + "\n"


def as_html(output: Mapping[str, Any]) -> str:
    """The richest form of an output that a page can show."""
    data = {kind: "".join(value) for kind, value in output.get("data", {}).items() if isinstance(value, str | list)}
    for kind in ("text/html", "image/svg+xml"):
        if kind in data:
            return f"<div>{data[kind]}</div>\n"
    plain = html.escape(data.get("text/plain", "".join(output.get("text", ""))))
    if "image/png" in data:
        return f'<img src="data:image/png;base64,{data["image/png"].strip()}" alt="{plain}">\n'
    return f"<pre>{plain}</pre>\n"


def _cells() -> list[Mapping[str, Any]]:
    cells: list[Mapping[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return cells
