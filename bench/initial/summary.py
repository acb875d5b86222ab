"""What `bench init` says on one screen: what was found, what was chosen, the next command. Pure.

Names stand in it as they are: who prints a line, or writes it, makes it `visible`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from statistics import median

from bench.data.cases import INTERNAL, external_sites, internal
from bench.data.passed_over import WARNED
from bench.errors import listed
from bench.initial.choice import Choice
from bench.initial.choices import counted
from bench.initial.folds import smallest_class
from bench.initial.look import Looked
from bench.initial.selection import Selection

SHOWN = 8  # classes, warnings
FEW = 10


def found_lines(looked: Looked, selection: Selection) -> Iterator[str]:
    """What is there."""
    cases = selection.cases
    classes = counted(cases)
    named = listed([f"{label} {number:,}" for label, number in classes.items()], SHOWN)
    yield f"{len(internal(cases)):,} images of {len(classes)} classes: {named}"
    others = [f"{site} {sum(counted(cases, site).values()):,}" for site in external_sites(cases)]
    first = f"{INTERNAL}{f' ({selection.renamed})' if selection.renamed else ''}"
    yield f"sites: {first}; tested only: {listed(others, SHOWN)}" if others else "sites: one"
    patients = len({case.group for case in cases} - {None})
    yield (
        f"patients: {patients:,}, {selection.patients}"
        if patients
        else "patients: not known; each image counts by itself"
    )
    kinds = Counter(m.kind or "?" for m in looked.images if not m.unreadable)
    wide, high = median(case.width for case in cases), median(case.height for case in cases)
    named = ", ".join(f"{kind} {number:,}" for kind, number in kinds.most_common(4))
    yield f"images: {named}; {wide:g}×{high:g} pixels in the middle"
    if selection.copies:
        first, second = (cases[number].path for number in (selection.copies[0].first, selection.copies[0].second))
        yield f"copies: {len(selection.copies):,} pair(s) of images show the same, such as {first} and {second}"


def warning_lines(looked: Looked, selection: Selection) -> Iterator[str]:
    """What to look at before the numbers are believed."""
    for one in selection.left_out:
        yield f"{len(one.places):,} left out, such as {one.places[0]}: {one.why}"
    yield from selection.doubts
    label, units = smallest_class(internal(selection.cases))
    if units < FEW:
        yield f"class {label!r} has {units} independent cases: its numbers will say little"
    of_two = [
        pair for pair in selection.copies if len({selection.cases[n].label for n in (pair.first, pair.second)}) > 1
    ]
    if of_two:
        a, b = (selection.cases[number].case_id for number in (of_two[0].first, of_two[0].second))
        yield f"{len(of_two)} pair(s) of copies have two classes, such as {a} and {b}: mend one"
    for entry in looked.inventory.passed_over.entries():
        if entry.fate in WARNED:
            yield entry.line().removeprefix("Warning: ")


def screen(
    given: Path,
    looked: Looked,
    selection: Selection,
    choices: Sequence[Choice],
    written: Sequence[Path],
) -> Iterator[str]:
    """All lines, in their order."""
    yield f"Found in {given}:"
    yield from (f"  {line}" for line in found_lines(looked, selection))
    warnings = list(warning_lines(looked, selection))
    if warnings:
        yield "Look at first:"
        yield from (f"  {line}" for line in warnings[:SHOWN])
        if len(warnings) > SHOWN:
            yield f"  and {len(warnings) - SHOWN} more; bench data audit {quote(str(given))} shows all"
    yield "Chosen, with the reason for each in the file:"
    width = max(len(choice.key) for choice in choices)
    for choice in choices:
        value = listed(list(map(str, choice.value)), 4) if isinstance(choice.value, list | dict) else str(choice.value)
        yield f"  {choice.key:<{width}}  {value}"
    here = Path.cwd()
    names = [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in written]
    yield f"Written: {', '.join(names)}"
    yield f"Next: bench run --config {quote(names[0])}"
