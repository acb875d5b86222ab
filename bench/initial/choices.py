"""What an experiment on the selected images should be, and why. Pure."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.config.experiment import Experiment
from bench.data.cases import INTERNAL, Case, external_sites, internal
from bench.engine.groups import case_columns
from bench.folds.sites import LEAST_SITES
from bench.initial.choice import Choice
from bench.initial.look import Looked
from bench.initial.selection import Selection
from reports.tables.groups import Grouping, NoGroups, groups_of

SIZES = (32, 64, 96, 128, 160, 192, 224)
BATCHES = (32, 16, 8)
STEPS = 8  # of an epoch, at least
IMAGES_A_PATIENT = 2.0  # on average, from which patients are ranked
BACKBONES = ("resnet34", "tf_efficientnet_lite0")


@dataclass(frozen=True)
class Places:
    """Where the list of images is written, where that is needed, and the working folder."""

    list_file: Path
    here: Path


def choices(looked: Looked, selection: Selection, look: Experiment, folds: Choice, places: Places) -> Iterator[Choice]:
    """All that goes into the file, in its order: keys of their own, then tables."""
    yield from sorted(
        [*_data(looked, selection, look, places), *_design(looked, selection, folds, places)],
        key=lambda choice: isinstance(choice.value, dict) or "." in choice.key,
    )


def _data(looked: Looked, selection: Selection, look: Experiment, places: Places) -> Iterator[Choice]:
    source = looked.source
    if selection.needs_list:
        why = "; ".join(_why_list(selection))
        yield Choice("data", str(places.list_file), f"a list of the images, since {why}")
        root = Path(look.root).expanduser().resolve() if look.root else source.root
        yield Choice("root", str(root), "where the paths of that list begin")
        yield from (choice for choice in source.choices if choice.key == "group_by")
    else:
        yield from source.choices
        if look.root:
            yield Choice("root", str(Path(look.root).expanduser().resolve()), "as was given by --root")
        if unreadable := sum(len(one.places) for one in selection.left_out):
            why = f"{unreadable} image(s) cannot be read; bench run lists them in tables/unreadable.csv"
            yield Choice("skip_unreadable", True, why)
    if look.allow_outside:
        yield Choice("allow_outside", True, "as was given by --allow-outside")
    if look.windows != Experiment().windows:
        yield Choice("windows", look.windows, "as was given by --windows")
    if look.max_pixels != Experiment().max_pixels:
        yield Choice("max_pixels", look.max_pixels, "as was given by --max-pixels")
    if copies := selection.copies_inside:
        why = f"{len(copies)} pair(s) of images show the same: kept in one fold, so that none is tested on its copy"
        yield Choice("group_duplicates", True, why)


def _why_list(selection: Selection) -> Iterator[str]:
    if selection.named_here:
        yield "no option says who the patients are"
    if selection.renamed:
        yield f"none of its sites is called internal ({selection.renamed!r}, with the most images, is)"
    if left := sum(len(one.places) for one in selection.left_out if one.by_list):
        yield f"{left} image(s) stay out"


def _design(looked: Looked, selection: Selection, folds: Choice, places: Places) -> Iterator[Choice]:
    cases = selection.cases
    yield _image_size(cases)
    yield Choice(
        "backbone",
        list(BACKBONES),
        "two small networks of different families, to be compared; bench screen tries many more at once",
    )
    sites = len(external_sites(cases)) + 1
    by_site = ('folds = "sites"   # each site is left out once, which tells how much hospitals differ',)
    yield Choice(folds.key, folds.value, folds.why, by_site if sites >= LEAST_SITES else ())
    yield Choice("seeds", 5, "how much the seed alone changes shows only in several; 10 say it better, 3 are quicker")
    yield _level(cases, selection)
    yield _results(places)
    yield _batch(cases, int(folds.value))


def _image_size(cases: Sequence[Case]) -> Choice:
    longest = [max(case.width, case.height) for case in cases]
    middle = median(longest)
    size = next((size for size in SIZES if size >= middle), SIZES[-1])
    smaller = () if size <= 128 else ("image_size = 128   # takes about a third of the time",)
    shown = f"the longer sides of the images are {min(longest)} to {max(longest)} pixels, {middle:g} in the middle"
    why = (
        f"{shown}; more is not in them"
        if size > middle or middle == size
        else f"{shown}; networks were made for {size}"
    )
    return Choice("image_size", size, why, smaller)


def _level(cases: Sequence[Case], selection: Selection) -> Choice:
    grouped = [case for case in cases if case.group is not None]
    if not grouped:
        return Choice(
            "level",
            "case",
            "no patient is known, so each image counts by itself: intervals are too narrow if patients have several",
        )
    patients = len({case.group for case in grouped})
    each = len(grouped) / patients
    known = f"{patients:,} patients are known ({selection.patients})"
    if each < IMAGES_A_PATIENT:
        return Choice("level", "case", f"{known}, most with one image; images of a patient are held out together")
    try:
        groups_of(case_columns(cases), sorted({case.label for case in cases}), Grouping())
    except NoGroups:
        instead = ('level = "group"   # with label_order = [...]: which class counts for a patient who has several',)
        return Choice("level", "case", f"{known}; some have images of several classes, so images are ranked", instead)
    why = f"{known}, with {each:.1f} images each of one class: each patient is ranked as one"
    return Choice("level", "group", why, ('level = "case"   # ranks images; intervals still count patients',))


def _batch(cases: Sequence[Case], folds: int) -> Choice:
    trained = len(internal(cases)) * (folds - 1) // folds
    size = next((size for size in BATCHES if trained >= STEPS * size), BATCHES[-1])
    why = f"a model is trained on about {trained:,} images: {max(1, trained // size):,} steps in each of its epochs"
    return Choice("recipe.batch_size", size, why)


def _results(places: Places) -> Choice:
    names = ("results", *(f"results-{number}" for number in range(2, 1000)))
    free = next(name for name in names if not _filled(places.here / name))
    why = "in the folder where bench run is called" if free == "results" else "folders of that name hold other results"
    return Choice("results", free, why)


def _filled(folder: Path) -> bool:
    return os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir()))


def counted(cases: Sequence[Case], site: str = INTERNAL) -> dict[str, int]:
    """Images of each class at a site."""
    return dict(sorted(Counter(case.label for case in cases if case.site == site).items()))
