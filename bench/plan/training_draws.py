"""Training cases drawn anew, as another sample of the same patients would be. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.errors import RequestError, listed
from bench.folds.table import NEVER_HELD_OUT, FoldOfCase
from bench.plan.spec import Sample
from bench.seeds import derive

MOST_TRIES = 1000


@dataclass(frozen=True)
class _Units:
    """What is drawn whole: the cases of a patient in a fold, or a case where no patient is known.

    of_sample: (n_samples,) the unit of each; block: (n_units,) its fold; holds: (n_units, n_classes).
    """

    of_sample: NDArray[np.int64]
    block: NDArray[np.int64]
    holds: NDArray[np.bool_]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, samples: Sequence[Sample], fold_of: FoldOfCase) -> "_Units":
        numbers: dict[tuple[int, str, str | None, str], int] = {}
        keys = [
            (fold_of[one.case_id], one.site, one.group, "" if one.group is not None else one.case_id) for one in samples
        ]
        of_sample = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
        classes = tuple(sorted({one.label for one in samples}))
        holds = np.zeros((len(numbers), len(classes)), dtype=np.bool_)
        holds[of_sample, [classes.index(one.label) for one in samples]] = True
        return cls(of_sample, np.array([key[0] for key in numbers], dtype=np.int64), holds, classes)

    def lost(self, times: NDArray[np.int64]) -> list[str]:
        """The classes that some training part has, and its draw has not."""
        folds = sorted({*self.block.tolist()} - {NEVER_HELD_OUT})
        parts = [self.block != fold for fold in folds]
        gone = [self.holds[part].any(0) & ~self.holds[part & (times > 0)].any(0) for part in parts]
        return [name for name, is_gone in zip(self.classes, np.any(gone, axis=0), strict=True) if is_gone]


def times_drawn(samples: Sequence[Sample], fold_of: FoldOfCase, seed: int, draw: int) -> dict[str, int]:
    """How often each case is in a draw of the cases that have a fold, 0 where it is not.

    Of each fold as many patients are drawn, with replacement, as it has, all cases of a patient together (without a
    known patient, cases). A fold model is trained on what was drawn of the other folds: so all folds of a draw share
    one sample of patients, none of which is in two folds. A draw in which a training part loses a class is drawn again.

    samples: ordered by content, so that file names decide nothing. draw: from 1.

    Raises:
        RequestError: so many draws lost a class.
    """
    units, lost = _Units.of(samples, fold_of), list[str]()
    for attempt in range(MOST_TRIES):
        times = _drawn(units.block, seed, draw, attempt)
        lost = units.lost(times)
        if not lost:
            return {one.case_id: int(times[unit]) for one, unit in zip(samples, units.of_sample, strict=True)}
    raise RequestError(
        f"Training cases cannot be drawn anew (--training-draws): under seed {seed} each of {MOST_TRIES} draws left a "
        f"training part without a class, the last one without {listed(lost)}, which too few patients have. Merge it "
        f"with another under [classes], ask for fewer folds, or leave out --training-draws."
    )


def _drawn(block: NDArray[np.int64], seed: int, draw: int, attempt: int) -> NDArray[np.int64]:
    """(n_units,) how often each was drawn, by a generator whose numbers no version of numpy changes."""
    times = np.zeros(len(block), dtype=np.int64)
    for fold in np.unique(block):
        members = np.flatnonzero(block == fold)
        random = np.random.RandomState(derive(seed, "training draw", draw, "try", attempt, "fold", int(fold)) % 2**32)
        times[members] = np.bincount(random.randint(len(members), size=len(members)), minlength=len(members))
    return times


def repeated(samples: Iterable[Sample], times: Mapping[str, int]) -> tuple[Sample, ...]:
    """Each sample as often as it was drawn; a patient who was drawn twice is another patient the second time."""
    return tuple(_copy(sample, number) for sample in samples for number in range(times[sample.case_id]))


def _copy(sample: Sample, number: int) -> Sample:
    if number == 0 or sample.group is None:
        return sample
    return replace(sample, group=f"{sample.group}, drawn again {number}")
