"""What marks of a chart tell of themselves, to a pointer that rests on them and to who cannot see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.page.part import Spec


def hinted(spec: Spec) -> dict[str, Any]:
    """The specification in which marks tell what their `tooltip` lists, `seed: 3; Macro F1: 0.712`; others nothing."""
    found = dict(spec)
    for name in ("layer", "hconcat", "vconcat"):
        if name in found:
            found[name] = [hinted(one) for one in found[name]]
    if "mark" in found:
        encoding = dict(found.get("encoding", {}))
        listed = encoding.pop("tooltip", ())
        mark = found["mark"] if isinstance(found["mark"], Mapping) else {"type": found["mark"]}
        told = {"description": {"expr": _hint(listed)}} if listed else {"aria": False}
        found |= {"encoding": encoding, "mark": {**mark, **told}}
    return found


def _hint(listed: Sequence[Mapping[str, str]]) -> str:
    """An expression of Vega's that joins titles and values."""
    parts = []
    for one in listed:
        value = f"datum[{_quoted(one['field'])}]"
        parts.append(_quoted(f"{one.get('title', one['field'])}: "))
        parts.append(f"format({value}, {_quoted(one['format'])})" if "format" in one else value)
        parts.append(_quoted("; "))
    return " + ".join(parts[:-1])


def _quoted(text: str) -> str:
    return f"'{text}'".replace("\\", "∖") if "'" not in text else _quoted(text.replace("'", "’"))
