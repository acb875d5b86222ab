"""Imported predictions as runs: what is stored of each, and its name. Pure."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.data.cases import INTERNAL
from bench.errors import RequestError
from bench.external.rows import ENTRY, named, refuse_rows
from bench.external.scores import Scored
from bench.external.table import NO_FOLD, PROBABILITY
from bench.report.entries import ROLE_OF_IMPORTS
from bench.scoring import class_numbers, score
from bench.store.runs import StoredRun

SCHEME = 1  # raised when the same predictions shall get other names
COLUMNS = ["case_id", "site", "label", "predicted"]
ADVICE = "Give the column recipe another value to make this a row of its own"


@dataclass(frozen=True)
class ImportedRun:
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

    def run_id(self) -> str:
        """Twenty hexadecimal digits: a digest of everything but the names of files and the groups."""
        head = {"scheme": SCHEME, "role": ROLE_OF_IMPORTS, **self.names(), "classes": self.classes}
        digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        for name, column in self.predictions.items():
            content = column.to_numpy().tobytes() if column.dtype == np.float32 else json.dumps(list(column)).encode()
            digest.update(f"\x1f{name}\x1f".encode() + content)
        return digest.hexdigest()[:20]

    @property
    def probabilities(self) -> bool:
        """Whether they are known."""
        return len(self.predictions.columns) > len(COLUMNS)

    def names(self) -> dict[str, Any]:
        """What tells runs apart whose predictions are not looked at."""
        wanted = ("backbone", "weights", "recipe", "seed", "fold", "folds_known")
        return {name: getattr(self, name) for name in wanted}

    def spec(self) -> dict[str, Any]:
        """The `spec` of run.json: as of runs that were trained here, as far as anything is known."""
        sites = self.predictions["site"]
        return {
            "backbone": self.backbone,
            "seed": self.seed,
            "fold": self.fold,
            "folds_known": self.folds_known,
            "probabilities": self.probabilities,
            "replicate": 0,
            "role": ROLE_OF_IMPORTS,
            "recipe": {"name": self.recipe},
            "recipe_label": self.recipe,
            "pixels": {},
            "tooling": {},
            "seeds": {},
            "classes": list(self.classes),
            "n_validation": int((sites == INTERNAL).sum()),
            "n_external": int((sites != INTERNAL).sum()),
        }

    def metrics(self) -> dict[str, dict[str, float]]:
        """Accuracy and macro-F1 by site."""
        return {
            str(site): asdict(
                score(
                    class_numbers(rows["label"], self.classes),
                    class_numbers(rows["predicted"], self.classes),
                    len(self.classes),
                )
            )
            for site, rows in self.predictions.groupby("site", sort=False)
        }


def runs_of(scored: Scored) -> list[ImportedRun]:
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


def _split(table: pd.DataFrame, columns: list[str], classes: tuple[str, ...]) -> Iterator[ImportedRun]:
    ordered = table.assign(abroad=table["site"] != INTERNAL).sort_values(["abroad", "site", "case_id"])
    for (backbone, weights, recipe, seed, fold), rows in ordered.groupby([*ENTRY, "seed", "fold"], sort=False):
        kept = [*COLUMNS, *(columns if rows["given"].all() else [])]
        yield ImportedRun(
            backbone,
            weights,
            recipe,
            int(seed),
            max(int(fold), 0),
            fold != NO_FOLD,
            classes,
            rows[kept].reset_index(drop=True),
        )


def refuse_conflicts(runs: list[ImportedRun], stored: list[StoredRun]) -> None:
    """Raise `RequestError` where a folder has other imported predictions of the same name, seed and fold."""
    known: dict[tuple[str, ...], list[StoredRun]] = {}
    for one in stored:
        if one.record["spec"]["role"] == ROLE_OF_IMPORTS:
            spec = one.record["spec"]
            entry = (spec["backbone"], one.record["weights"]["source"], spec["recipe_label"])
            known.setdefault(entry, []).append(one)
    for run in runs:
        name = named(run.backbone, run.weights, run.recipe)
        for other in known.get((run.backbone, run.weights, run.recipe), []):
            spec = other.record["spec"]
            for what in ("folds", "probabilities"):
                key = "folds_known" if what == "folds" else what
                if spec[key] != getattr(run, key):
                    before, now = ("with", "without") if spec[key] else ("without", "with")
                    raise RequestError(f"{name} was imported {before} {what} before, and now comes {now}. {ADVICE}.")
            if (spec["seed"], spec["fold"]) == (run.seed, run.fold) and other.run_id != run.run_id():
                raise RequestError(
                    f"Other predictions of {name}, seed {run.seed}, fold {run.fold} were imported before "
                    f"({other.folder}). {ADVICE}, or delete that folder to replace them."
                )
