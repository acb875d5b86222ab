"""External predictions as runs: what is stored of each, and its name. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL
from bench.errors import RequestError
from bench.external.rows import ENTRY, named, refuse_rows
from bench.external.scores import Scored
from bench.external.table import NO_FOLD, PROBABILITY
from bench.plan.spec import Weights
from bench.scoring import class_numbers, scores_by_site
from bench.store.records import ExternalSpec, NamedRecipe, RunRecord
from bench.store.runs import StoredRun

SCHEME = 1  # raised when the same predictions shall get other names
COLUMNS = ["case_id", "site", "label", "predicted"]
ADVICE = "Give the column recipe another value to make this a row of its own"


@dataclass(frozen=True)
class ExternalRun:
    """One model's predictions: columns case_id, site, label, predicted and, where given, p_<class> (float32).

    Internal cases come first, then the sites by name, cases sorted, so that the order of rows in a file decides
    nothing. Without `folds_known` the run is the only one of its seed and `fold` is 0.
    """

    backbone: str
    weights: str
    recipe: str
    seed: int
    fold: int
    folds_known: bool
    classes: tuple[str, ...]
    predictions: pd.DataFrame

    @cached_property
    def run_id(self) -> str:
        """Twenty hexadecimal digits: a digest of everything but the names of files and the groups."""
        names = ("backbone", "weights", "recipe", "seed", "fold", "folds_known", "classes")
        head = {"scheme": SCHEME, "role": "import", **{name: getattr(self, name) for name in names}}
        digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        for name, column in self.predictions.items():
            content = column.to_numpy().tobytes() if column.dtype == np.float32 else json.dumps(list(column)).encode()
            digest.update(f"\x1f{name}\x1f".encode() + content)
        return digest.hexdigest()[:20]

    @property
    def probabilities(self) -> bool:
        """Whether they are known."""
        return len(self.predictions.columns) > len(COLUMNS)

    def record(self, files: Mapping[str, str]) -> RunRecord:
        """What is stored of it. files: what was read, by name, with the digests."""
        sites = self.predictions["site"]
        return RunRecord(
            run_id=self.run_id,
            status="done",
            error="",
            spec=ExternalSpec(
                backbone=self.backbone,
                seed=self.seed,
                fold=self.fold,
                folds_known=self.folds_known,
                probabilities=self.probabilities,
                role="import",
                recipe=NamedRecipe(name=self.recipe),
                recipe_label=self.recipe,
                classes=self.classes,
                n_validation=int((sites == INTERNAL).sum()),
                n_external=int((sites != INTERNAL).sum()),
            ),
            weights=Weights(self.weights, ""),
            parameters=0,
            timings={"total": 0.0},
            environment={f"sha256 of {name}": digest for name, digest in files.items()},
            metrics=scores_by_site(
                sites.tolist(),
                class_numbers(self.predictions["label"], self.classes),
                class_numbers(self.predictions["predicted"], self.classes),
                len(self.classes),
            ),
        )


def runs_of(scored: Scored) -> list[ExternalRun]:
    """One run for each backbone, weights, recipe, seed and fold.

    Raises:
        RequestError: rows of one backbone, weights and recipe of which only some have probabilities.
    """
    table = scored.table.assign(given=~np.isnan(scored.probabilities[:, 0]))
    shares = table.groupby(ENTRY)["given"].transform("mean").to_numpy()
    refuse_rows(
        table,
        ~table["given"].to_numpy() & (shares > 0),
        "have no probabilities where other rows of the same backbone, weights and recipe have them",
        "Give them to all of these rows, or to none.",
    )
    probabilities = pd.DataFrame(
        scored.probabilities.astype(np.float32),
        columns=[PROBABILITY + name for name in scored.classes],
        index=table.index,
    )
    plain = table[[*ENTRY, "seed", "fold", *COLUMNS, "given"]]
    return list(_split(pd.concat([plain, probabilities], axis=1), list(probabilities.columns), scored.classes))


def _split(table: pd.DataFrame, columns: list[str], classes: tuple[str, ...]) -> Iterator[ExternalRun]:
    ordered = table.assign(abroad=table["site"] != INTERNAL).sort_values(["abroad", "site", "case_id"])
    for (backbone, weights, recipe, seed, fold), rows in ordered.groupby([*ENTRY, "seed", "fold"], sort=False):
        kept = [*COLUMNS, *(columns if rows["given"].all() else [])]
        yield ExternalRun(
            backbone,
            weights,
            recipe,
            int(seed),
            max(int(fold), 0),
            fold != NO_FOLD,
            classes,
            rows[kept].reset_index(drop=True),
        )


def refuse_conflicts(runs: list[ExternalRun], stored: list[StoredRun]) -> None:
    """Raise `RequestError` where a folder has other imported predictions of the same name, seed and fold."""
    known: dict[tuple[str, ...], list[tuple[StoredRun, ExternalSpec]]] = {}
    for one in stored:
        spec = one.record.spec
        if spec.role == "import":
            known.setdefault((spec.backbone, one.record.weights.source, spec.recipe_label), []).append((one, spec))
    for run in runs:
        name = named(run.backbone, run.weights, run.recipe)
        for other, spec in known.get((run.backbone, run.weights, run.recipe), []):
            for what, had, has in (
                ("folds", spec.folds_known, run.folds_known),
                ("probabilities", spec.probabilities, run.probabilities),
            ):
                if had != has:
                    before, now = ("with", "without") if had else ("without", "with")
                    raise RequestError(f"{name} was imported {before} {what} before, and now comes {now}. {ADVICE}.")
            if (spec.seed, spec.fold) == (run.seed, run.fold) and other.run_id != run.run_id:
                raise RequestError(
                    f"Other predictions of {name}, seed {run.seed}, fold {run.fold} were imported before "
                    f"({other.folder}). {ADVICE}, or delete that folder to replace them."
                )
