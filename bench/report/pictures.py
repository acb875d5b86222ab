"""Pictures of cases on the page: samples of each site, and of what was confused. Reads images, or the pixel cache."""

from collections.abc import Sequence
from dataclasses import replace

from bench.cache import Caches
from bench.data.cases import INTERNAL, Case, external_sites
from bench.report.entries import Stored
from bench.report.thumbnails import thumbnails
from reports.page.confused_cases import Confusions, most_confused
from reports.page.part import Gallery, Part, Picture, Section

MOST_SITES, OF_A_SITE, SAMPLE_SIDE = 6, 6, 96
MOST_CONFUSED, CONFUSED_SIDE = 120, 64


def samples_section(stored: Stored, caches: Caches) -> Section:
    """Some images of each site beside each other; without parts where no image can be read."""
    sites = stored.folds.sites or (INTERNAL, *external_sites(stored.cases))
    classes = tuple(stored.experiment.class_order or ())
    chosen = {site: samples([case for case in stored.cases if case.site == site], classes) for site in sites}
    galleries = []
    for site, cases in list(chosen.items())[:MOST_SITES]:
        images = thumbnails(cases, stored.cases, stored.experiment, caches, SAMPLE_SIDE)
        pictures = [Picture((image,), (case.label,)) for case, image in zip(cases, images, strict=True) if image]
        if pictures:
            galleries.append(Gallery(site, tuple(pictures), wide=False))
    return Section(
        "samples",
        "Images of each site",
        ("Drawn blindly, class by class, as the models see them but for their size. What differs here is the shift.",),
        tuple(galleries),
    )


def samples(cases: Sequence[Case], classes: Sequence[str]) -> list[Case]:
    """Six cases, in turn of each class, in the order of their contents' digests, which knows nothing of them."""
    of_class = {name: sorted((c for c in cases if c.label == name), key=lambda c: c.digest) for name in classes}
    in_turn = sorted(
        (place, classes.index(name), case)
        for name, some in of_class.items()
        for place, case in enumerate(some[:OF_A_SITE])
    )
    return sorted((case for _, _, case in in_turn[:OF_A_SITE]), key=lambda case: classes.index(case.label))


def with_pictures(section: Section, stored: Stored, caches: Caches) -> Section:
    """The section with pictures of the cases that were confused most, where it has confusions."""
    return replace(section, parts=tuple(_pictured(part, stored, caches) for part in section.parts))


def _pictured(part: Part, stored: Stored, caches: Caches) -> Part:
    if not isinstance(part, Confusions):
        return part
    known = {case.case_id: case for case in stored.cases}
    places = [place for place in most_confused(part, MOST_CONFUSED) if part.cases[place] in known]
    chosen = [known[part.cases[place]] for place in places]
    images = thumbnails(chosen, stored.cases, stored.experiment, caches, CONFUSED_SIDE)
    return replace(part, pictures={place: image for place, image in zip(places, images, strict=True) if image})
