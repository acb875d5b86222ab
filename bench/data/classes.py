"""Which classes there are, after renaming and merging. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from bench.data.cases import INTERNAL, FoundImage
from bench.data.names import alike, normal, spelled, visible
from bench.data.passed_over import PassedOver
from bench.errors import RequestError, listed

_HOW = "Without such a file: write these two lines into classes.toml, and add to the command: --config classes.toml."


def rename(images: Sequence[FoundImage], renaming: Mapping[str, str]) -> list[FoundImage]:
    """Give each image the label that `renaming` (found → wanted) says; several may share one.

    Raises:
        RequestError: a name in `renaming` is no label of any image.
    """
    meant = {normal(found): normal(wanted) for found, wanted in renaming.items()}
    unknown = sorted(set(meant) - {image.label for image in images})
    if unknown:
        found = sorted({image.label for image in images})
        raise RequestError(
            f"[classes] renames {listed(unknown)}, which no image has as its label. Labels found: {listed(found)}. "
            f"Correct or remove the line."
        )
    return [replace(image, label=meant.get(image.label, image.label)) for image in images]


def say_alike(images: Sequence[FoundImage], account: PassedOver) -> None:
    """Count internal classes whose names only look the same, with the line that makes them one."""
    inside = [image for image in images if image.site == INTERNAL]
    for first, *others in alike({image.label for image in inside}):
        for other in others:
            account.add(
                "doubtful",
                f"image(s) of a class that has nearly the name of another: {spelled(other, first)} beside "
                f"{spelled(first, other)}",
                site=INTERNAL,
                number=sum(image.label == other for image in inside),
                advice=f'If both are one, write under [classes]: "{visible(other)}" = "{visible(first)}".',
            )


def class_list(
    images: Sequence[FoundImage], declared: Sequence[str] | None, *, all_sites: bool = False
) -> tuple[str, ...]:
    """The classes found internally, or with `all_sites` at any site, sorted, or as declared.

    Raises:
        RequestError: fewer than two classes, a declared class without an internal image, an image whose class
            is not declared, or a class that exists only at an external site.
    """
    counts = Counter(image.label for image in images if all_sites or image.site == INTERNAL)
    classes = tuple(map(normal, declared)) if declared else tuple(sorted(counts))
    repeated = [name for name, times in Counter(classes).items() if times > 1]
    if repeated:
        raise RequestError(f"class_order names {listed(repeated)} more than once. Name each class once.")
    if not counts:
        raise RequestError("No internal image can be read. Check the files, or the path given by --internal or --data.")
    if len(classes) < 2:
        raise RequestError(
            f"Only one class found internally: {classes[0]!r}. A classifier needs at least two class folders; "
            f"is the path one level too deep?"
        )
    empty = [name for name in classes if not counts[name]]
    if empty:
        raise RequestError(
            f"class_order names {listed(empty)}, of which there is no internal image. Classes found: "
            f"{listed(sorted(counts))}."
        )
    undeclared = sorted(set(counts) - set(classes))
    if undeclared:
        raise RequestError(
            f"Internal images have classes that class_order does not name: {listed(undeclared)}. Add them, or "
            f'merge them under [classes], for example: "{undeclared[0]}" = "{classes[0]}".'
        )
    _refuse_external_only(images, classes)
    return classes


def _nearest(label: str, classes: Sequence[str]) -> str:
    """The class that is called most like it, the first where none is."""
    return next(iter(get_close_matches(label, classes, n=1)), classes[0])


def _refuse_external_only(images: Sequence[FoundImage], classes: Sequence[str]) -> None:
    stray = sorted({(image.label, image.site) for image in images if image.label not in classes})
    if stray:
        label, site = stray[0]
        near = next((name for name in classes if alike([label, name])), None)
        if near is not None:
            raise RequestError(
                f"Class {spelled(label, near)} of external site '{site}' is nearly called like the internal class "
                f"{spelled(near, label)}, and counts as another. If both are one, say so in the configuration file:"
                f'\n\n[classes]\n"{visible(label)}" = "{visible(near)}"\n\n{_HOW}'
            )
        others = f" (and {len(stray) - 1} more such)" if len(stray) > 1 else ""
        raise RequestError(
            f"Class {label!r} exists only at external site '{site}'{others}; no model can learn it. Rename or merge "
            f'it in the configuration file:\n\n[classes]\n"{label}" = "{_nearest(label, classes)}"   # one of: '
            f"{', '.join(classes)}\n\n{_HOW} Or remove its folder."
        )
