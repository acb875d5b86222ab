"""Attention probes that learnt other labels of groups than those by which they would be judged. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bench.engine.groups import in_words
from bench.errors import RequestError
from bench.report.entries import Stored
from bench.store.runs import StoredRun


def of_order(stored: Stored, order: Sequence[str]) -> Stored:
    """Without the entries that were trained on groups labelled by another order, and with a note on each.

    order: by which groups are labelled now; where it is empty nothing is left out.

    Raises:
        RequestError: no entry would be left.
    """
    others = {place: one for place, runs in enumerate(stored.runs) if (one := _learnt(runs)) and one != tuple(order)}
    if not others or not order:
        return stored
    if len(others) == len(stored.entries):
        raise RequestError(
            f"All models of this folder were trained on groups labelled by {in_words(next(iter(others.values())))}; by "
            f"{in_words(order)} they would be judged by other labels than they learnt. Give bench run with this "
            f"--label-order, which trains them again."
        )
    notes = [
        f"{stored.entries[place].full_name}: trained on groups labelled by {in_words(learnt)}, and left out where they "
        f"are labelled by {in_words(order)}."
        for place, learnt in others.items()
    ]
    kept = [place for place in range(len(stored.entries)) if place not in others]
    return replace(
        stored,
        entries=[stored.entries[place] for place in kept],
        runs=[stored.runs[place] for place in kept],
        left_out=[*stored.left_out, *notes],
    )


def _learnt(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    spec = runs[0].record.spec
    return () if spec.role == "import" else spec.recipe.label_order
