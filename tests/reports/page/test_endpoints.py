"""Endpoints of comparisons, in words."""

from reports.page.endpoints import endpoint_in_words


def test_endpoints_in_words() -> None:
    sites = ("external", "St. Mary", "a.b")
    said = {
        "internal.macro_f1": "Macro F1, internal",
        "external.external.macro_f1": "Macro F1 at the external site",
        "external.a.b.accuracy": "Accuracy at a.b",
        "gap.St. Mary.accuracy": "Accuracy, gap to St. Mary",
        "something else": "something else",
    }
    assert {one: endpoint_in_words(one, sites) for one in said} == said
