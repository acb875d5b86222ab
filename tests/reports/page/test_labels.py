"""Names in charts: short, and never two alike."""

import altair as alt
from hypothesis import given
from hypothesis import strategies as st

from reports.page.charts import data, spec_of
from reports.page.labels import MOST_LETTERS, short_labels

LONG = "tf_efficientnet_lite0 (fine-tune, ImageNet)"
ALIKE = [f"tf_efficientnet_lite0 (recipe {kind}, the same end of a long name)" for kind in ("one", "two", "three")]


def test_short_names_stay_and_long_ones_show_both_ends() -> None:
    assert short_labels(["resnet34", LONG]) == {"resnet34": "resnet34", LONG: "tf_efficien…e, ImageNet)"}


def test_names_that_differ_in_the_middle_show_what_differs() -> None:
    labels = short_labels(ALIKE)
    assert len(set(labels.values())) == 3
    for name, kind in zip(ALIKE, ("one", "two", "three"), strict=True):
        assert kind in labels[name]


@given(st.lists(st.text(alphabet="ab", max_size=60), max_size=12))
def test_no_two_labels_are_the_same(names: list[str]) -> None:
    labels = short_labels(names)
    assert set(labels) == set(names)
    assert len(set(labels.values())) == len(labels)
    assert all(len(label) <= MOST_LETTERS for label in labels.values())


def test_charts_name_their_rows_so_in_data_order_and_scales() -> None:
    chart = alt.Chart(data([{"row": name, "value": 1} for name in ALIKE])).mark_point()
    spec = spec_of(chart.encode(x="value:Q", y=alt.Y("row:N", sort=ALIKE)))
    (rows,) = spec["datasets"].values()
    labels = [row["row"] for row in rows]
    assert labels == spec["encoding"]["y"]["sort"] == list(short_labels(ALIKE).values())
