"""What is kept of a run beside its predictions: run.json. Reads and writes it."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
)

from bench.atomic import write_text
from bench.data.images import PixelSettings
from bench.errors import BenchError
from bench.plain_file import plain
from bench.plan.adaptation import NONE, Adaptation
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, Role, RunResult, RunSpec, Seeds, Weights, draw_of
from bench.scoring import class_numbers, scores_by_site
from bench.store.digests import CHANGED, digest_of, file_digest
from bench.store.json_files import DamagedError, read_json, sealed

FILE = "run.json"
PREDICTIONS = "predictions.parquet"
HISTORY = "history.parquet"
MODEL = "model.safetensors"
RUN_ID = re.compile(r"[0-9a-f]{20}")
IMPORTED = "imported"
"""Stands for the weights and the recipe of external predictions that came without them."""
OF_NUMERICS = (
    "device",
    "precision",
    "layout",
    "threads",
    "deterministic",
    "convolutions",
    "steps",
    "CUBLAS_WORKSPACE_CONFIG",
)
"""What a run's own settings decide, which rows of a leaderboard are told apart by."""


class TrainedSpec(BaseModel):
    """The spec of a run that was trained here, without its lists of cases, which predictions and folds hold.

    The fields are in the order of the file.
    """

    model_config = ConfigDict(frozen=True)

    backbone: str
    seed: int
    fold: int
    replicate: int = 0
    role: Role
    recipe: Recipe
    recipe_label: str
    adaptation: Adaptation = NONE
    pixels: PixelSettings
    numerics: Numerics = Field(validation_alias=AliasChoices("tooling", "numerics"), serialization_alias="tooling")
    seeds: Seeds
    classes: tuple[str, ...]
    n_train: int
    n_validation: int
    n_external: int

    @field_serializer("pixels")
    def _only_what_names_runs(self, pixels: PixelSettings) -> dict[str, object]:
        """As it was written before models could see neighbours, where they do not."""
        return pixels.decisive()

    @field_serializer("numerics")
    def _only_what_decides(self, numerics: Numerics) -> dict[str, object]:
        """As it was written before there were rules of convolutions or recorded steps, where none is used."""
        return numerics.decisive()

    @model_serializer(mode="wrap")
    def _adapted_only(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As it was written before there were adaptations, where there is none."""
        values: dict[str, Any] = dump(self)
        return {key: value for key, value in values.items() if (key, value) != ("adaptation", NONE)}


class NamedRecipe(BaseModel):
    """Of external predictions only the name of the recipe is known."""

    model_config = ConfigDict(frozen=True)

    name: str


class Unknown(BaseModel):
    """Settings of which nothing is known: {} in the file."""

    model_config = ConfigDict(frozen=True)


class ExternalSpec(BaseModel):
    """The same of external predictions, as far as it is known.

    folds_known: whether they came with their folds; else each seed is one run of fold 0. probabilities: whether they
    came with the probabilities of classes.
    """

    model_config = ConfigDict(frozen=True)

    backbone: str
    seed: int
    fold: int
    folds_known: bool = True
    probabilities: bool
    replicate: int = 0
    role: Literal["import"]
    recipe: NamedRecipe
    recipe_label: str
    pixels: Unknown = Unknown()
    tooling: Unknown = Unknown()
    seeds: Unknown = Unknown()
    classes: tuple[str, ...]
    n_validation: int
    n_external: int


class RunRecord(BaseModel):
    """run.json; what it holds of a run depends on the role in its spec.

    timings: seconds by phase; the whole is "total". environment: what it was made with; of external predictions the
    digests of the files that they came in. metrics: accuracy and macro-F1 by site. moved: as in `RunResult`. sha256: of
    the files beside it and of itself, without that entry; None of runs that were stored before there were digests.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    status: Literal["done", "failed", "stopped"]
    error: str
    spec: Annotated[TrainedSpec | ExternalSpec, Field(discriminator="role")]
    weights: Weights
    parameters: int
    timings: dict[str, float]
    environment: dict[str, str]
    metrics: dict[str, dict[str, float]]
    moved: float | None = None
    sha256: dict[str, str] | None = None

    @classmethod
    def of(cls, spec: RunSpec, result: RunResult, parameters: int) -> "RunRecord":
        """Of a run that was trained here, with so many parameters."""
        return cls(
            run_id=spec.run_id,
            status=result.status,
            error=result.error,
            spec=TrainedSpec(
                backbone=spec.backbone,
                seed=spec.seed,
                fold=spec.fold,
                replicate=spec.replicate,
                role=spec.role,
                recipe=spec.recipe,
                recipe_label=spec.recipe_label,
                adaptation=spec.adaptation,
                pixels=spec.pixels,
                numerics=spec.numerics,
                seeds=spec.seeds,
                classes=spec.classes,
                n_train=len(spec.train),
                n_validation=len(spec.validation),
                n_external=len(spec.external),
            ),
            weights=spec.weights,
            parameters=parameters,
            timings=result.timings,
            environment=result.environment,
            metrics=_metrics(spec, result) if result.status == "done" else {},
            moved=result.moved,
        )

    @property
    def adaptation(self) -> Adaptation:
        """That of the spec; of external predictions none is known."""
        return self.spec.adaptation if self.spec.role != "import" else NONE

    @property
    def title(self) -> str:
        """As messages call it."""
        adapted = "" if self.adaptation == NONE else f" {self.adaptation}"
        drawn = f" draw {self.draw}" if self.draw else ""
        return f"{self.spec.backbone}{adapted} seed {self.spec.seed}{drawn} fold {self.spec.fold}"

    @property
    def draw(self) -> int:
        """The number of the draw that its training cases are; 0 where they are all there are."""
        return draw_of(self.spec.role, self.spec.replicate)

    @property
    def folds_known(self) -> bool:
        """Whether it is a fold of the folder's; else it predicts every internal case."""
        return self.spec.role != "import" or self.spec.folds_known

    @property
    def is_ranked(self) -> bool:
        """Whether leaderboards rank it: a run of the plan or external predictions, on all of its training cases."""
        return self.spec.role in ("main", "import") and not self.spec.replicate

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return self.timings.get("total", 0.0)

    def to_json(self) -> str:
        """The text of run.json; `moved` is left out where it is not known.

        Raises:
            ValueError: a number that is not finite.
        """
        return json.dumps(self.model_dump(mode="json", by_alias=True, exclude_none=True), indent=1, allow_nan=False)


def write_record(folder: Path, record: RunRecord) -> None:
    """Write run.json into a folder that is no run yet: it is not flushed."""
    (folder / FILE).write_text(_with_digests(folder, record), encoding="utf-8")


def replace_record(folder: Path, record: RunRecord) -> None:
    """Write run.json of a stored run anew."""
    write_text(folder / FILE, _with_digests(folder, record))


def _with_digests(folder: Path, record: RunRecord) -> str:
    """The text of run.json, with the digests of the files that are beside it."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != FILE)
    digests = {name: file_digest(folder / name) for name in names if not name.startswith(".")}
    return sealed(record.to_json(), FILE, digests)


def read_record(folder: Path) -> RunRecord:
    """run.json of the folder of a run.

    Raises:
        BenchError: it is not there or damaged.
    """
    try:
        return checked_record(folder)
    except DamagedError as error:
        raise damaged(folder, error) from error


def checked_record(folder: Path) -> RunRecord:
    """The same.

    Raises:
        DamagedError: it is not there, not as it was written, or of another run than the folder is named by.
    """
    if not (folder / FILE).exists():
        raise DamagedError(f"{FILE} is missing")
    record = read_json(folder / FILE, RunRecord)
    name = folder.name.partition(".")[0]
    if RUN_ID.fullmatch(name) and record.run_id != name:
        raise DamagedError(f"{FILE} is that of run {record.run_id}")
    return record


def read_sibling(folder: Path, name: str, record: RunRecord) -> bytes:
    """A file beside run.json.

    Raises:
        DamagedError: it is not there, or not as it was written.
    """
    try:
        content = plain(folder / name).read_bytes()
    except FileNotFoundError:
        raise DamagedError(f"{name} is missing") from None
    except OSError as error:
        raise DamagedError(str(error)) from None
    if record.sha256 is not None and record.sha256.get(name) != digest_of(content):
        raise DamagedError(f"{name}: {CHANGED}")
    return content


def damaged(folder: Path, error: Exception) -> BenchError:
    """What to say of a stored run of which a file cannot be read."""
    return BenchError(
        f"The stored run {folder} is damaged ({error}). Give the command that made it again: it moves the folder aside "
        f"and does the run anew. Where this is said again, delete the folder first."
    )


def mixed_environments(environments: Sequence[Mapping[str, str]]) -> list[str]:
    """A phrase that names what differs and in how many runs each value was found; nothing where nothing does.

    Environments without any entry, as those of imported runs, do not count; nor does what some runs do not record,
    having been made before it was. A variable that is not there was not set.
    """
    known = [one for one in environments if one]
    everywhere = set.intersection(*map(set, known)) if known else set()
    variables = {name for one in known for name in one if name.isupper()} if "threads" in everywhere else set()
    names = sorted((everywhere | variables) - set(OF_NUMERICS))
    differing = []
    for name in names:
        values = [one.get(name, "not set") for one in known]
        if len(set(values)) > 1:
            counted = (f"{value} ({values.count(value)} runs)" for value in sorted(set(values)))
            title = name if name.isupper() else name.replace("_", " ")
            differing.append(f"{title} {', '.join(counted)}")
    if not differing:
        return []
    return [f"runs were made in different environments: {'; '.join(differing)}"]


def _metrics(spec: RunSpec, result: RunResult) -> dict[str, dict[str, float]]:
    labels = class_numbers([sample.label for sample in spec.predicted], spec.classes)
    sites = [sample.site for sample in spec.predicted]
    return scores_by_site(sites, labels, result.probabilities.argmax(axis=1), len(spec.classes))
