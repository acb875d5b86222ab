"""Patients that only the names of image files tell: `P012_03.png` is one of P012. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from bench.data.cases import FoundImage
from bench.data.names import normal

_SURE = re.compile(
    r"(?:.*[-_. ])?((?:patients?|pat|subjects?|subj|persons?|participants?|probands?)[-_ ]?\d+)(?=[-_. ])", re.I
)
_CALLED = re.compile(r"(?:.*[-_. ])?((?:pt|p|sub|s|cases?|animals?|mouse|m)[-_ ]?\d+)(?=[-_. ])", re.I)
_FIRST = re.compile(r"([^\W_]*\d[^\W_]*)[-_. ].*\d")
_YEAR = re.compile(r"(19|20)\d\d([01]\d([0-3]\d)?)?")
MOSTLY = 0.9
FEWEST = 3


@dataclass(frozen=True)
class ByName:
    """The patient of each case by its id, and an example: a file's name and what it tells."""

    of_case: dict[str, str]
    example: tuple[str, str]

    @property
    def number(self) -> int:
        """How many patients there are."""
        return len(set(self.of_case.values()))


def patients_by_name(images: Sequence[FoundImage]) -> ByName | None:
    """What nine in ten names hold that is called a patient and comes back; else what they begin with, where that has a
    digit, comes back, and is not the class. None where there is no such thing.

    Files of different sites never share a patient: numbers begin anew at each. Where names are not alike at all sites,
    each site is looked at alone, and some may tell nothing.
    """
    sites = dict.fromkeys(image.site for image in images)
    found = _patients_of(images, several=len(sites) > 1)
    if found is not None or len(sites) < 2:
        return found
    apart = [_patients_of([image for image in images if image.site == site], several=True) for site in sites]
    known = [one for one in apart if one is not None]
    if not known:
        return None
    return ByName({case: patient for one in known for case, patient in one.of_case.items()}, known[0].example)


def _patients_of(images: Sequence[FoundImage], *, several: bool) -> ByName | None:
    """several: whether there are other sites, so that the patient's name begins with this one's."""
    for pattern in (_SURE, _CALLED, _FIRST):
        keys = {image.case_id: found for image in images if (found := _key(pattern, image)) is not None}
        if len(keys) < MOSTLY * len(images) or not _come_back(keys):
            continue
        if pattern is not _SURE and not _like_patients(images, keys):
            continue
        site_of = {image.case_id: image.site for image in images}
        groups = {case: f"{site_of[case]} {key}" if several else key for case, key in keys.items()}
        first = next(image for image in images if image.case_id in keys)
        return ByName(groups, (PurePath(first.path).name, keys[first.case_id]))
    return None


def _key(pattern: re.Pattern[str], image: FoundImage) -> str | None:
    found = pattern.match(PurePath(image.path).name)
    return normal(found[1]) if found else None


def _come_back(keys: dict[str, str]) -> bool:
    """Whether half or more of the images share theirs with another one."""
    met = Counter(keys.values())
    return len(met) > 1 and 2 * sum(times for times in met.values() if times > 1) >= len(keys)


def _like_patients(images: Sequence[FoundImage], keys: dict[str, str]) -> bool:
    """Whether there are several, of no more than half of the images each, and they are neither the class nor years."""
    met = Counter(keys.values())
    classes: dict[str, set[str]] = defaultdict(set)
    for image in images:
        if image.case_id in keys:
            classes[keys[image.case_id]].add(image.label)
    of_one_class = all(len(labels) == 1 for labels in classes.values())
    is_class = of_one_class and len(met) <= len({image.label for image in images})
    years = all(map(_YEAR.fullmatch, met))
    return len(met) >= FEWEST and not is_class and not years and 2 * max(met.values()) <= len(keys)
