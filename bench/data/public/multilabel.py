"""From the bleeds that a slice or scan shows to its one class. Pure."""

from collections.abc import Collection

from bench.data.options import MultiLabel

NORMAL, OTHERS = "normal", "others"
PRIORITY = ("epidural", "subdural", "intraparenchymal", "subarachnoid", "intraventricular")
"""Which of several bleeds gives its name under the rule `priority`: a convention, from the one that most often needs
an operation at once to the one that most often comes with another."""


def label_of(found: Collection[str], rule: MultiLabel) -> str | None:
    """`normal` for none, the bleed for one; of several by `rule`, None where the image is to be left out."""
    if not found:
        return NORMAL
    if len(found) == 1:
        return next(iter(found))
    if rule == "priority":
        return min(found, key=PRIORITY.index)
    return OTHERS if rule == "others" else None
