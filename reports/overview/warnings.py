"""What limits a leaderboard, each said once and the most important first. Pure."""

from collections.abc import Iterator, Sequence

from reports.tables.caveats import Code
from reports.tables.claims import caveats_of, few_seeds, mixed_weights
from reports.tables.leaderboard import NOT_RANKED, ONE_SEED, OTHER_CASES, Leaderboard
from reports.tables.wording import listed

ORDER: tuple[Code, ...] = (
    "leaks",
    "tuned",
    "unknown_folds",
    "of_groups",
    "near_guessing",
    "not_deterministic",
    "mixed_environments",
    "imported",
)
"""Of caveats that rows carry; mixed weights have a sentence of their own."""
PRETRAINED = "pretrained"
"""The word of an answer that says which weights differ."""
_SAID = (NOT_RANKED, ONE_SEED, OTHER_CASES)
"""How notes end that the answer or a caveat says already."""


def warnings_of(leaderboard: Leaderboard, answer: Sequence[str], further: Sequence[str]) -> tuple[str, ...]:
    """Caveats of rows, what the answer does not say of weights, too few seeds, `further`, and then the notes."""
    said = " ".join(answer)
    mixed = mixed_weights(leaderboard.rows)
    found = [
        *_of_rows(leaderboard),
        *([f"{mixed}."] if mixed and PRETRAINED not in said else []),
        *few_seeds(leaderboard),
        *further,
        *(note for note in leaderboard.notes if not note.endswith(_SAID)),
    ]
    return tuple(dict.fromkeys(found))


def _of_rows(leaderboard: Leaderboard) -> Iterator[str]:
    """Each text once, with the rows that carry it; that the first one may be guessing is in the answer."""
    carriers: dict[tuple[int, str], list[str]] = {}
    for row in leaderboard.rows:
        for one in caveats_of(leaderboard, row):
            if one.code in ORDER and not (one.code == "near_guessing" and row is leaderboard.rows[0]):
                carriers.setdefault((ORDER.index(one.code), one.text), []).append(row.name)
    every = len(leaderboard.rows)
    for (_, text), names in sorted(carriers.items(), key=lambda item: item[0][0]):
        who = "Every backbone" if 1 < every == len(names) else listed(names)
        yield f"{who}: {text}."
