"""Hospitals drawn from a population of scanners and exports, for phantoms of more than two sites."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from bench.phantom.grid import Range
from bench.phantom.sites import INTERNAL, SITES, Site

_STREAM = 2  # of [seed, site, case, stream], where 0 is a patient's and 1 a scanner's


@dataclass(frozen=True)
class Spread:
    """A parameter over hospitals: its middle is uniform between `lowest` and `highest`, and its values at one hospital
    are uniform within `around` of that."""

    lowest: float
    highest: float
    around: float = 0.0


POPULATION: Mapping[str, Spread] = MappingProxyType(
    {
        "fov_mm": Spread(210.0, 220.0, 5.0),
        "psf_mm": Spread(0.7, 1.5, 0.15),
        "edge_enhancement": Spread(0.05, 0.75, 0.05),
        "noise_hu": Spread(2.5, 6.0, 0.5),
        "noise_cutoff": Spread(0.24, 0.40, 0.03),
        "matrix": Spread(150.0, 224.0),
        "cupping_hu": Spread(2.0, 8.0, 1.0),
        "calibration_hu": Spread(-3.0, 3.0, 0.5),
        "head_holder": Spread(0.0, 0.6),
        "streaks": Spread(0.0, 0.25),
        "motion": Spread(0.0, 0.15),
        "window_level": Spread(34.0, 46.0, 1.5),
        "window_width": Spread(72.0, 104.0, 4.0),
        "gamma": Spread(0.88, 1.14, 0.02),
        "jpeg_quality": Spread(45.0, 93.0, 3.0),
        "burned_in_text": Spread(0.0, 0.5),
    }
)
"""What hospitals differ in, in the units of `Site`; all else is as at the internal site of two."""
_WHOLE = ("matrix", "jpeg_quality")


def hospitals(seed: int, number: int) -> tuple[Site, ...]:
    """The sites of a phantom, the internal one first: of two those that are fixed, of more all drawn alike.

    A hospital is the same for a seed however many are asked for.
    """
    return SITES if number == len(SITES) else tuple(_drawn(seed, place) for place in range(number))


def parameters(site: Site) -> dict[str, str]:
    """What was drawn of a hospital as a row of sites.csv: the ends of ranges, or a share."""
    row = {"site": site.name}
    for name in POPULATION:
        value = asdict(site)[name]
        ends = {f"{name}_low": value[0], f"{name}_high": value[1]} if isinstance(value, tuple) else {name: value}
        row |= {key: f"{one:.4f}".rstrip("0").rstrip(".") for key, one in ends.items()}
    return row


def _drawn(seed: int, place: int) -> Site:
    rng = np.random.default_rng([seed, place, 0, _STREAM])
    fields: dict[str, Any] = {**asdict(INTERNAL), "number": place}
    fields["name"] = INTERNAL.name if place == 0 else f"hospital-{place + 1}"
    for name, spread in POPULATION.items():
        fields[name] = _value(name, spread, float(rng.uniform(spread.lowest, spread.highest)))
    return Site(**fields)


def _value(name: str, spread: Spread, middle: float) -> Range | tuple[int, int] | float:
    low, high = middle - spread.around, middle + spread.around
    if name in _WHOLE:
        return round(low), round(high)
    return (round(low, 4), round(high, 4)) if spread.around else round(middle, 4)
