"""What a search leaves in the results folder: search/<name>.json. Reads and writes it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bench.atomic import write_text
from bench.store.json_files import read_json_of, sealed

FOLDER = "search"


class RecordedTrial(BaseModel):
    """A trial as the study has it; times in seconds, `steps` its intermediate values."""

    model_config = ConfigDict(frozen=True)

    number: int
    state: str
    value: float | None
    params: dict[str, Any]
    steps: dict[int, float]
    attributes: dict[str, Any]
    seconds: float | None
    retry_of: int | None = None


class RecordedStage(BaseModel):
    """One study. Of a nested search: its outer fold, and the runs in trials/ of its winner and of the given recipe."""

    model_config = ConfigDict(frozen=True)

    study: str
    trials: list[RecordedTrial]
    best: int
    importance: dict[str, float]
    seed: int | None = None
    fold: int | None = None
    outer_run: str | None = None
    default_run: str | None = None


class SearchRecord(BaseModel):
    """One search of one backbone. `space` as `[search.space]` has it; `storage` without its password."""

    model_config = ConfigDict(frozen=True)

    name: str
    backbone: str
    weights: str
    metric: str
    direction: str
    nested: bool
    sampler: str
    pruner: str
    storage: str
    recipe: str
    space: dict[str, Any]
    stages: list[RecordedStage]
    deterministic: bool = True

    def number_of_trials(self) -> int:
        return sum(len(stage.trials) for stage in self.stages)


def write_record(root: Path, record: SearchRecord) -> Path:
    """Replace the record of that name."""
    path = root / FOLDER / f"{record.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, sealed(record.model_dump_json(), path.name))
    return path


def read_records(root: Path) -> list[SearchRecord]:
    """All searches of a results folder, by name.

    Raises:
        RequestError: a file is damaged.
    """
    advice = "Give the bench search command again to write it anew, or delete it."
    found = [read_json_of(path, SearchRecord, advice) for path in sorted((root / FOLDER).glob("*.json"))]
    return [record for record in found if record is not None]
