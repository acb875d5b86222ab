"""The options of `bench nondeterminism`, checked."""

from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from bench.config.texts import parse_list
from bench.option import option

SeedSource = Literal["split", "init", "order"]
NumericsSetting = Literal["threads", "precision", "layout", "device"]
SEED_SOURCES: tuple[SeedSource, ...] = get_args(SeedSource)
SETTINGS: tuple[NumericsSetting, ...] = get_args(NumericsSetting)
CONTROL = "none"
VARIED = (*SEED_SOURCES, CONTROL, *SETTINGS)
ONLY = ("nondeterminism",)


class NondeterminismOptions(BaseModel):
    """`repeats` runs of each design; `vary` names what varies, each alone; the sources of seeds also all together.

    `seed` is the one from which others are varied. With `compare` nothing is trained: two folders are compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeats: int = option(
        5, "Runs of each design; a run is a seed with all its folds.", ONLY, limits={"ge": 2, "le": 1000}
    )
    vary: list[str] = option(
        [CONTROL, "init", "order", "split", "threads"],
        "What varies, each alone: {choices}; none is the control.",
        ONLY,
        metavar="A,B,…",
        choices=VARIED,
        joined=True,
        parse=parse_list,
        limits={"min_length": 1},
    )
    compare: tuple[Path, Path] | None = option(
        None, "Instead: what differs between two results folders, and where runs part.", ONLY, metavar="A B"
    )
    seed: int = option(0, "The seed from which all others are varied.", ONLY, limits={"ge": 0, "lt": 2**63})

    @field_validator("vary")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        unknown = [name for name in value if name not in VARIED]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(VARIED)}")
        return list(dict.fromkeys(value))

    @property
    def sources(self) -> list[SeedSource]:
        """The seeds that vary."""
        return [source for source in SEED_SOURCES if source in self.vary]

    @property
    def settings(self) -> list[NumericsSetting]:
        """The numerics that varies."""
        return [setting for setting in SETTINGS if setting in self.vary]
