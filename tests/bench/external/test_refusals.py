"""Each fault of a table is one paragraph that names the rows as a spreadsheet numbers them; nothing is written.

`by_hand` holds, from row 2 on: the internal cases of seed 0 (rows 2–5) and seed 1 (6–9), then bern by seed and fold,
two rows each (10–17).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.errors import RequestError

Change = Callable[[pd.DataFrame], pd.DataFrame]


def cell(row: int, column: str, value: object) -> Change:
    """The table with another value in one cell; rows as in a spreadsheet."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype({column: object})
        table.loc[row - 2, column] = value
        return table

    return change


def without(*rows: int) -> Change:
    return lambda table: table.drop(index=[row - 2 for row in rows])


def probable(change: Change) -> Change:
    """Then with probabilities beside the predicted class: 0.75 for it."""

    def both(table: pd.DataFrame) -> pd.DataFrame:
        for name in "ab":
            table["p_" + name] = np.where(table["predicted"] == name, 0.75, 0.25)
        return change(table)

    return both


FAULTS: dict[str, tuple[Change, str]] = {
    "no column": (lambda t: t.drop(columns=["site", "label"]), "has no column 'site', 'label'; it has backbone, seed,"),
    "nothing predicted": (
        lambda t: t.drop(columns="predicted"),
        "has neither a column predicted nor columns p_<class>",
    ),
    "a probability of no class": (lambda t: t.assign(p_=1), "has a column 'p_' that names no class"),
    "no rows": (lambda t: t.iloc[:0], "has a header but no rows"),
    "empty cell": (cell(5, "label", ""), "1 row(s) have no label: row(s) 5 of "),
    "no seed": (cell(4, "seed", ""), "1 row(s) have no seed: row(s) 4 of "),
    "odd seed": (cell(4, "seed", "1.5"), "have a seed that is no whole number from 0 on: row(s) 4 of "),
    "negative fold": (cell(4, "fold", "-1"), "have a fold that is no whole number from 0 on: row(s) 4 of "),
    "huge fold": (cell(4, "fold", 10**12), "have a fold with a higher number than there are cases: row(s) 4 of "),
    "some folds": (cell(4, "fold", ""), "1 row(s) have no fold where other rows of the same backbone"),
    "no internal rows": (
        lambda t: t.replace({"site": {"internal": "Internal"}}).assign(fold=0),
        "No row has the site 'internal'",
    ),
    "one class": (lambda t: t.assign(label="a", predicted="a"), "There is only one class, 'a'"),
    "unknown label": (cell(11, "label", "glioma"), "have a label that is no class (glioma): row(s) 11 of "),
    "unknown prediction": (cell(6, "predicted", "A"), "have a predicted class that is no class (A): row(s) 6 of "),
    "nothing predicted in a row": (
        cell(6, "predicted", ""),
        "have neither a predicted class nor probabilities: row(s) 6",
    ),
    "a case twice": (
        lambda t: pd.concat([t, t.iloc[[0, 9]]]),
        "4 row(s) predict a case twice under one backbone, weights, recipe and seed (an external case: in one fold): "
        "row(s) 2, 11, 18, 19 of ",
    ),
    "a case in two folds": (
        lambda t: pd.concat([t, t.iloc[[0]].assign(fold=1)]),
        "2 row(s) predict a case twice under one backbone, weights, recipe and seed (an external case: in one fold): "
        "row(s) 2, 18 of ",
    ),
    "two labels": (cell(6, "label", "b"), "give a case another label than an earlier row: row(s) 6 of "),
    "two patients": (
        lambda t: cell(7, "group", "other")(t.assign(group=t["case_id"])),
        "give a case another group (patient) than an earlier row: row(s) 7 of ",
    ),
    "other folds for another backbone": (
        lambda t: pd.concat([t, t.assign(backbone="b", fold=1 - t["fold"])]),
        "8 row(s) hold a case out in another fold than an earlier row of the same seed: row(s) 18, 19, 20, 21, 22, 23",
    ),
    "missing fold": (
        without(6, 7, 14, 15),
        "net, seed 1 has no internal case in fold(s) 0 of 0 to 1; its predictions are in row(s) 6, 7, 12, 13 of ",
    ),
    "missing case": (
        without(8),
        "net, seed 1 has no prediction of 1 internal case(s): internal/2.png; other predictions "
        "of them are in row(s) 4 of ",
    ),
    "missing case under another recipe": (
        lambda t: without(8)(t.assign(recipe="tta")),
        "net (tta), seed 1 has no prediction of 1 internal case(s): internal/2.png; ",
    ),
    "missing external fold": (
        without(16, 17),
        "net, seed 1, fold 1 has no prediction of 2 case(s) of bern: bern/0.png, bern/1.png; "
        "other predictions of them are in row(s) 10, 11, 12, 13, 14, 15 of ",
    ),
    "external fold of no model": (
        cell(17, "fold", 2),
        "have a fold beyond 1, the last that holds out internal cases: ",
    ),
    "missing case without folds": (
        lambda t: t[t["site"] == "internal"].drop(columns="fold").drop(index=3),
        "single hold-out split, give it a column fold that is 0 in every row",
    ),
    "sum": (
        probable(cell(3, "p_a", 0.2515)),
        "1 row(s) have probabilities that do not sum to 1 ± 0.001 (the first: 1.0015): row(s) 3 of ",
    ),
    "a column of p that is no class": (
        probable(lambda t: t.assign(p_value=0.03)),
        "Every column p_… is a class: a, b, value.",
    ),
    "percent": (
        probable(lambda t: t.assign(p_a=t["p_a"] * 100, p_b=t["p_b"] * 100)),
        "16 row(s) have probabilities that do not sum to 1 ± 0.001 (the first: 100): row(s) 2, 3, 4, 5, 6, 7, 8, 9, 10",
    ),
    "no number": (probable(cell(3, "p_a", "0,25")), "have a probability that is no number of 0 or more: row(s) 3 of "),
    "negative": (probable(cell(3, "p_a", -0.25)), "have a probability that is no number of 0 or more: row(s) 3 of "),
    "infinite": (probable(cell(3, "p_a", "inf")), "have a probability that is no number of 0 or more: row(s) 3 of "),
    "half given": (probable(cell(3, "p_a", "")), "have a probability for some classes only: row(s) 3 of "),
    "contradiction": (
        probable(cell(4, "predicted", "b")),
        "have a predicted class that is not the one of the highest probability: row(s) 4 of ",
    ),
    "probabilities of some rows": (
        probable(lambda t: cell(4, "p_b", "")(cell(4, "p_a", "")(t))),
        "have no probabilities where other rows of the same backbone, weights and recipe have them: row(s) 4 of ",
    ),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named_with_their_rows(by_hand, bring, tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        bring(change(by_hand.copy()))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "results").exists()


def test_ten_rows_are_named_and_the_others_counted(by_hand, bring, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"16 row\(s\) have no label: row\(s\) 2, .*, 11 of \S+/0.csv and 6 more\. "):
        bring(by_hand.assign(label=""))


def test_rows_of_several_files_are_told_apart(by_hand, bring) -> None:
    first, second = by_hand[by_hand["seed"] == 0], by_hand[by_hand["seed"] == 1].assign(predicted="c")
    with pytest.raises(RequestError, match=r"row\(s\) 2, 3, 4, 5, 6, 7, 8, 9 of \S+/1\.csv"):
        bring(first, second)
    with pytest.raises(
        RequestError, match=r"predict a case twice.*row\(s\) 2, .* of \S+/0.csv; row\(s\) 2, 3 of \S+/1.csv"
    ):
        bring(first, first)


def test_files_must_name_the_same_classes(by_hand, bring) -> None:
    shares = probable(lambda table: table)(by_hand.copy()).drop(columns="predicted")
    first, second = shares[shares["seed"] == 0], shares[shares["seed"] == 1].rename(columns={"p_b": "p_c"})
    with pytest.raises(RequestError, match="has no probabilities for c, which another file"):
        bring(first, second)


def test_sums_within_a_thousandth_and_equal_shares_are_accepted(by_hand, bring) -> None:
    table = by_hand.assign(p_a=0.4995, p_b=0.4995)  # equally probable: either may have been predicted
    assert len(bring(table)["rows"]) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "begins with an empty line"),
        ("backbone,seed\nä,1\n".encode("cp1252"), "is not UTF-8"),
        (b"backbone,seed,seed\n", "names column(s) seed more than once"),
    ],
)
def test_what_is_no_table_is_refused(bring, tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "odd.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RequestError) as refused:
        bring(file)
    assert message in str(refused.value)
    (tmp_path / "odd.parquet").write_bytes(b"PAR1")
    with pytest.raises(RequestError, match="is no Parquet file"):
        bring(tmp_path / "odd.parquet")
