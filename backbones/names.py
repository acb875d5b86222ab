"""The names of timm's architectures from its sources: importing timm, and torch with it, takes seconds. Reads files."""

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
