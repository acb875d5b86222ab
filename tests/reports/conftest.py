"""Simulated studies: backbones of known skill, seeds, folds, patients and hospitals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from reports import Entry
from reports.tables.caveats import Caveat

CLASSES = ("normal", "epidural", "subdural", "other")


class Study:
    """Cases of several hospitals, and entries that predict them with a given share of right answers."""

    def __init__(
        self,
        *,
        internal: int = 160,
        external: Mapping[str, int] | None = None,
        classes: Sequence[str] = CLASSES,
        cases_per_patient: int = 1,
        root: int = 0,
    ) -> None:
        rng = np.random.default_rng(root)
        self.classes = tuple(classes)
        parts = []
        for site, n in {"internal": internal, **(external or {"London": 80} if external is None else external)}.items():
            patient = np.arange(n) // cases_per_patient
            label = np.resize(np.arange(len(classes)), patient.max() + 1)[patient]
            parts.append(
                pd.DataFrame(
                    {
                        "case_id": [f"{site}/{i:04d}" for i in range(n)],
                        "site": site,
                        "label": np.array(classes)[label],
                        "group": [f"p{p}" for p in patient] if cases_per_patient > 1 else None,
                        "difficulty": rng.normal(0, 0.5, n),
                    }
                )
            )
        self.table = pd.concat(parts, ignore_index=True)

    @property
    def cases(self) -> pd.DataFrame:
        return self.table[["case_id", "site", "label", "group"]]

    def predict(self, table: pd.DataFrame, skill: float, rng: np.random.Generator) -> np.ndarray:
        chance = np.clip(skill - 0.2 * table["difficulty"].to_numpy(), 0, 1)
        right = rng.random(len(table)) < chance
        other = rng.choice(self.classes, len(table))
        return np.where(right, table["label"], other)

    def entry(
        self,
        backbone: str,
        skill: float = 0.6,
        *,
        seeds: Sequence[int] = (0, 1, 2, 3, 4),
        folds: int = 3,
        holdout: float | None = None,
        drop: float = 0.1,
        root: int = 0,
        caveats: tuple[Caveat, ...] = (),
        **other: str,
    ) -> Entry:
        rng = np.random.default_rng([root, *backbone.encode()])
        at_home = self.table[self.table["site"] == "internal"]
        abroad = self.table[self.table["site"] != "internal"]
        parts = []
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(len(at_home))
            if holdout is None:
                tested, fold = at_home, order % folds
            else:
                tested, fold, folds = at_home.iloc[order[: round(holdout * len(at_home))]], 0, 1
            tilt = rng.normal(0, 0.03)
            parts.append(tested.assign(seed=seed, fold=fold, predicted=self.predict(tested, skill + tilt, rng)))
            for model in range(folds):
                predicted = self.predict(abroad, skill + tilt - drop, rng)
                parts.append(abroad.assign(seed=seed, fold=model, predicted=predicted))
        columns = ["seed", "fold", "site", "case_id", "label", "predicted"]
        predictions = pd.concat(parts, ignore_index=True)[columns]
        return Entry(
            backbone,
            other.get("weights", "ImageNet"),
            other.get("recipe", "default"),
            21_300_000,
            12.5,
            folds,
            predictions,
            caveats,
        )


def blind(entry: Entry, classes: Sequence[str]) -> Entry:
    """The entry with each class guessed equally often for the cases of every class, which is what guessing reaches."""
    rows = entry.predictions
    code = rows["label"].map({name: place for place, name in enumerate(classes)})
    nth = rows.groupby(["seed", "fold", "site", "label"]).cumcount()
    place = (nth + code + rows["seed"]) % len(classes)
    entry.predictions["predicted"] = np.array(classes)[place.to_numpy()]
    return entry


@pytest.fixture
def guessing() -> Callable[[Entry, Sequence[str]], Entry]:
    return blind


@pytest.fixture
def make_study() -> Callable[..., Study]:
    return Study
