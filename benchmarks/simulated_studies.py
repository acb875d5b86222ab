"""Studies whose truth is known, for the benchmarks of intervals and tests.

Two ways of making one. `Difficulty`: each case has a difficulty that all backbones meet and one that is a backbone's
own, each seed of a backbone shifts all its predictions; true values are taken from a million cases a site, and two
backbones are equally good. `Retrained`: linear classifiers really trained in each fold, on features that two backbones
draw from one distribution, so that no difference is true but for what the training cases happen to favour.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from reports import Entry
from reports.statistics.confusion_counts import Floats, Integers

N_CLASSES, N_FOLDS = 6, 5
CLASSES = tuple("abcdef")
SITES = ("internal", "x")
MOST_SLICES = 20


@dataclass(frozen=True)
class Setting:
    """Cases a site, seeds, how much seeds shift the log odds, the most over the rarest class, and the clusters."""

    internal: int
    external: int
    seeds: int
    sd_seed: float = 0.3
    imbalance: float = 1
    patients: bool = False

    @property
    def name(self) -> str:
        return (
            f"{self.internal}, {self.external}, {self.seeds}, {self.sd_seed:g}, {self.imbalance:g}:1, {self.clusters}"
        )

    @property
    def clusters(self) -> str:
        who = f"{self.about_patients(self.internal)}, {self.about_patients(self.external)} patients"
        return who if self.patients else "cases"

    @staticmethod
    def about_patients(cases: int) -> int:
        """The mean number of patients that so many cases come from."""
        return round(cases / ((1 + MOST_SLICES) / 2))

    def sizes(self) -> dict[str, int]:
        return dict(zip(SITES, (self.internal, self.external), strict=True))


@dataclass(frozen=True)
class Labelled:
    """Cases of one site: class and patient of each, (n_cases,)."""

    site: str
    label: Integers
    patient: Integers
    has_patients: bool

    @property
    def ids(self) -> list[str]:
        return [f"{self.site}/{i}" for i in range(len(self.label))]

    def table(self) -> pd.DataFrame:
        group = [f"{self.site}-{one}" for one in self.patient] if self.has_patients else None
        names = np.array(CLASSES)[self.label]
        return pd.DataFrame({"case_id": self.ids, "site": self.site, "label": names, "group": group})

    def predictions(self, predicted: Integers, seed: int, fold: Integers | int) -> pd.DataFrame:
        names = np.array(CLASSES, dtype=object)
        return pd.DataFrame(
            {
                "case_id": self.ids,
                "site": self.site,
                "label": names[self.label],
                "predicted": names[predicted],
                "seed": seed,
                "fold": fold,
            }
        )


def draw_cases(site: str, n: int, setting: Setting, rng: np.random.Generator) -> Labelled:
    """n cases; patients have 1 to 20 slices of one class."""
    shares = np.geomspace(1, setting.imbalance, N_CLASSES)
    shares /= shares.sum()
    patient = np.arange(n)
    if setting.patients:
        patient = np.repeat(patient, rng.integers(1, MOST_SLICES + 1, n))[:n]
    return Labelled(site, rng.choice(N_CLASSES, n, p=shares)[patient], patient, setting.patients)


@dataclass(frozen=True)
class Difficulty:
    """Backbones of one skill that share the difficulty of cases. skill: log odds of being right, by site.

    sd_own: how much the difficulty that a case, and a patient, has for one backbone alone varies.
    """

    skill: tuple[float, float] = (0.6, 0.1)
    sd_case: float = 1.0
    sd_patient: float = 0.7
    sd_own: float = 0.5

    def truth(self, setting: Setting, rng: np.random.Generator) -> dict[str, dict[str, float]]:
        """Side → metric → the value that intervals should hold; the side `gap` as well."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(9)  # the mean over seeds
        weights, found = weights / weights.sum(), {}
        for site, skill in zip(SITES, self.skill, strict=True):
            cases = draw_cases(site, 1_000_000, setting, rng)
            difficulty, of_seeds = self._difficulty(cases, rng) + skill, []
            for node in nodes:
                predicted = _predict(cases.label, difficulty + setting.sd_seed * node, rng)
                confusion = np.bincount(cases.label * N_CLASSES + predicted, minlength=N_CLASSES**2)
                confusion = confusion.reshape(N_CLASSES, -1)
                f1 = 2 * np.diag(confusion) / (confusion.sum(0) + confusion.sum(1))
                of_seeds.append([np.trace(confusion) / confusion.sum(), f1.mean()])
            accuracy, macro_f1 = weights @ np.array(of_seeds)
            found[site] = {"accuracy": float(accuracy), "macro_f1": float(macro_f1)}
        internal, external = (found[site] for site in SITES)
        return {**found, "gap": {metric: internal[metric] - external[metric] for metric in internal}}

    def study(self, setting: Setting, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The case table and the predictions of one backbone, for which all difficulty is shared."""
        cases = self._cases(setting, rng)
        difficulty = {site: self._difficulty(one, rng) for site, one in cases.items()}
        return pd.concat([one.table() for one in cases.values()]), self._predictions(setting, cases, difficulty, rng)

    def pair(self, setting: Setting, rng: np.random.Generator) -> tuple[pd.DataFrame, list[Entry]]:
        """The case table, and the entries of the equally good backbones A and B."""
        cases = self._cases(setting, rng)
        shared = {site: self._difficulty(one, rng) for site, one in cases.items()}
        own = replace(self, sd_case=self.sd_own, sd_patient=self.sd_own)
        entries = []
        for name in "AB":
            difficulty = {site: shared[site] + own._difficulty(one, rng) for site, one in cases.items()}
            predictions = self._predictions(setting, cases, difficulty, rng)
            entries.append(Entry(name, "-", "-", 1, 1.0, N_FOLDS, predictions))
        return pd.concat([one.table() for one in cases.values()]), entries

    @staticmethod
    def _cases(setting: Setting, rng: np.random.Generator) -> dict[str, Labelled]:
        return {site: draw_cases(site, n, setting, rng) for site, n in setting.sizes().items()}

    def _predictions(
        self, setting: Setting, cases: dict[str, Labelled], difficulty: dict[str, Floats], rng: np.random.Generator
    ) -> pd.DataFrame:
        tilts, predictions = rng.normal(0, setting.sd_seed, setting.seeds), []
        for (site, drawn), skill in zip(cases.items(), self.skill, strict=True):
            for seed, tilt in enumerate(tilts):
                for fold in [drawn.patient % N_FOLDS] if site == "internal" else range(N_FOLDS):
                    predicted = _predict(drawn.label, difficulty[site] + skill + tilt, rng)
                    predictions.append(drawn.predictions(predicted, seed, fold))
        return pd.concat(predictions, ignore_index=True)

    def _difficulty(self, cases: Labelled, rng: np.random.Generator) -> Floats:
        own = rng.normal(0, self.sd_case, len(cases.label))
        return own + rng.normal(0, self.sd_patient, len(own))[cases.patient] if cases.has_patients else own


def _predict(label: Integers, log_odds: Floats, rng: np.random.Generator) -> Integers:
    """Right by the log odds, else any other class."""
    right = rng.random(len(label)) < 1 / (1 + np.exp(-log_odds))
    return np.where(right, label, (label + rng.integers(1, N_CLASSES, len(label))) % N_CLASSES)


@dataclass(frozen=True)
class Retrained:
    """Two backbones, each with its own features of the same cases; a seed draws folds, and features for each model.

    handicap: sd of noise added to the features of the second backbone; 0 makes the two exchangeable.
    """

    handicap: float = 0.0
    n_features: int = 16
    n_kept: int = 12
    spread: float = 0.62
    sd_patient: float = 0.5

    def study(self, setting: Setting, rng: np.random.Generator) -> tuple[pd.DataFrame, list[Entry]]:
        """The case table, and the entries A and B."""
        fixed = np.random.default_rng(5)
        centres = fixed.normal(0, self.spread, (N_CLASSES, self.n_features))
        offsets = dict(zip(SITES, (np.zeros(self.n_features), fixed.normal(0, 0.5, self.n_features)), strict=True))
        cases = {site: draw_cases(site, n, setting, rng) for site, n in setting.sizes().items()}
        clarity = {site: np.exp(-0.5 * rng.normal(0, 1, (len(one.label), 1))) for site, one in cases.items()}
        features = [
            {site: self._features(one, centres, clarity[site], rng) + offsets[site] for site, one in cases.items()}
            for _ in "AB"
        ]
        for values in features[1].values():
            values += rng.normal(0, self.handicap, values.shape)
        folds = [self._folds(cases["internal"], seed_of=rng) for _ in range(setting.seeds)]
        entries = [
            Entry(name, "-", "-", 1, 1.0, N_FOLDS, pd.concat(self._runs(cases, of, folds, rng), ignore_index=True))
            for name, of in zip("AB", features, strict=True)
        ]
        return pd.concat([one.table() for one in cases.values()]), entries

    def _features(self, cases: Labelled, centres: Floats, clarity: Floats, rng: np.random.Generator) -> Floats:
        shape = (len(cases.label), self.n_features)
        values = centres[cases.label] * clarity + rng.normal(0, 1, shape)
        return values + rng.normal(0, self.sd_patient, shape)[cases.patient] if cases.has_patients else values

    @staticmethod
    def _folds(internal: Labelled, seed_of: np.random.Generator) -> Integers:
        splitter = StratifiedGroupKFold if internal.has_patients else StratifiedKFold
        folds = splitter(N_FOLDS, shuffle=True, random_state=int(seed_of.integers(2**31)))
        fold = np.empty(len(internal.label), dtype=np.int64)
        group = internal.patient if internal.has_patients else None
        with warnings.catch_warnings():  # a class with fewer patients than folds is part of the world
            warnings.simplefilter("ignore", UserWarning)
            for number, (_, held) in enumerate(folds.split(internal.label, internal.label, group)):
                fold[held] = number
        return fold

    def _runs(
        self, cases: dict[str, Labelled], features: dict[str, Floats], folds: list[Integers], rng: np.random.Generator
    ) -> Iterator[pd.DataFrame]:
        internal, external = (cases[site] for site in SITES)
        for seed, fold in enumerate(folds):
            held_out = np.empty_like(fold)
            for number in range(N_FOLDS):
                kept, train = rng.permutation(self.n_features)[: self.n_kept], fold != number
                at_home, abroad = (features[site][:, kept] for site in SITES)
                weights = _fit(at_home[train], internal.label[train])
                held_out[~train] = _classify(at_home[~train], weights)
                yield external.predictions(_classify(abroad, weights), seed, number)
            yield internal.predictions(held_out, seed, fold)


def _fit(features: Floats, label: Integers) -> Floats:
    """Least squares on indicators of the classes, which is linear discriminant analysis but for the offsets."""
    return np.linalg.lstsq(_with_constant(features), np.eye(N_CLASSES)[label], rcond=None)[0]


def _classify(features: Floats, weights: Floats) -> Integers:
    return np.argmax(_with_constant(features) @ weights, axis=1)


def _with_constant(features: Floats) -> Floats:
    return np.column_stack([np.ones(len(features)), features])
