"""What pyproject.toml asks for. Reads it; runs without any installed package."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEVELOPERS = ("dev", "bench", "docs")
ALL = "all"
_OWN = re.compile(r"gapbench\[([\w-]+)\]")


def extras() -> list[str]:
    """Those of the product: all but the tools of its developers, and the one that is all of them."""
    return [name for name in _project()["optional-dependencies"] if name not in (*DEVELOPERS, ALL)]


def asked_for(extra: str = "") -> list[str]:
    """The requirements that an extra adds, as they are written there; without one those of the package itself.

    Another extra that it names stands for what that one adds.
    """
    project = _project()
    found: list[str] = project["optional-dependencies"][extra] if extra else project["dependencies"]
    own = [(text, _OWN.fullmatch(text)) for text in found]
    return [one for text, named in own for one in (asked_for(named[1]) if named else [text])]


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project
