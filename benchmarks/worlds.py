"""Worlds: what a simulated study is drawn from, as numbers. Nothing here is drawn.

The model of every world is one of latent scores. Of case i under a model m, class c scores

    z_c = (signal + skill_m) · 1[c is the true class] + offset_m,c + patient_c + case_c + interactions_c

with p = softmax(z) and the prediction argmax z. All terms are normal and drawn anew for every study: patients, cases,
seeds and fold models. The signal is the one at which a world has the accuracy that it states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

CLASSES = ("epidural", "subdural", "normal", "intraparenchymal", "subarachnoid", "intraventricular")
"""A world of K classes has the first K; the first two are a pair whose confusion is printed."""

Sizes = Literal["one", "geometric", "pareto"]
EVEN = (0.2, 0.2, 0.2, 0.2, 0.2)


@dataclass(frozen=True)
class Population:
    """Patients of one side, and how well a model of average skill predicts their cases.

    sizes: cases a patient, one, geometric around `mean_size`, or 3 × Pareto of shape 1.1, at most 120. shares: of true
    classes. accuracy: of predictions, by the true class. classes_per_patient: how often a class is drawn for a patient,
    of which its cases then have one each. mislabelled: the share of patients all whose cases bear another class.
    """

    patients: int
    sizes: Sizes = "one"
    mean_size: float = 6.0
    shares: tuple[float, ...] = EVEN
    accuracy: float = 0.75
    classes_per_patient: int = 1
    mislabelled: float = 0.0


@dataclass(frozen=True)
class Effects:
    """Standard deviations of the terms of a score.

    patient, case and the interactions are drawn for each class; backbone_… is what backbones do not share. case_seed:
    of a case under one model, so that seeds churn. seed and fold_model (inside, fold_model_outside at the other site)
    are those of `skill`, which all cases share; offsets of the classes have half of it.
    """

    patient: float = 1.0
    case: float = 1.3
    case_seed: float = 0.5
    backbone_case: float = 0.5
    backbone_patient: float = 0.3
    seed: float = 0.2
    fold_model: float = 0.1
    fold_model_outside: float = 0.1


@dataclass(frozen=True)
class World:
    """Two sides, the effects, and the design of a study: seeds, folds, one or two backbones.

    difference: how much less accurate the second backbone is, on both sides. calibrated: scores are divided so that the
    probabilities are right; only where no effect is shared by cases, and classes are equally frequent.
    """

    name: str
    inside: Population
    outside: Population
    effects: Effects = field(default_factory=Effects)
    seeds: int = 5
    folds: int = 5
    backbones: int = 1
    difference: float = 0.0
    calibrated: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        return CLASSES[: len(self.inside.shares)]

    def accuracy(self, side: Population, backbone: int) -> float:
        return side.accuracy - self.difference * backbone
