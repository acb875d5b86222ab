"""An attention probe: gated attention over what a frozen body makes of the cases of a group, one answer a group.

Ilse, Tomczak & Welling 2018, Attention-based Deep Multiple Instance Learning (ICML), equation 9. Standardisation and
model are learnt from the groups of the training part alone, in float32 on the CPU: the same spec gives the same bytes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from bench.execution.setup import seed_everything
from bench.plan.spec import RunSpec, Sample
from bench.scoring import class_numbers
from bench.seeds import derive
from reports.statistics.group_pooling import UNDECIDED, label_groups

Rows = Callable[[Sequence[Sample]], NDArray[np.int64]]
HIDDEN = 64
EPOCHS, GROUPS_A_STEP = 60, 16
RATE, DECAY = 1e-3, 1e-2


class GatedAttention(nn.Module):
    """From the features of groups to class scores, by a weighted mean over each group's embedded cases."""

    def __init__(self, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(n_features, HIDDEN), nn.ReLU())
        self.content, self.gate = nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1, bias=False)
        self.head = nn.Linear(HIDDEN, n_classes)

    def weights(self, embedded: Tensor, held: Tensor) -> Tensor:
        """Of each case in its group, (n_groups, n_cases), 0 where no case is held; the rows sum to 1."""
        score: Tensor = self.score(torch.tanh(self.content(embedded)) * torch.sigmoid(self.gate(embedded)))
        return score.squeeze(-1).masked_fill(~held, -torch.inf).softmax(-1)

    def forward(self, cases: Tensor, held: Tensor) -> Tensor:
        """cases: (n_groups, n_cases, n_features), padded; held: which are cases. Gives (n_groups, n_classes)."""
        embedded = self.embed(cases)
        scores: Tensor = self.head((self.weights(embedded, held).unsqueeze(-1) * embedded).sum(1))
        return scores


def fit_and_predict(spec: RunSpec, features: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    """Class probabilities (n_predicted, n_classes): each case has those of its group.

    features: (n_images, n_features); rows: from cases to where features of their images are.

    Raises:
        ValueError: features are not finite, or a group of the training part has no label.
    """
    inside, outside = (features[rows(samples)] for samples in (spec.train, spec.predicted))
    if not (np.isfinite(inside).all() and np.isfinite(outside).all()):
        raise ValueError(f"{spec.backbone} gives features that are infinite or not a number. Try --precision fp32.")
    mean, deviation = inside.mean(0), inside.std(0)
    scale = np.where(deviation > 0, deviation, 1)
    group = group_numbers(spec.train)
    labels = label_groups(
        class_numbers([sample.label for sample in spec.train], spec.classes),
        group,
        len(spec.classes),
        [spec.classes.index(name) for name in spec.recipe.label_order],
    )
    if (labels == UNDECIDED).any():
        raise ValueError("A group has cases of several classes, and label_order names none of them.")
    model = _fitted(spec, torch.from_numpy((inside - mean) / scale), group, labels)
    cases, of_group = torch.from_numpy((outside - mean) / scale), group_numbers(spec.predicted)
    with torch.inference_mode():
        found = [
            model(cases[members][None], torch.ones(1, len(members), dtype=torch.bool)) for members in _members(of_group)
        ]
        return np.asarray(torch.cat(found).softmax(-1).numpy()[of_group], dtype=np.float32)


def group_numbers(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """The number of each sample's group, from 0 as first met; a sample without one is a group of its own."""
    numbers: dict[tuple[str, str, bool], int] = {}
    keys = ((one.site, one.case_id if one.group is None else one.group, one.group is None) for one in samples)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _members(group: NDArray[np.int64]) -> list[Tensor]:
    """The cases of each group, by its number."""
    order = np.argsort(group, kind="stable")
    return [torch.from_numpy(part) for part in np.split(order, np.cumsum(np.bincount(group))[:-1])]


def _fitted(spec: RunSpec, cases: Tensor, group: NDArray[np.int64], labels: NDArray[np.int64]) -> GatedAttention:
    """Trained on whole groups in an order of the run's seed, a fixed number of epochs: nothing is chosen."""
    seed_everything(derive(spec.seeds.init, "fold", spec.fold, "attention"))
    model = GatedAttention(cases.shape[1], len(spec.classes))
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    order = torch.Generator().manual_seed(derive(spec.seeds.order, "fold", spec.fold, "attention"))
    members, truth, weights = _members(group), torch.from_numpy(labels), None
    if spec.recipe.class_weights == "balanced":
        number = np.bincount(labels, minlength=len(spec.classes))
        weights = torch.tensor(len(labels) / (len(spec.classes) * np.maximum(number, 1)), dtype=torch.float32)
    for _ in range(EPOCHS):
        for step in torch.split(torch.randperm(len(members), generator=order), GROUPS_A_STEP):
            chosen = [members[number] for number in step.tolist()]
            padded = pad_sequence([cases[one] for one in chosen], batch_first=True)
            sizes = torch.tensor([len(one) for one in chosen])
            held = torch.arange(padded.shape[1])[None] < sizes[:, None]
            optimiser.zero_grad()
            loss: Any = nn.functional.cross_entropy(model(padded, held), truth[step], weights)
            loss.backward()
            optimiser.step()
    return model.eval()
