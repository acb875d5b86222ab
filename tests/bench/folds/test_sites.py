"""Folds that are sites: which they are, what is refused, and what leaks between them."""

import pandas as pd
import pytest

from bench.config.experiment import Experiment
from bench.config.request import experiment_from
from bench.data.cases import Case
from bench.data.copies import IDENTICAL, CopyPair
from bench.errors import RequestError
from bench.folds.leaks import find_leaks
from bench.folds.sites import site_folds
from bench.folds.table import FoldTable, from_frame, to_frame


def case(site: str, number: int, label: str, group: str | None = None) -> Case:
    return Case(f"{site}/{number}", "", label, group, site, f"{site}{number}", 8, 8)


CASES = [case(site, n, "ab"[n % 2]) for site in ("internal", "bern", "chur") for n in range(4)]


def test_every_seed_has_the_same_folds_and_each_is_a_site() -> None:
    table = site_folds(CASES, [0, 7])
    assert table.sites == ("internal", "bern", "chur")
    assert table.number() == 3
    assert table.by_seed[0] == table.by_seed[7] == {one.case_id: table.sites.index(one.site) for one in CASES}


def test_the_file_says_which_site_a_fold_is_and_is_read_back() -> None:
    table = site_folds(CASES, [0, 1])
    frame = to_frame(table)
    assert list(frame.columns) == ["seed", "case_id", "fold", "site"]
    assert from_frame(frame) == table
    drawn = FoldTable({0: {"internal/0": 0, "internal/1": 1}})
    assert list(to_frame(drawn).columns) == ["seed", "case_id", "fold"]
    assert from_frame(to_frame(drawn)).sites == ()
    with pytest.raises(ValueError, match="names not one site for each of the folds"):
        from_frame(frame.assign(site=["bern", *frame["site"].iloc[1:]]))


def test_seeds_that_come_later_keep_the_sites() -> None:
    later = site_folds(CASES, [0]).with_seeds(site_folds(CASES, [1]))
    assert later.sites == ("internal", "bern", "chur")
    assert set(later.by_seed) == {0, 1}


def test_two_sites_say_what_two_can_show() -> None:
    with pytest.raises(RequestError, match="needs 3 sites, and there are two: internal and bern"):
        site_folds([one for one in CASES if one.site != "chur"], [0])
    with pytest.raises(RequestError, match="there is one: internal"):
        site_folds(CASES[:4], [0])


def test_a_class_of_one_site_alone_is_refused_and_a_site_of_one_class_is_not() -> None:
    with pytest.raises(RequestError, match="Class 'c' is at site 'bern' alone"):
        site_folds([*CASES, case("bern", 9, "c")], [0])
    one_class = [*CASES, *(case("zug", n, "a") for n in range(3))]
    assert site_folds(one_class, [0]).sites[-1] == "zug"


def test_a_patient_or_an_image_at_two_sites_leaks() -> None:
    cases = [*CASES, case("bern", 10, "a", "p"), case("bern", 11, "b", "p"), case("chur", 10, "a", "p")]
    folds = site_folds(cases, [0])
    (leak,) = find_leaks(cases, [], folds)
    assert (leak.first, leak.second, leak.where) == ("bern/10", "chur/10", "sites bern and chur")
    copies = [CopyPair(4, 8, IDENTICAL, 1.0), CopyPair(4, 5, IDENTICAL, 1.0)]  # at two sites; at one, which is one fold
    found = find_leaks(CASES, copies, site_folds(CASES, [0]))
    assert [(one.first, one.second) for one in found] == [("bern/0", "chur/0")]


def test_how_it_is_asked_for() -> None:
    assert experiment_from({"folds": "sites"}).by_site
    assert experiment_from({"folds": "4"}).drawn_folds == 4
    assert Experiment(folds="sites").model_dump()["folds"] == "sites"
    for folds, why in (("five", "--folds must be a whole number, not 'five'"), ("1", "--folds must be at least 2")):
        with pytest.raises(RequestError, match=why):
            experiment_from({"folds": folds})
    with pytest.raises(RequestError, match="copies at two sites cannot be held out together"):
        experiment_from({"folds": "sites", "group_duplicates": True})


def test_a_frame_without_folds_of_a_site_is_no_table() -> None:
    frame = pd.DataFrame({"seed": [0, 0], "case_id": ["a", "b"], "fold": [0, 2], "site": ["x", "y"]})
    with pytest.raises(ValueError, match="one site for each of the folds"):
        from_frame(frame)
