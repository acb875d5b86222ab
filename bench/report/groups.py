"""The leaderboard at the level of groups: every entry with its cases pooled. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from bench.data.cases import Case
from bench.engine.groups import checked_groups, no_groups
from reports import Entry, Leaderboard
from reports.tables.groups import Grouping, NoGroups, pool_entries


@dataclass(frozen=True)
class PooledEntries:
    """Entries with a prediction a group, in their order; the groups as the cases of a case table; and notes."""

    entries: list[Entry]
    cases: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class GroupLevel:
    """The leaderboard of groups, how cases were pooled, and the pooled entries in the order of the folder's."""

    leaderboard: Leaderboard
    grouping: Grouping
    entries: list[Entry]

    def to_dict(self) -> dict[str, object]:
        """The entry `groups` of leaderboard.json: pool, label_order, and the keys of the file itself."""
        return {**asdict(self.grouping), **self.leaderboard.to_dict()}


def pooled(
    entries: Sequence[Entry], cases: Sequence[Case], classes: Sequence[str], grouping: Grouping
) -> PooledEntries:
    """Pool each entry.

    Raises:
        RequestError: cases have no groups, or groups no label or no prediction of their own.
    """
    groups = checked_groups(cases, classes, grouping)
    try:
        found, votes = pool_entries(entries, groups, classes, grouping.pool)
    except NoGroups as error:
        raise no_groups(error) from None
    return PooledEntries(found, groups.table, (*groups.notes, *votes))
