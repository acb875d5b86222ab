"""The case table: labels, sites and clusters as numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reports.statistics.checks import codes, refuse, require_columns
from reports.statistics.confusion_counts import Integers

INTERNAL = "internal"


@dataclass(frozen=True)
class Cases:
    """All cases, sorted by id: codes from 0 for label, site and cluster, each (n_cases,).

    Cluster codes are global; a cluster never spans sites. stratum: (n_clusters,), the most frequent class of
    each cluster, the first of several.
    """

    ids: pd.Index
    label: Integers
    site: Integers
    cluster: Integers
    stratum: Integers
    site_names: tuple[str, ...]
    classes: tuple[str, ...]

    def code_of(self, site: str) -> int:
        """The code of a site; ValueError where no case is from it."""
        try:
            return self.site_names.index(site)
        except ValueError:
            raise ValueError(f"The case table has no cases of site '{site}'.") from None

    def count(self, site: int) -> int:
        return int(np.count_nonzero(self.site == site))

    def only(self, ids: Iterable[str]) -> "Cases":
        """Some of the cases; sites and clusters keep their codes."""
        keep = self.ids.isin(list(ids))
        return replace(
            self, ids=self.ids[keep], label=self.label[keep], site=self.site[keep], cluster=self.cluster[keep]
        )


def index_cases(cases: pd.DataFrame, classes: Sequence[str]) -> Cases:
    """Check the case table and give its cases, classes and clusters numbers.

    `group` may be absent or empty: such a case is a cluster of its own. Raises ValueError on missing columns,
    repeated case ids, repeated or unknown classes.
    """
    require_columns(cases, ("case_id", "site", "label"), "the case table")
    if len(set(classes)) != len(classes):
        raise ValueError(f"The classes {list(classes)} name one twice.")
    if cases.empty:
        raise ValueError("The case table is empty.")
    table = cases.sort_values("case_id", kind="stable", ignore_index=True)
    refuse(table["case_id"].duplicated().to_numpy(), table["case_id"], "The case table repeats case")
    label = codes(table["label"], pd.Index(list(classes)))
    refuse(label < 0, table["label"], f"The case table has a class other than {', '.join(classes)}:")
    site_names = tuple(sorted({str(site) for site in table["site"]}))
    site = codes(table["site"], pd.Index(list(site_names)))
    cluster = _clusters(table, site)
    votes = np.bincount(cluster * len(classes) + label, minlength=(cluster.max() + 1) * len(classes))
    stratum = votes.reshape(-1, len(classes)).argmax(1)
    return Cases(pd.Index(table["case_id"]), label, site, cluster, stratum, site_names, tuple(classes))


def _clusters(table: pd.DataFrame, site: Integers) -> Integers:
    """Cluster codes in the order of site, then of first case: names of groups, which may be salted, decide nothing."""
    key = table["case_id"].astype(str)
    alone = np.ones(len(table), dtype=bool)
    if "group" in table:
        group = table["group"]
        alone = (group.isna() | (group.astype(str) == "")).to_numpy()
        key = key.where(alone, group.astype(str))
    within = pd.factorize(key, sort=False)[0]
    # A group at two sites is two clusters, and a group may have the name of a case.
    return np.unique((site * 2 + alone) * (len(table) + 1) + within, return_inverse=True)[1]
