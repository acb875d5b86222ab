"""Names that are too long for a chart, shortened so that no two of them look alike."""

from collections.abc import Iterable

MOST_LETTERS = 24
_GAP = "…"


def short_labels(names: Iterable[str]) -> dict[str, str]:
    """Each name, or where it is longer than 24 letters its beginning and its end; of names that would then look alike
    what differs stands in the middle. No two labels are the same."""
    wanted = list(dict.fromkeys(names))
    found = {name: _both_ends(name) for name in wanted}
    for label in [one for one in set(found.values()) if sum(other == one for other in found.values()) > 1]:
        alike = [name for name in wanted if found[name] == label]
        found |= {name: _around(name, _first_difference(alike)) for name in alike}
    taken: set[str] = set()
    for name in wanted:
        number, label = 2, found[name]
        while label in taken:
            label, number = f"{found[name][: MOST_LETTERS - 4]} #{number}", number + 1
        taken.add(label)
        found[name] = label
    return found


def _both_ends(name: str) -> str:
    if len(name) <= MOST_LETTERS:
        return name
    half = (MOST_LETTERS - 1) // 2
    return f"{name[:half]}{_GAP}{name[len(name) - (MOST_LETTERS - 1 - half) :]}"


def _around(name: str, place: int) -> str:
    """A few letters of the beginning, then those from just before the place."""
    if len(name) <= MOST_LETTERS:
        return name
    start = name[:6]
    at = max(6, place - 3)
    rest = name[at : at + MOST_LETTERS - 8]
    return f"{start}{_GAP}{rest}{_GAP if at + len(rest) < len(name) else ''}"


def _first_difference(names: list[str]) -> int:
    """The first place at which not all have the same letter."""
    shortest = min(map(len, names))
    return next((place for place in range(shortest) if len({name[place] for name in names}) > 1), shortest)
