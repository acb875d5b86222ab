"""What makes the phantom's slices hard to tell apart: lesions and anatomy, the same at both sites."""

from dataclasses import dataclass, fields, replace
from typing import Any

from bench.phantom.grid import Range

CLASSES: tuple[str, ...] = ("normal", "epidural", "subdural", "intracerebral", "subarachnoid", "others")
LEVELS: tuple[str, ...] = ("skull base", "ventricles", "convexity")


@dataclass(frozen=True)
class Difficulty:
    """Ranges are (lowest, highest), drawn uniformly for each case; lengths in mm, densities in HU, angles in degrees.

    A field whose name begins with `subtle_` replaces its overt counterpart in the share `subtle` of lesions.
    """

    subtle: float = 0.10
    lesion_scale: Range = (0.9, 1.15)
    level_weights: tuple[float, float, float] = (0.10, 0.55, 0.35)

    # anatomy
    head_scale: Range = (0.97, 1.03)
    atrophy: Range = (0.0, 0.6)
    ventricle_scale: Range = (0.85, 1.15)
    calcification: float = 0.5  # multiplies the chance of each physiological calcification
    scalp_swelling: float = 0.15

    # densities
    blood: Range = (62.0, 76.0)
    subtle_blood: Range = (54.0, 66.0)
    texture_hu: float = 0.6

    # blood between skull and brain
    epidural_half_width: Range = (22.0, 34.0)
    subtle_epidural_half_width: Range = (11.0, 18.0)
    epidural_bulge_mm: Range = (4.0, 8.0)  # beyond the chord of the skull
    epidural_swirl: float = 0.25
    subdural_half_width: Range = (46.0, 80.0)
    subtle_subdural_half_width: Range = (24.0, 42.0)
    subdural_mm: Range = (9.0, 18.0)
    subtle_subdural_mm: Range = (4.0, 7.0)
    subdural_ages: tuple[float, float, float, float] = (0.82, 0.05, 0.06, 0.07)  # acute isodense chronic layered

    # lesions of the brain: radii
    haematoma_mm: Range = (12.0, 24.0)
    subtle_haematoma_mm: Range = (5.0, 9.0)
    deep_haematoma: float = 0.5
    ventricular_extension: float = 0.15
    tumour_mm: Range = (14.0, 24.0)
    subtle_tumour_mm: Range = (7.0, 12.0)
    cyst_mm: Range = (14.0, 23.0)
    subtle_cyst_mm: Range = (7.0, 12.0)
    calcification_mm: Range = (5.0, 9.0)
    subtle_calcification_mm: Range = (3.5, 5.0)
    infarct_half_width: Range = (30.0, 52.0)
    subtle_infarct_half_width: Range = (18.0, 28.0)
    infarct_drop: Range = (12.0, 18.0)
    subtle_infarct_drop: Range = (5.0, 8.0)
    other_weights: tuple[float, float, float, float, float] = (0.15, 0.2, 0.4, 0.05, 0.2)  # as OTHER_KINDS

    # subarachnoid blood
    subarachnoid_reach_mm: Range = (34.0, 58.0)
    subtle_subarachnoid_reach_mm: Range = (14.0, 22.0)
    subarachnoid_share: Range = (0.85, 1.0)
    subtle_subarachnoid_share: Range = (0.55, 0.8)
    basal_subarachnoid: float = 0.7

    def of_subtle_lesions(self) -> "Difficulty":
        """With the ranges of subtle lesions in the place of their overt counterparts."""
        names = [field.name for field in fields(self) if hasattr(self, f"subtle_{field.name}")]
        return replace(self, **{name: getattr(self, f"subtle_{name}") for name in names})

    def of_lesions_scaled(self, factor: float) -> "Difficulty":
        """With every length and width of a lesion times a factor."""
        names = [field.name for field in fields(self) if field.name.endswith(("_mm", "_half_width"))]
        scaled: dict[str, Any] = {name: tuple(factor * bound for bound in getattr(self, name)) for name in names}
        return replace(self, **scaled)


OTHER_KINDS: tuple[str, ...] = ("intraventricular", "tumour", "infarct", "calcification", "cyst")
SUBDURAL_AGES: tuple[str, ...] = ("acute", "isodense", "chronic", "layered")
DEFAULT_DIFFICULTY = Difficulty()
