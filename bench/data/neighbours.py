"""A slice with its neighbours: which images lie below and above each in its volume. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.data.cases import FoundImage
from bench.data.names import visible
from bench.errors import RequestError, listed

Z = "z"
"""The column of a manifest that says where a slice lies in its group; any numbers that rise from slice to slice."""
Volume = tuple[str, ...]
Slice = tuple[str, list[str]]
"""A digest, and the cases that are this picture at this place: several where it was read several times."""
Three = tuple[str, str, str]
"""The digests of the slice below, of the slice itself and of the slice above."""


class Seen(Protocol):
    """What of a case says where it lies."""

    @property
    def case_id(self) -> str: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Neighbours:
    """Which three slices a model sees of each case; a slice at the edge of its volume is its own neighbour there.

    `three` is by digest, so names of files decide nothing; of a picture that lies at several places between different
    slices, such as an empty one, `at` is by its digest and case id.
    """

    three: Mapping[str, Three] = field(repr=False)
    at: Mapping[tuple[str, str], Three] = field(repr=False)

    @classmethod
    def of(cls, images: Iterable[tuple[FoundImage, str]]) -> "Neighbours":
        """Of images with their digests.

        Raises:
            RequestError: an image has no place in a volume, or two images of one have the same.
        """
        places = defaultdict[str, dict[str, Three]](dict)
        for slices in _volumes(images).values():
            digests = [digest for digest, _ in slices]
            beside = zip([digests[0], *digests], digests, [*digests[1:], digests[-1]], strict=False)
            for three, (digest, case_ids) in zip(beside, slices, strict=True):
                places[digest] |= dict.fromkeys(case_ids, three)
        alone = {digest: set(found.values()) for digest, found in places.items()}
        return cls(
            {digest: next(iter(threes)) for digest, threes in alone.items() if len(threes) == 1},
            {
                (digest, case_id): three
                for digest, found in places.items()
                if len(alone[digest]) > 1
                for case_id, three in found.items()
            },
        )

    def of_case(self, case: Seen) -> Three:
        """Raises ValueError where the case lies nowhere."""
        three = self.at.get((case.digest, case.case_id)) or self.three.get(case.digest)
        if three is None:
            raise ValueError(f"No place among the slices is known of {case.case_id}. Restore the data.")
        return three

    @cached_property
    def row(self) -> dict[Three, int]:
        """The place of each distinct three in the order of all."""
        return {three: row for row, three in enumerate(sorted({*self.three.values(), *self.at.values()}))}

    def order(self, cases: Iterable[Seen]) -> str:
        """A digest of what lies beside these cases, whatever else was read."""
        return _digest(sorted({self.of_case(case) for case in cases}))

    @property
    def key(self) -> str:
        """A digest of what lies beside all images."""
        return _digest(list(self.row))

    def rows(self, row: Mapping[str, int]) -> NDArray[np.int64]:
        """(n_threes, 3): where `row` has the digests of each."""
        return np.array([[row[digest] for digest in three] for three in self.row], dtype=np.int64).reshape(-1, 3)


def _volumes(images: Iterable[tuple[FoundImage, str]]) -> dict[Volume, list[Slice]]:
    """The slices of each volume, from below."""
    volumes, nowhere = defaultdict[Volume, dict[float, list[tuple[str, str]]]](lambda: defaultdict(list)), list[str]()
    for image, digest in images:
        place = _place(image)
        if place is None:
            nowhere.append(visible(image.case_id))
        else:
            volumes[place[0]][place[1]].append((image.case_id, digest))
    if nowhere:
        raise RequestError(
            f"--slices 3 needs to know which slice lies above which, and {len(nowhere)} image(s) do not say: "
            f"{listed(nowhere, 3)}. NIfTI volumes and DICOM series say it, and so do manifests with the columns group "
            f"and {Z} (numbers; --column {Z}=NAME where it is called otherwise). Give --slices 1 where there is no "
            "order."
        )
    found = {volume: [_slice(at[height]) for height in sorted(at)] for volume, at in volumes.items()}
    _refuse_together([at for of_volume in volumes.values() for at in of_volume.values()])
    return found


def _slice(there: Sequence[tuple[str, str]]) -> Slice:
    return there[0][1], [case_id for case_id, _ in there]


def _refuse_together(places: Iterable[Sequence[tuple[str, str]]]) -> None:
    """Raise `RequestError` where different pictures lie at one place."""
    together = [there for there in places if len({digest for _, digest in there}) > 1]
    if together:
        names = [visible(case_id) for case_id, _ in together[0]]
        raise RequestError(
            f"--slices 3 needs to know which slice lies above which, and at {len(together)} place(s) lie several "
            f"different ones of the same volume, such as {listed(names, 3)}. Give each scan a group of its own, and "
            f"each slice in it a number of its own (column {Z}), leave the others out, or give --slices 1."
        )


def _digest(threes: list[Three]) -> str:
    return hashlib.sha256(json.dumps(threes).encode()).hexdigest()[:16]


def _place(image: FoundImage) -> tuple[Volume, float] | None:
    if image.part is not None:
        return (image.site, image.path), float(image.part)
    if image.volume is not None and image.height is not None:
        return (image.site, *image.volume), image.height
    try:
        z = float(image.extra[Z])
    except (KeyError, ValueError):
        return None
    return ((image.site, Z, image.group), z) if image.group is not None and np.isfinite(z) else None
