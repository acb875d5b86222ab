"""The options of `bench nondeterminism`, checked."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

SeedSource = Literal["split", "init", "order"]
NumericsSetting = Literal["threads", "precision", "layout", "device"]
SEED_SOURCES: tuple[SeedSource, ...] = get_args(SeedSource)
SETTINGS: tuple[NumericsSetting, ...] = get_args(NumericsSetting)
CONTROL = "none"
VARIED = (*SEED_SOURCES, CONTROL, *SETTINGS)


class NondeterminismOptions(BaseModel):
    """`repeats` runs of each design; `vary` names what varies, each alone; the sources of seeds also all together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeats: Annotated[int, Field(ge=2, le=1000)] = 5
    vary: list[str] = Field(default_factory=lambda: [CONTROL, "init", "order", "split", "threads"], min_length=1)

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
