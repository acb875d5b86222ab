"""Adds to the account what reading the pixels of a whole set showed. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from bench.data.cases import FoundImage
from bench.data.passed_over import PassedOver
from bench.data.reading import COLOUR16, Reading

Read = tuple[FoundImage, Reading]
SEVERAL_WAYS = "image(s) of a set whose images are not all read in one way: {}"
ADVICE = "Where the way goes with the class or the site, models learn the way: export all images alike."
DARK = "image(s), {}, whose values all end at {}: nearly black"
DARK_COLOUR = "Store them anew with their values stretched to 16 bits, or as 8 bits."


def count_readings(read: Iterable[Read], account: PassedOver) -> None:
    """Notes of images; images too dark for the range they are stored in; and ways, where there are several."""
    pairs = list(read)
    for image, reading in pairs:
        for note in reading.notes:
            account.add(note.fate, note.what, where(image), site=image.site, number=note.number, advice=note.advice)
    by_site: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for image, reading in pairs:
        if reading.peak:
            by_site[image.site, reading.way].append((image, reading))
    for (site, way), chosen in by_site.items():
        _count_dark(site, way, chosen, account)
    ways = Counter((image.site, reading.way) for image, reading in pairs)
    if len({way for _, way in ways}) > 1:
        for (site, way), number in ways.items():
            example = next(where(image) for image, reading in pairs if (image.site, reading.way) == (site, way))
            account.add("doubtful", SEVERAL_WAYS.format(way), example, site=site, number=number, advice=ADVICE)


def _count_dark(site: str, way: str, chosen: Sequence[Read], account: PassedOver) -> None:
    """Where no image of a site comes near white, its values are of fewer bits than the file has."""
    peak, white = max(reading.peak for _, reading in chosen), chosen[0][1].white
    if 4 * peak > white + 1:
        return
    bits = max(8, peak.bit_length() + peak.bit_length() % 2)
    advice = DARK_COLOUR if way == COLOUR16 else f"If they hold {bits} bits, give bench run --white16 {2**bits - 1}."
    account.add("doubtful", DARK.format(way, peak), where(chosen[0][0]), site=site, number=len(chosen), advice=advice)


def where(image: FoundImage) -> str:
    """The file of an image, and which of its parts."""
    return image.path if image.part is None else f"{image.path} part {image.part}"
