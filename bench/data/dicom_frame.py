"""The header of one frame: what the functional groups of a multi-frame file say, laid over the rest. Pure."""

from collections.abc import Iterator
from typing import Any

SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
ABOUT_OTHERS = ("Referenced", "Derivation", "Source")  # groups whose items describe other images


def header_of_frame(dataset: Any, part: int) -> Any:
    """As if the frame were a file of its own: each tag by its own functional groups, else the shared, else the root.

    So slope, intercept, window, VOI LUT, position, orientation, spacing and the frame's type are found where files of
    one image have them. A file without functional groups is its own header.
    """
    if SHARED not in dataset and PER_FRAME not in dataset:
        return dataset
    from pydicom.dataset import Dataset

    header = Dataset()
    header.file_meta = dataset.file_meta
    header.update({tag: element for tag, element in dataset.items() if tag.group < 0x7FE0})
    for groups in (_item(dataset, SHARED, 0), _item(dataset, PER_FRAME, part)):
        for element in _elements(groups):
            header.add(element)
    return header


def _item(dataset: Any, name: str, number: int) -> Any:
    items = list(dataset.get(name) or [])
    return items[number] if number < len(items) else []


def _elements(groups: Any) -> Iterator[Any]:
    """The elements of each group that has one item; groups of several, private ones and those about others are not."""
    for group in groups:
        if group.VR == "SQ" and not group.tag.is_private and not group.keyword.startswith(ABOUT_OTHERS):
            items = group.value or []
            if len(items) == 1:
                yield from (element for element in items[0] if not element.tag.is_private)
