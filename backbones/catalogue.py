"""Which names are backbones: every classification model that timm knows."""

import difflib


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
