"""The pages of a gallery: the chosen cases with their images, maps and predictions. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.explain.task import Explained, ExplainTask
from bench.plan.spec import RunSpec
from reports.explanation.gallery import Page, Tile
from reports.explanation.measures import Maps, inside


@dataclass(frozen=True)
class Shown:
    """Which model shows a case: the first seed's, and the first fold's that predicted it."""

    model_of: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, specs: Sequence[RunSpec], cases: Sequence[str]) -> "Shown":
        wanted, found = set(cases), dict[str, tuple[int, int]]()
        for spec in sorted(specs, key=lambda spec: (spec.seed, spec.fold)):
            for sample in spec.predicted:
                if sample.case_id in wanted:
                    found.setdefault(sample.case_id, (spec.seed, spec.fold))
        return cls(found)

    def by(self, spec: RunSpec) -> set[str]:
        """The cases that the model of `spec` shows."""
        return {case for case, model in self.model_of.items() if model == (spec.seed, spec.fold)}


def tiles_of(
    task: ExplainTask,
    found: Explained,
    shown: set[str],
    images: Mapping[str, NDArray[np.uint8]],
    coverage: Mapping[str, Maps],
) -> dict[str, Tile]:
    """A tile for each case that this model shows, by case id."""
    spec, tiles = task.spec, dict[str, Tile]()
    for place, row in enumerate(task.mapped):
        sample = spec.predicted[row]
        if sample.case_id not in shown:
            continue
        probabilities = found.probabilities[row]
        lesion = coverage.get(sample.case_id)
        tiles[sample.case_id] = Tile(
            case_id=sample.case_id,
            image=images[sample.digest],
            map=found.maps[place],
            lesion=None if lesion is None else inside(lesion[None])[0],
            label=sample.label,
            predicted=spec.classes[int(probabilities.argmax())],
            probability=float(probabilities.max()),
            model=f"seed {spec.seed} fold {spec.fold}",
        )
    return tiles


def pages_of(
    name: str, subtitle: str, tiles: Mapping[str, Tile], order: Sequence[str], site_of: Mapping[str, str]
) -> dict[str, Page]:
    """A page for each class among the tiles, the sites of the data side by side; by class."""
    shown = [tiles[case] for case in order if case in tiles]
    sites = list(dict.fromkeys(site_of.values()))
    return {
        label: Page(
            f"{name}: {label}",
            subtitle,
            tuple(
                (site, tuple(tile for tile in shown if tile.label == label and site_of[tile.case_id] == site))
                for site in sites
            ),
        )
        for label in sorted({tile.label for tile in shown})
    }
