"""How an image was read: what its pixels were made by, and what of it was guessed or lost. Pure."""

from dataclasses import dataclass

from PIL import Image

from bench.data.passed_over import Fate

EIGHT_BITS = "as stored, 8 bits"
GREY16 = "grey of more than 8 bits, white at {}"
COLOUR16 = "colour of 16 bits, of which the upper 8 are kept"


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
