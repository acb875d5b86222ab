"""Ventricles and cisterns: capsules at their usual places, squeezed or widened by mass effect."""

import numpy as np

from bench.phantom.brain import Brain
from bench.phantom.grid import FAR, REACH_MM, Plane, Point, Range, around, capsule_distance
from bench.phantom.head import SKULL_BASE, VENTRICLES, Head


class DeepSpaces:
    """Ventricles and cisterns of one slice, gathered as the distance to the nearest of them."""

    def __init__(self, head: Head, brain: Brain, x: Plane, y: Plane, rng: np.random.Generator) -> None:
        self.head, self.x, self.y, self.rng = head, x, y, rng
        scale = np.float32(head.ventricle_scale * (0.7 + 0.8 * head.atrophy))
        self.swelling = scale * (1 - np.float32(0.55) * brain.effacement + np.float32(0.25) * brain.relief) - 1
        self.effacement = brain.effacement
        self.ventricles = np.full_like(x, FAR)
        self.cisterns = np.full_like(x, FAR)

    def draw(self, with_ventricles: bool) -> tuple[Plane, Plane]:
        """Signed distances in mm to the nearest ventricle and the nearest cistern."""
        if self.head.level == VENTRICLES:
            self._lateral_ventricles()
        elif self.head.level == SKULL_BASE:
            self._fourth_ventricle_and_star(4.5 if not with_ventricles else 7.5)
        elif self.rng.random() < 0.6 or with_ventricles:
            self._ventricular_bodies()
        return self.ventricles, self.cisterns

    def _jitter(self, mm: float = 1.2) -> float:
        return mm * float(self.rng.normal())

    def _ventricle(self, start: Point, end: Point, radii: Range, give: float) -> None:
        part = around((start, end), REACH_MM)
        distance = capsule_distance(self.x[part], self.y[part], start, end, radii)
        distance -= np.float32(give) * self.swelling[part]
        np.minimum(self.ventricles[part], distance, out=self.ventricles[part])

    def _cistern(self, start: Point, end: Point, radii: Range, squeeze: float = 0.0) -> None:
        part = around((start, end), REACH_MM)
        distance = capsule_distance(self.x[part], self.y[part], start, end, radii)
        distance += np.float32(squeeze) * self.effacement[part]
        np.minimum(self.cisterns[part], distance, out=self.cisterns[part])

    def _lateral_ventricles(self) -> None:
        j, atrophy, edge = self._jitter, self.head.atrophy, self.head.half_width
        for side in (-1, 1):
            self._ventricle((side * 5, -12 + j()), (side * (13 + j()), -30 + j()), (2.8, 3.6), 2.4)  # frontal horn
            self._ventricle((side * (20 + j()), 24 + j()), (side * (25 + j()), 42 + j(3)), (4.2, 1.8), 2.6)
            sylvian = (side * (edge - 3), -14 + j(2)), (side * (edge - 26 - j(2)), -8 + j())
            self._cistern(*sylvian, (1.4 + 2.2 * atrophy, 1.0), squeeze=4.0)
        self._ventricle((0, -2), (0, 13), (1.1, 1.4), 1.6)  # third ventricle
        self._cistern((-6, 27), (6, 27), (2.0, 2.0))  # quadrigeminal

    def _ventricular_bodies(self) -> None:
        j = self._jitter
        for side in (-1, 1):
            middle = (side * (8 + j(0.8)), -2.0)
            front, back = (side * (10 + j(0.8)), -24 + j(3)), (side * 15, 22 + j(3))
            self._ventricle(front, middle, (2.8, 3.2), 2.4)
            self._ventricle(middle, back, (3.2, 4.0), 2.6)

    def _fourth_ventricle_and_star(self, radius: float) -> None:
        j, atrophy, edge = self._jitter, self.head.atrophy, self.head.half_width
        self._ventricle((-1.5, 35), (1.5, 35), (radius, radius), 2.0)
        for tip in ((0, -24), (16, -14), (-16, -14), (12, 3), (-12, 3)):  # suprasellar star
            self._cistern((0, -8), tip, (4.5 + 1.5 * atrophy, 1.4))
        for side in (-1, 1):
            sylvian = (side * 17, -15.0), (side * (edge - 8), -20 + j(2))
            self._cistern(*sylvian, (1.6, 1.4 + 2 * atrophy), squeeze=3.0)
            self._ventricle((side * 30, -2), (side * 36, 10), (0.7, 1.0), 2.0)  # temporal horn
