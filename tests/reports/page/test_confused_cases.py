"""Confusion matrices and their cells, counted by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from reports.page import confused_cases
from reports.page.confused_cases import gather, most_confused
from reports.page.matrices import counted, matrices_html

# case, site, label, then the class predicted by seeds 0 and 1 (of fold models 0 and 1 abroad)
ROWS = [
    *[("i1", "internal", "a", seed, fold, what, p) for seed, fold, what, p in ((0, 0, "a", 0.9), (1, 1, "b", 0.6))],
    *[("i2", "internal", "a", seed, 1 - seed, "b", 0.8) for seed in (0, 1)],
    *[("i3", "internal", "b", seed, seed, "b", 0.7) for seed in (0, 1)],
    *[("x1", "bern", "b", seed, fold, "a" if fold else "b", 0.5) for seed in (0, 1) for fold in (0, 1)],
]


def table(**extra: object) -> pd.DataFrame:
    frame = pd.DataFrame(ROWS, columns=["case_id", "site", "label", "seed", "fold", "predicted", "p"])
    frame["p_a"] = np.where(frame["predicted"] == "a", frame["p"], 1 - frame["p"])
    return frame.assign(p_b=1 - frame["p_a"], **extra).drop(columns="p")


def test_counts_and_cases_of_each_cell() -> None:
    found = gather({"net": (table(), (0, 1))}, ("a", "b"))
    internal, bern = found.of_backbone["net"]
    assert (internal.side, internal.predictions, bern.side, bern.predictions) == ("internal", 1, "bern", 2)
    assert internal.counts.tolist() == [[[1, 1], [0, 1]], [[0, 2], [0, 1]]]
    assert internal.mean.tolist() == [[0.5, 1.5], [0, 1]]
    assert bern.mean.tolist() == [[0, 0], [0.5, 0.5]]
    cells = {(cell.truth, cell.predicted): cell for cell in internal.cells}
    assert set(cells) == {(0, 0), (0, 1), (1, 1)}
    listed = [(found.cases[one.case], one.share, one.probability) for one in cells[0, 1].cases]
    assert listed == [("i2", 1.0, pytest.approx(0.8)), ("i1", 0.5, pytest.approx(0.6))]
    assert all(cell.more == 0 for cell in internal.cells)


def test_seeds_that_are_not_in_the_row_do_not_count() -> None:
    (internal, _) = gather({"net": (table(), (1,))}, ("a", "b")).of_backbone["net"]
    assert internal.counts.tolist() == [[[0, 2], [0, 1]]]


def test_without_probabilities_cases_are_listed_all_the_same() -> None:
    found = gather({"net": (table().drop(columns=["p_a", "p_b"]), (0, 1))}, ("a", "b"))
    assert {one.probability for side in found.of_backbone["net"] for cell in side.cells for one in cell.cases} == {None}


def test_long_cells_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confused_cases, "MOST_CASES", 1)
    (internal, _) = gather({"net": (table(), (0, 1))}, ("a", "b")).of_backbone["net"]
    of_two = next(cell for cell in internal.cells if (cell.truth, cell.predicted) == (0, 1))
    assert (len(of_two.cases), of_two.more) == (1, 1)


def test_many_cells_share_what_a_page_holds() -> None:
    n, classes = 20_000, [f"c{code}" for code in range(50)]
    rng = np.random.default_rng(0)
    of_case = np.arange(n)
    frame = pd.DataFrame(
        {"case_id": [f"x{case}" for case in of_case], "site": "internal", "seed": 0, "fold": of_case % 2}
    )
    frame["label"], frame["predicted"] = np.array(classes)[of_case % 50], rng.choice(classes, n)
    found = gather({f"net{number}": (frame, (0,)) for number in range(4)}, classes)
    sides = [side for (side,) in found.of_backbone.values()]
    assert {len(side.cells) for side in sides} == {confused_cases.MOST_CELLS}
    assert sum(len(cell.cases) for side in sides for cell in side.cells) <= confused_cases.MOST_LISTED
    for cell in sides[0].cells:
        assert len(cell.cases) + cell.more == sides[0].counts[0, cell.truth, cell.predicted]
    left_out = set(np.ndindex(50, 50)) - {(cell.truth, cell.predicted) for cell in sides[0].cells}
    least = min(len(cell.cases) + cell.more for cell in sides[0].cells)
    assert max(sides[0].counts[0][cell] for cell in left_out) <= least


def cells(html: str, side: str) -> list[list[str]]:
    """The texts of the fields of a matrix, row by row."""
    matrix = re.search(rf"<caption>{side}.*?<tbody>(.*?)</tbody>", html)
    assert matrix is not None
    return [
        [
            re.sub(r"<small>", " ", re.sub(r"</?(?!small>)[a-z][^>]*>", "", field)).replace("</small>", "")
            for field in fields
        ]
        for fields in (re.findall(r"<td.*?</td>", row) for row in matrix[1].split("</tr>") if row)
    ]


def test_cells_hold_shares_of_the_true_class_and_counts() -> None:
    html = str(matrices_html(gather({"net": (table(), (0, 1))}, ("a", "b"))))
    assert cells(html, "internal") == [["25 % 0.5", "75 % 1.5"], ["0", "100 % 1"]]
    assert cells(html, "bern") == [["0", "0"], ["50 % 0.5", "50 % 0.5"]]
    assert html.count("data-cell=") == 5


def test_many_classes_are_a_list_of_confusions() -> None:
    classes = ("a", "b", *(f"c{number}" for number in range(30)))
    html = str(matrices_html(gather({"net": (table(), (0, 1))}, classes)))
    assert "internal: the 1 most frequent confusions" in html
    assert re.search(r"a → b</button></td><td class=\"number\">1.5</td>", html)


def test_names_are_texts() -> None:
    found = gather({"<b>net</b>": (table(), (0, 1))}, ("a", "b"))
    assert "<b>net" not in matrices_html(found)


def test_pictures_go_to_what_is_confused_most_and_first() -> None:
    found = gather({"net": (table(), (0, 1))}, ("a", "b"))
    assert [found.cases[place] for place in most_confused(found, 10)] == ["i2", "x1", "i1"]
    assert [found.cases[place] for place in most_confused(found, 1)] == ["i2"]


def test_counts_have_a_digit_where_it_says_something() -> None:
    assert [counted(number) for number in (0.3333, 6, 32.04, 99.6, 250.5)] == ["0.3", "6", "32.0", "100", "250"]
