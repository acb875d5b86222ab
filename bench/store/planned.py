"""What `bench run` and `bench search` have set out to do in a results folder. Reads and writes .plan.json."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bench.errors import RequestError
from bench.store.files import FolderFiles
from bench.store.json_files import DamagedError, read_json

FILE = ".plan.json"


@dataclass(frozen=True)
class PlannedRun:
    """`folds` names how its seed parts the cases: after an edit of the folds it is another run. `draw`: of its training
    cases, 0 where these are all there are."""

    backbone: str
    seed: int
    fold: int
    folds: str
    draw: int = 0


@dataclass(frozen=True)
class PlannedSearch:
    """`studies` of so many `trials` each, their trials kept in `storage` (shown without its password)."""

    studies: tuple[str, ...]
    trials: int
    storage: str


@dataclass(frozen=True)
class Planned:
    """Runs by id, searches by the name of their first study; workers of the last `bench run`."""

    runs: Mapping[str, PlannedRun] = field(default_factory=dict)
    workers: int = 1
    searches: Mapping[str, PlannedSearch] = field(default_factory=dict)

    def with_runs(self, runs: Mapping[str, PlannedRun], workers: int, *, grows: bool) -> "Planned":
        """These runs and, where the experiment only grows, earlier ones of seeds whose folds are still the same."""
        folds = {run.seed: run.folds for run in runs.values()}
        kept = {name: run for name, run in self.runs.items() if grows and folds.get(run.seed, run.folds) == run.folds}
        return replace(self, runs=kept | dict(runs), workers=workers)

    def with_search(self, search: PlannedSearch) -> "Planned":
        return replace(self, searches={**self.searches, search.studies[0]: search})


def read_planned(root: Path) -> Planned:
    """What is planned; nothing where no plan was written, or one that is damaged."""
    try:
        FolderFiles(root).refuse_damaged(FILE, "")
        return read_json(root / FILE, Planned)
    except (DamagedError, RequestError):
        return Planned()


def write_planned(root: Path, planned: Planned) -> None:
    """Replace the plan. Call only while holding the folder's lock."""
    content = asdict(planned)
    for run in content["runs"].values():
        if not run["draw"]:
            del run["draw"]  # as it was before there were draws
    FolderFiles(root).write(FILE, json.dumps(content))


def folds_digest(fold_of: Iterable[tuple[str, int]]) -> str:
    """What names the folds of a seed: pairs of case and fold, in any order."""
    return hashlib.sha256(json.dumps(sorted(fold_of)).encode()).hexdigest()[:10]
