"""What was measured on the importance maps of one backbone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.explanation.estimates import Origin
from reports.explanation.measures import Maps
from reports.statistics.confusion_counts import Integers

MAP, CENTRE, RANDOM = "map", "centre", "random"
SOURCES = (MAP, CENTRE, RANDOM)
LOCALISATION = ("energy", "pointing", "iou")
CURVES = ("deletion", "insertion")


def column(measure: str, source: str) -> str:
    """The column of `Subject.values` that holds a measure of the map itself, the centre prior or a random model's."""
    return f"{measure}_{source}"


@dataclass(frozen=True)
class Places:
    """The maps of cases that all models of a site have explained.

    units: (n_seeds, n_folds, n_cases, n_places), as `agreement.ranked` gives; an internal case has one fold a seed.
    """

    units: Maps
    seeds: tuple[int, ...]
    cluster: Integers


@dataclass(frozen=True)
class Subject:
    """What was measured on the models of one backbone.

    values: a row for each prediction, with columns seed, fold, site, case_id, cluster, label, predicted, lesion_share
    and, NaN where it was not measured, `column(measure, source)` for each measure of `LOCALISATION` and `CURVES` and
    `similarity_0`, … for the map after each of `stages` has been randomised as well. places: by site.
    """

    name: str
    layer: str
    grid: int
    values: pd.DataFrame
    stages: tuple[str, ...]
    places: Mapping[str, Places]

    def sites(self) -> list[str]:
        """The sites, in the order of the rows."""
        return list(dict.fromkeys(self.values["site"]))

    def rows(self, site: str, needed: str) -> pd.DataFrame:
        """The predictions of a site for which the column `needed` was measured."""
        return self.values[(self.values["site"] == site) & self.values[needed].notna()]


def origin_of(rows: pd.DataFrame, site: str) -> Origin:
    """Seeds and clusters of some rows of `Subject.values`."""
    return Origin.of(site, rows["seed"].to_numpy(dtype=np.int64), rows["cluster"].to_numpy(dtype=np.int64))
