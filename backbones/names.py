"""Which names are backbones: every classification model that timm knows, and those kept elsewhere. Reads its sources.

Importing timm, and torch with it, takes seconds.
"""

import difflib
import re
from importlib.util import find_spec
from pathlib import Path

HUB, FOLDER = "hf-hub:", "local-dir:"
"""Before a repository of the Hugging Face hub; before a folder as timm's save_for_hf writes it."""
IMAGENET, OWN = "ImageNet", "its own"
FETCHED = (IMAGENET, OWN)
"""How pretrained weights are called that come with a name: of timm's models, of those kept elsewhere."""
_REGISTERED = re.compile(r"^@register_model\b[^\n]*\n(?:@[^\n]*\n)*def (\w+)\(", re.MULTILINE)


def registered_names() -> list[str]:
    """What `timm.list_models()` lists, in alphabetical order; empty where timm is not installed."""
    found = find_spec("timm")
    if found is None or found.origin is None:
        return []
    sources = (Path(found.origin).parent / "models").glob("*.py")
    return sorted({name for path in sources for name in _REGISTERED.findall(path.read_text(encoding="utf-8"))})


def is_elsewhere(name: str) -> bool:
    """Whether it names a repository or a folder."""
    return name.startswith((HUB, FOLDER))


def wherever(name: str) -> str:
    """The name without the place of a folder, for names of results, which no path decides."""
    return FOLDER + Path(name.removeprefix(FOLDER)).name if name.startswith(FOLDER) else name


def absolute(name: str) -> str:
    """The name with the whole path of a folder, so that it can be read from anywhere."""
    return FOLDER + str(Path(name.removeprefix(FOLDER)).expanduser().resolve()) if name.startswith(FOLDER) else name


class UnknownBackboneError(ValueError):
    """No timm model has this name; the message offers the nearest three."""


def check_name(name: str) -> None:
    """Raise `UnknownBackboneError` unless `name` is a timm model (with or without a .tag of its weights).

    Of names of models that are kept elsewhere nothing is known before they are read.
    """
    if is_elsewhere(name):
        return
    import timm

    if timm.is_model(name):
        return
    known = timm.list_models()
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.0)
    raise UnknownBackboneError(
        f"No backbone is called {name!r}. Nearest names: {', '.join(near)}. "
        f'All {len(known)}: python -c "import timm; print(timm.list_models())".'
    )
