"""The matrix of all pairs of backbones."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from reports.page.charts import HIGH, LOW, MIDDLE, data, spec_of
from reports.page.part import Chart
from reports.statistics.comparison import PRIMARY
from reports.tables.comparison_tables import turned
from reports.tables.leaderboard import Leaderboard
from reports.tables.wording import interval, number, p_value

MOST_BACKBONES = 40
_FEWEST, _MOST_WRITTEN, _MOST_NARROW = 3, 10, 4
_CELL = 30


@dataclass(frozen=True)
class Pair:
    """Row minus column. label: what stands in the field, with * where the pair is resolved."""

    row: str
    column: str
    difference: float
    label: str
    text: str
    p: str


def pairs_of(leaderboard: Leaderboard) -> tuple[Pair, ...]:
    """Both halves of the matrix on the primary endpoint, of the first 40 backbones."""
    names = [row.name for row in leaderboard.rows[:MOST_BACKBONES]]
    found = []
    for one in leaderboard.comparisons:
        if one.endpoint != PRIMARY.name or one.difference.value is None or not {one.a, one.b} <= set(names):
            continue
        for row, column, cell in ((one.a, one.b, one.difference), (one.b, one.a, turned(one.difference))):
            assert cell.value is not None
            label = number(cell.value, 2) + ("*" if one.resolved else "")
            found.append(Pair(row, column, cell.value, label, interval(cell, 3), p_value(one.p_holm)))
    return tuple(sorted(found, key=lambda pair: (names.index(pair.row), names.index(pair.column))))


def pair_matrix(leaderboard: Leaderboard) -> Chart | None:
    """Row minus column on the primary endpoint; None where fewer than three were compared, which a line can say."""
    pairs = pairs_of(leaderboard)
    if len({pair.row for pair in pairs}) < _FEWEST:
        return None
    return Chart(
        "comparisons",
        f"Internal {PRIMARY.metric.title}, row minus column (* resolved)",
        "A field for each pair of backbones: the difference, row minus column, with a star where it is resolved. The "
        "numbers are in the table below.",
        _drawn(pairs),
        wide=len(leaderboard.rows) > _MOST_NARROW,
    )


def _drawn(pairs: Sequence[Pair]) -> dict[str, object]:
    names = list(dict.fromkeys(pair.row for pair in pairs))
    most = max(abs(pair.difference) for pair in pairs) or 1.0
    base = alt.Chart(data([vars(pair) for pair in pairs])).encode(
        x=alt.X("column:N", sort=names, title="minus", axis=alt.Axis(orient="top", labelAngle=-40, labelLimit=110)),
        y=alt.Y("row:N", sort=names, title=None),
        tooltip=[
            *(alt.Tooltip("row:N", title="A"), alt.Tooltip("column:N", title="B")),
            *(alt.Tooltip("text:N", title="A − B"), alt.Tooltip("p:N", title="Holm p")),
        ],
    )
    scale = alt.Scale(domain=[-most, 0, most], range=[LOW, MIDDLE, HIGH])
    fields = base.mark_rect().encode(color=alt.Color("difference:Q", scale=scale, legend=None))
    if len(names) > _MOST_WRITTEN:
        starred = base.transform_filter("indexof(datum.label, '*') >= 0").mark_text(color="#000000", text="*")
        layers = [fields, starred]
    else:
        layers = [fields, base.mark_text(color="#000000", fontSize=12).encode(text="label:N")]
    height = (_CELL if len(names) <= _MOST_WRITTEN else 16) * len(names)
    return dict(spec_of(alt.layer(*layers).properties(height=height)))
