"""Options: what pixels a model is shown of an image."""

from typing import Any

from pydantic import BaseModel, field_validator

from bench.data.images import Fit, Slices
from bench.data.windows import DEFAULT as DEFAULT_WINDOWS
from bench.data.windows import NAMED as NAMED_WINDOWS
from bench.data.windows import NONE as NO_WINDOW
from bench.data.windows import parse_windows
from bench.errors import RequestError
from bench.option import DATA, LOOKING, RUN, option

DEFAULT_IMAGE_SIZE = 224
PHANTOM_IMAGE_SIZE = 64


class PixelOptions(BaseModel):
    """Size and shape of images, and which grey values and slices become their channels."""

    image_size: int | None = option(
        None,
        "Side of the images in pixels.",
        panel=DATA,
        shown=f"{DEFAULT_IMAGE_SIZE}; {PHANTOM_IMAGE_SIZE} for the phantom",
        limits={"ge": 16, "le": 2048},
    )
    fit: Fit = option("pad", "What becomes of images that are not square: {choices}.", RUN, DATA)
    white16: int = option(
        65535, "The value that is white in 16-bit grey images.", RUN, DATA, limits={"ge": 1, "le": 65535}
    )
    windows: list[str] = option(
        list(DEFAULT_WINDOWS),
        f"CT windows as colour channels: {', '.join(NAMED_WINDOWS)}, LEVEL/WIDTH; or {NO_WINDOW}.",
        (*RUN, *LOOKING),
        DATA,
        metavar="A,B,C",
        choices=(",".join(DEFAULT_WINDOWS), *NAMED_WINDOWS, NO_WINDOW),
        joined=True,
        limits={"min_length": 1},
    )
    slices: Slices = option(
        "1", "A slice alone, or between its neighbours, as the three channels: {choices}.", panel=DATA
    )

    @field_validator("windows", mode="before")
    @classmethod
    def _windows(cls, value: Any) -> Any:
        """Names separated by commas, or a list of them."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            try:
                parse_windows(names)
            except RequestError as error:
                raise ValueError(str(error)) from None
        return names
