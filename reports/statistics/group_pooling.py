"""Cases pooled to their groups (patients, volumes): one prediction a group and model, one label a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from reports.statistics.confusion_counts import Floats, Integers

PoolName = Literal["mean", "max", "topk"]
POOLS: tuple[PoolName, ...] = get_args(PoolName)
UNDECIDED = -1
_ROUNDING = 1e-9  # .1 of 30 is 3, which binary numbers put above


@dataclass(frozen=True)
class Pool:
    """How the probabilities of a group's cases become one.

    `mean`; `max`: of each class the highest; `topk`: of each class the mean of the highest `share` of the cases, one at
    least. The last two are divided by their sum.
    """

    name: PoolName = "mean"
    share: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Pool:
        """`mean`, `max`, or `topk:0.1`; ValueError where it is none."""
        name, colon, share = text.partition(":")
        if not colon and name in ("mean", "max"):
            return cls("mean" if name == "mean" else "max")
        try:
            number = float(share)
        except ValueError:
            number = 0.0
        if name != "topk" or not 0 < number <= 1:
            raise ValueError(
                f"must be mean, max, or topk: and a share of the cases such as topk:0.1, not {text[:40]!r}"
            )
        return cls("topk", number)

    @property
    def in_words(self) -> str:
        """As a sentence names it."""
        if self.name == "topk":
            return f"the mean of each class's highest {100 * self.share:g} % over a group's cases, divided by their sum"
        highest = "each class's highest over a group's cases, divided by their sum"
        return "the mean over a group's cases" if self.name == "mean" else highest


def pool_probabilities(values: Floats, group: Integers, pool: Pool) -> Floats:
    """One row of probabilities for each group: (n_groups, n_classes), each summing to 1.

    values: (n_cases, n_classes), each row probabilities; group: (n_cases,) codes from 0, of which none is left out. The
    order of the cases decides nothing but how sums are rounded.
    """
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    if pool.name == "max":
        pooled = np.maximum.reduceat(values[order], starts)
    elif pool.name == "mean":
        pooled = np.add.reduceat(values[order], starts)
    else:
        kept = np.maximum(1, np.ceil(pool.share * sizes - _ROUNDING)).astype(np.int64)
        within = np.arange(len(group)) - np.repeat(starts, sizes) < np.repeat(kept, sizes)
        columns = [column[np.lexsort((-column, group))] for column in values.T]
        pooled = np.stack([np.add.reduceat(np.where(within, column, 0.0), starts) for column in columns], axis=1)
    return np.asarray(pooled / pooled.sum(1, keepdims=True), dtype=np.float64)


def label_groups(label: Integers, group: Integers, n_classes: int, order: Sequence[int] = ()) -> Integers:
    """The label of each group: that of its cases where they agree, else the first of `order` that one of them has.

    label, group: (n_cases,) codes from 0; order: codes of classes. Returns (n_groups,); `UNDECIDED` where none is.
    """
    present = np.zeros((int(group.max()) + 1, n_classes), dtype=np.bool_)
    present[group, label] = True
    agreed = present.sum(1) == 1
    found = np.where(agreed, present.argmax(1), UNDECIDED)
    for code in reversed(order):
        found[~agreed & present[:, code]] = code
    return np.asarray(found, dtype=np.int64)
