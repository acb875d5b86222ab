"""Which names are backbones: every classification model that timm knows. Reads its sources.

Importing timm, and torch with it, takes seconds.
"""

import difflib
import re
from importlib.util import find_spec
from pathlib import Path

_REGISTERED = re.compile(r"^@register_model\b[^\n]*\n(?:@[^\n]*\n)*def (\w+)\(", re.MULTILINE)


def registered_names() -> list[str]:
    """What `timm.list_models()` lists, in alphabetical order; empty where timm is not installed."""
    found = find_spec("timm")
    if found is None or found.origin is None:
        return []
    sources = (Path(found.origin).parent / "models").glob("*.py")
    return sorted({name for path in sources for name in _REGISTERED.findall(path.read_text(encoding="utf-8"))})


class UnknownBackboneError(ValueError):
    """No timm model has this name; the message offers the nearest three."""


def check_name(name: str) -> None:
    """Raise `UnknownBackboneError` unless `name` is a timm model (with or without a .tag of its weights)."""
    import timm

    if timm.is_model(name):
        return
    known = timm.list_models()
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.0)
    raise UnknownBackboneError(
        f"No backbone is called {name!r}. Nearest names: {', '.join(near)}. "
        f'All {len(known)}: python -c "import timm; print(timm.list_models())".'
    )
