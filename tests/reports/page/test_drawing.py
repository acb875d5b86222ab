"""Charts as SVG in the page: drawn before, with their values to point at, and nothing that acts."""

from xml.etree import ElementTree

import altair as alt

from reports.page.charts import COLUMN, FULL, HALF, data, spec_of
from reports.page.drawing import draw, tidy
from reports.page.part import Chart

SVG = "{http://www.w3.org/2000/svg}"


def chart(*, wide: bool = True) -> Chart:
    points = alt.Chart(data([{"row": "a;b", "value": 0.25}])).mark_point()
    tooltip = [alt.Tooltip("row:N", title="of 'what'"), alt.Tooltip("value:Q", title="F1", format=".3f")]
    return Chart("c", "C", "alt", spec_of(points.encode(x="value:Q", y="row:N", tooltip=tooltip)), wide=wide)


def test_it_is_as_wide_as_its_place() -> None:
    for wide, pixels in ((True, FULL), (False, HALF)):
        made = draw(chart(wide=wide))
        assert ElementTree.fromstring(made.broad).get("width") == str(pixels)
        assert ElementTree.fromstring(made.narrow).get("width") == str(COLUMN)
        assert f'width="{COLUMN}"' in made.file


def test_marks_tell_what_their_tooltips_list() -> None:
    titles = [one.text for one in ElementTree.fromstring(draw(chart()).broad).iter(f"{SVG}title")]
    assert titles == ["of ’what’: a;b; F1: 0.250"]


def test_what_could_act_does_not_pass() -> None:
    hostile = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)">'
        '<script>alert(1)</script><style>* {}</style><a xlink:href="javascript:alert(1)"><text>x</text></a>'
        '<image href="http://x"/><foreignObject><b/></foreignObject>'
        '<g class="mark-text role-mark"><text onclick="alert(1)" style="x" fill="url(#a)" x="1">&lt;b&gt;</text></g>'
        "</svg>"
    )
    assert tidy(hostile).partition('sans-serif">')[2] == '<g class="mark-text"><text x="1">&lt;b&gt;</text></g></svg>'
