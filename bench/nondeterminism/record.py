"""What a study of nondeterminism leaves in the results folder. Reads and writes nondeterminism.json."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench.store.files import FolderFiles
from bench.store.json_files import read_json_of

FILE = "nondeterminism.json"


class RecordedPair(BaseModel):
    """Two runs, and the L2 distance of their last weights over their length and over that of the update."""

    model_config = ConfigDict(frozen=True)

    a: str
    b: str
    relative: float
    of_update: float | None


class RecordedGroup(BaseModel):
    """Runs in repeats/ by repeat and fold. `changed`: the seeds that vary, by name.

    Of other numerics: its setting, from what to what, and where the runs part. Of the control only where they part.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    runs: list[list[str]]
    pairs: list[RecordedPair] = []
    curve: list[tuple[int, float]] = []
    setting: str | None = None
    base: str = ""
    changed: str = ""
    parting: str = ""


class RecordedCost(BaseModel):
    """Images a second of training with and without determinism, medians of so many interleaved runs."""

    model_config = ConfigDict(frozen=True)

    deterministic: float
    fast: float
    runs: int


class RecordedStudy(BaseModel):
    """Of one backbone under one recipe and numerics; `control` is the group that varies nothing."""

    model_config = ConfigDict(frozen=True)

    backbone: str
    weights: str
    recipe: str
    image_size: int
    tooling: str
    seed: int
    deterministic: bool
    control: RecordedGroup
    passed: bool | None
    groups: list[RecordedGroup]
    cost: RecordedCost | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """A study with the same key replaces this one."""
        return (self.backbone, self.weights, self.recipe, self.image_size, self.tooling, self.seed)

    def pairs(self) -> dict[tuple[str, str], RecordedPair]:
        """All distances that were measured."""
        return {(pair.a, pair.b): pair for group in (self.control, *self.groups) for pair in group.pairs}

    def curve(self, name: str) -> list[tuple[int, float]]:
        """That of the group of this name, if any."""
        return next((group.curve for group in self.groups if group.name == name), [])


class NondeterminismRecord(BaseModel):
    """All studies of a results folder."""

    model_config = ConfigDict(frozen=True)

    studies: list[RecordedStudy] = []

    def find(self, key: tuple[object, ...]) -> RecordedStudy | None:
        return next((study for study in self.studies if study.key == key), None)


def read_nondeterminism(root: Path) -> NondeterminismRecord:
    """Empty where nothing was studied.

    Raises:
        RequestError: the file is damaged.
    """
    advice = (
        "Delete it and give the bench nondeterminism command again to write it anew; runs that are stored are not "
        "trained again."
    )
    if (root / FILE).exists():
        FolderFiles(root).refuse_damaged(FILE, advice)
    return read_json_of(root / FILE, NondeterminismRecord, advice) or NondeterminismRecord()


def write_study(root: Path, study: RecordedStudy) -> Path:
    """Put a study in the place of the one with its key, or after the others."""
    others = read_nondeterminism(root).studies
    kept = [other for other in others if other.key != study.key]
    text = NondeterminismRecord(studies=[*kept, study]).model_dump_json(indent=1) + "\n"
    return FolderFiles(root).write(FILE, text)
