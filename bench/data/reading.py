"""What reading an image gives: the picture and how it was read, or why it cannot be read. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image

from bench.data.cases import FoundImage
from bench.data.passed_over import Fate, PassedOver

EIGHT_BITS = "as stored, 8 bits"
GREY16 = "grey of more than 8 bits, white at {}"
COLOUR16 = "colour of 16 bits, of which the upper 8 are kept"
SEVERAL_WAYS = "image(s) of a set whose images are not all read in one way: {}"
ADVICE = "Where the way goes with the class or the site, models learn the way: export all images alike."
DARK = "image(s), {}, whose values all end at {}: nearly black"
DARK_COLOUR = "Store them anew with their values stretched to 16 bits, or as 8 bits."


class UnreadableImage(Exception):
    """The file is no image, is cut short, or has pixels without a defined white; says why, quoting no header values."""


def too_large(width: int, height: int, max_pixels: int) -> str:
    """Why an image of so many pixels is refused: it may be a decompression bomb."""
    return f"{width}×{height} pixels are more than {max_pixels:,}; raise --max-pixels where that is meant"


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be counted, `number` times, of an image in the account of what was passed over, changed or guessed."""

    fate: Fate
    what: str
    advice: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """`way` names how stored values became grey or colour, the same words for all images that are treated alike.

    `white` is the stored value that became white and `peak` the largest one, 0 where the file's own kind fixes white.
    """

    way: str
    notes: tuple[Note, ...] = ()
    white: int = 0
    peak: int = 0


@dataclass(frozen=True)
class Shown:
    """An upright image at full size, RGB or grey (L), and how it was read."""

    image: Image.Image
    reading: Reading


Read = tuple[FoundImage, Reading]


def count_readings(read: Iterable[Read], account: PassedOver) -> None:
    """Count notes of images, images too dark for the range they are stored in, and ways, where there are several."""
    pairs = list(read)
    for image, reading in pairs:
        for note in reading.notes:
            account.add(note.fate, note.what, image.place, site=image.site, number=note.number, advice=note.advice)
    by_site: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for image, reading in pairs:
        if reading.peak:
            by_site[image.site, reading.way].append((image, reading))
    for (site, way), chosen in by_site.items():
        _count_dark(site, way, chosen, account)
    ways = Counter((image.site, reading.way) for image, reading in pairs)
    if len({way for _, way in ways}) > 1:
        for (site, way), number in ways.items():
            example = next(image.place for image, reading in pairs if (image.site, reading.way) == (site, way))
            account.add("doubtful", SEVERAL_WAYS.format(way), example, site=site, number=number, advice=ADVICE)


def _count_dark(site: str, way: str, chosen: Sequence[Read], account: PassedOver) -> None:
    """Where no image of a site comes near white, its values are of fewer bits than the file has."""
    peak, white = max(reading.peak for _, reading in chosen), chosen[0][1].white
    if 4 * peak > white + 1:
        return
    bits = max(8, peak.bit_length() + peak.bit_length() % 2)
    advice = DARK_COLOUR if way == COLOUR16 else f"If they hold {bits} bits, give bench run --white16 {2**bits - 1}."
    account.add("doubtful", DARK.format(way, peak), chosen[0][0].place, site=site, number=len(chosen), advice=advice)
