"""What pyproject.toml asks for. Reads it; runs without any installed package."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEVELOPERS = ("dev", "bench", "docs")


def extras() -> list[str]:
    """Those of the product: all but the tools of its developers."""
    return [name for name in _project()["optional-dependencies"] if name not in DEVELOPERS]


def asked_for(extra: str = "") -> list[str]:
    """The requirements that an extra adds, as they are written there; without one those of the package itself."""
    project = _project()
    found: list[str] = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return found


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project
