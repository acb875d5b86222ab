"""Confusion matrices as HTML: shares of the true class, and how many cases they are."""

from collections.abc import Sequence

from markupsafe import Markup

from reports.draw.shown import shown
from reports.page.confused_cases import Confusions, SideConfusion
from reports.statistics.confusion_counts import Floats
from reports.tables.wording import number

MOST_CLASSES, MOST_LISTED = 20, 60
_SHADES = 10


def matrices_html(part: Confusions) -> Markup:
    """A matrix for each side of each backbone; of more than 20 classes the most frequent confusions instead.

    A cell with cases is a button, which a script of the page lets open their list; `data-cell` says of which cell.
    """
    drawn = _listed if len(part.classes) > MOST_CLASSES else _matrix
    return Markup("").join(
        Markup(
            '<div class="confusions wide" data-backbone="{}"><h3>{}</h3><div class="matrices">{}</div></div>'
        ).format(
            shown(name),
            shown(name),
            Markup("").join(_scrolled(drawn(part.classes, side, place), side) for place, side in enumerate(sides)),
        )
        for name, sides in part.of_backbone.items()
    )


def _scrolled(table: Markup, side: SideConfusion) -> Markup:
    return Markup('<div class="scroll" role="region" tabindex="0" aria-label="Confusions, {}">{}</div>').format(
        shown(side.side), table
    )


def _matrix(classes: Sequence[str], side: SideConfusion, place: int) -> Markup:
    mean = side.mean
    at = {(cell.truth, cell.predicted): order for order, cell in enumerate(side.cells)}
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(shown(name)) for name in classes)
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            shown(name), Markup("").join(_cell(mean, t, p, at, place) for p in range(len(classes)))
        )
        for t, name in enumerate(classes)
    )
    return Markup(
        '<table class="matrix"><caption>{}: true class (rows), predicted class (columns)</caption>'
        "<thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(shown(side.side), heads, rows)


def _cell(mean: Floats, truth: int, predicted: int, at: dict[tuple[int, int], int], place: int) -> Markup:
    count, total = float(mean[truth, predicted]), float(mean[truth].sum())
    if not count or (truth, predicted) not in at:
        return Markup("<td{}><span>{}</span></td>").format(
            _right(truth, predicted), "0" if not count else counted(count)
        )
    share = count / total
    return Markup(
        '<td class="h{}{}"><button type="button" aria-pressed="false" data-cell="{}.{}">{} %<small>{}</small></button>'
        "</td>"
    ).format(
        round(_SHADES * share),
        " right" if truth == predicted else "",
        place,
        at[truth, predicted],
        number(100 * share, 0) if share >= 0.005 else "<1",
        counted(count),
    )


def _right(truth: int, predicted: int) -> Markup:
    return Markup(' class="right"') if truth == predicted else Markup("")


def counted(cases: float) -> str:
    """A mean over seeds: `32.3`, without a digit where there are a hundred or where it is whole."""
    return number(cases, 0 if cases >= 99.5 or cases == round(cases) else 1)


def _listed(classes: Sequence[str], side: SideConfusion, place: int) -> Markup:
    mean = side.mean
    wrong = [(order, cell) for order, cell in enumerate(side.cells) if cell.truth != cell.predicted]
    wrong.sort(key=lambda one: -mean[one[1].truth, one[1].predicted])
    rows = [
        Markup(
            '<tr><td><button type="button" aria-pressed="false" data-cell="{}.{}">{} → {}</button></td>'
            '<td class="number">{}</td></tr>'
        ).format(
            *(place, order, shown(classes[cell.truth]), shown(classes[cell.predicted])),
            counted(float(mean[cell.truth, cell.predicted])),
        )
        for order, cell in wrong[:MOST_LISTED]
    ]
    return Markup(
        '<table class="listed"><caption>{}: the {} most frequent confusions (true → predicted)</caption>'
        "<tbody>{}</tbody></table>"
    ).format(shown(side.side), len(rows), Markup("").join(rows))
