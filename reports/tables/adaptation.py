"""Rows that were adapted to other sites, each beside the same without that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.comparison import Comparison, compare_all, holm
from reports.statistics.estimate import IntervalChoice
from reports.tables.row import Entry


@dataclass(frozen=True)
class Adapted:
    """An adapted row: how, the name of its baseline (None where that is no row), and what it is minus that.

    p_holm of the differences is adjusted over all of them, and over those of all adapted rows.
    """

    how: str
    baseline: str | None
    differences: tuple[Comparison, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return {
            "adaptation": self.how,
            "baseline": self.baseline,
            "differences": [
                {"endpoint": one.endpoint, **one.difference.to_dict(), "p": one.p, "p_holm": one.p_holm}
                for one in self.differences
            ],
        }


def beside_baselines(
    named: Mapping[str, Entry],
    analyses: Sequence[Analysis],
    pairs: Sequence[tuple[int, int]],
    draws: Draws,
    choice: IntervalChoice,
    stratify: bool,
) -> tuple[dict[str, Adapted], list[str]]:
    """By the name of each adapted row, with notes; compared over the seeds that both have with the same folds."""
    name_of, by_name = {entry.key: name for name, entry in named.items()}, {one.pooled.name: one for one in analyses}
    found, notes = dict[str, Adapted](), list[str]()
    for name, entry in named.items():
        if not entry.adaptation:
            continue
        baseline = name_of.get(entry.baseline) if entry.baseline else None
        found[name] = Adapted(entry.adaptation, baseline)
        if baseline is None:
            notes.append(f"{name}: what the adaptation changes is not known, since the same without it has no seed.")
            continue
        both = (by_name[name], by_name[baseline])
        differences, unpaired = compare_all(both, pairs, draws, choice, {}, stratify)
        found[name] = replace(found[name], differences=tuple(differences))
        notes += unpaired
    return _adjusted(found), notes


def _adjusted(found: Mapping[str, Adapted]) -> dict[str, Adapted]:
    known = [one.p for adapted in found.values() for one in adapted.differences if one.p is not None]
    adjusted = iter(holm(known))

    def with_holm(one: Comparison) -> Comparison:
        return one if one.p is None else replace(one, p_holm=next(adjusted))

    return {
        name: replace(adapted, differences=tuple(map(with_holm, adapted.differences)))
        for name, adapted in found.items()
    }
