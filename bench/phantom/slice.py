"""One slice as the body is: HU on the head's millimetre grid with its lesion, before any scanner."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.phantom.csf import draw_spaces
from bench.phantom.difficulty import CLASSES, OTHER_KINDS, Difficulty
from bench.phantom.grid import Plane
from bench.phantom.head import Head, MassEffect, deform, draw_head, midline_shift
from bench.phantom.lesion import Canvas, Lesion
from bench.phantom.lesions_inside import plan_haematoma, plan_infarct, plan_round
from bench.phantom.lesions_outside import plan_epidural, plan_intraventricular, plan_subarachnoid, plan_subdural
from bench.phantom.tissue import paint_bone_and_scalp, paint_tissue

SMALLEST_LESION_MM2 = 60.0
_ATTEMPTS = 20
_PLANS: dict[str, Callable[..., Lesion]] = {
    "epidural": plan_epidural,
    "subdural": plan_subdural,
    "intracerebral": plan_haematoma,
    "subarachnoid": plan_subarachnoid,
    "intraventricular": plan_intraventricular,
    "tumour": partial(plan_round, "tumour"),
    "infarct": plan_infarct,
    "calcification": partial(plan_round, "calcification"),
    "cyst": partial(plan_round, "cyst"),
}


@dataclass(frozen=True)
class HeadSlice:
    """A slice on the 1 mm grid: `hu` and `lesion` (share 0..1 of each pixel) of shape (ROWS, COLS)."""

    head: Head
    hu: Plane
    lesion: Plane
    kind: str
    subtle: bool
    midline_shift_mm: float


def draw_slice(label: str, difficulty: Difficulty, rng: np.random.Generator) -> HeadSlice:
    """A random slice of the class; drawn anew while a lesion class has too little lesion to be seen."""
    if label not in CLASSES:
        raise ValueError(f"The phantom has no class {label!r}; its classes are {', '.join(CLASSES)}.")
    for _ in range(_ATTEMPTS):
        candidate = _draw_once(label, difficulty, rng)
        if label == "normal" or is_visible(candidate):
            return candidate
    raise RuntimeError(f"No visible lesion of class {label!r} in {_ATTEMPTS} attempts; its ranges are too small.")


def _draw_once(label: str, difficulty: Difficulty, rng: np.random.Generator) -> HeadSlice:
    head = draw_head(difficulty, rng)
    subtle = is_subtle(label, difficulty, rng)
    return paint_slice(head, plan_lesion(label, head, difficulty, rng, subtle=subtle), subtle, difficulty, rng)


def is_subtle(label: str, difficulty: Difficulty, rng: np.random.Generator) -> bool:
    """Whether the lesion of a head is one of the small or faint ones."""
    return bool(rng.random() < difficulty.subtle) and label != "normal"


def is_visible(head_slice: HeadSlice) -> bool:
    """Whether there is enough of a lesion to be seen."""
    return bool(np.count_nonzero(head_slice.lesion > 0.5) >= SMALLEST_LESION_MM2)


def paint_slice(
    head: Head,
    lesion: Lesion | None,
    subtle: bool,
    difficulty: Difficulty,
    rng: np.random.Generator,
    deep: np.random.Generator | None = None,
) -> HeadSlice:
    """A slice of the head with this lesion; `rng` draws what is of the slice alone, `deep` as in `draw_spaces`."""
    brain = deform(head, lesion.mass_effect if lesion else MassEffect())
    kind = lesion.kind if lesion else "none"
    spaces = draw_spaces(head, brain, rng, with_ventricles=kind == "intraventricular", deep=deep)
    hu = paint_tissue(head, brain, spaces, difficulty, rng)
    share = lesion.paint(Canvas(head, brain, spaces, hu), rng) if lesion else np.zeros_like(hu)
    share *= 1 - paint_bone_and_scalp(hu, head, rng)
    shift = midline_shift(brain, head)
    return HeadSlice(head, hu, share, kind, subtle, shift)


def plan_lesion(
    label: str, head: Head, difficulty: Difficulty, rng: np.random.Generator, *, subtle: bool
) -> Lesion | None:
    """The lesion of a class, None for a normal head."""
    if label == "normal":
        return None
    if label == "others":
        label = OTHER_KINDS[int(rng.choice(len(OTHER_KINDS), p=difficulty.other_weights))]
    ranges = difficulty.of_subtle_lesions() if subtle else difficulty
    return _PLANS[label](head, ranges, rng, subtle=subtle)
