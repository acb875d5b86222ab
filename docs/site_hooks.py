"""What MkDocs asks while it builds the site: pages of the root folder, links, bars in cells. Reads files.

The same Markdown is read on the site and in the repository, so links are written for the repository and fitted here.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Pages that lie above docs/, and what they are on the site."""
MADE = {**PAGES, "docs/notebook.ipynb": "notebook.md"}
"""What links lead to on the site, where that is another page than in the repository."""
LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>(?!https?:|mailto:|#)[^)#\s]+)(?P<anchor>#[^)\s]+)?\)"
)
SOURCE = re.compile(r'(<img src=")docs/')


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie above docs/."""
    for source, name in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=fitted(SOURCE.sub(r"\1", text), "")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links of a page of docs/ that leave it."""
    return markdown if page.file.src_uri in PAGES.values() else fitted(markdown, "docs")


def on_page_content(html: str, **_: Any) -> str:
    """A bar in code in a table is written with a backslash, which GitHub takes away."""
    return re.sub(r"<td.*?</td>", lambda cell: cell[0].replace("\\|", "|"), html, flags=re.DOTALL)


def fitted(text: str, folder: str) -> str:
    """The page with the links that it needs on the site; folder: where in the repository it lies."""

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found["target"]))
        if target in MADE:
            place = MADE[target]
        elif target.startswith("docs/"):
            place = target.removeprefix("docs/")
        else:  # a file of the repository that the site does not have
            return found["text"]
        return f"{found['image']}[{found['text']}]({place}{found['anchor'] or ''})"

    return LINK.sub(link, text)
