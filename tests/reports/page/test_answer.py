"""The three sentences of the answer."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from reports import Entry, Leaderboard, build_leaderboard
from reports.page.answer import answer
from reports.tables.caveats import TUNED, Caveat
from reports.tables.claims import is_best


def board(study: object, *entries: Entry) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)


def test_a_clear_winner_its_loss_and_the_noise(make_study: Callable) -> None:
    study = make_study()
    which, elsewhere, noise = answer(board(study, study.entry("weak", 0.3), study.entry("strong", 0.9, drop=0.3)))
    assert which.startswith("strong has the highest macro F1 on internal cases, 0.")
    assert "resolved better than the other (Holm p ≤ .05); it is the best of them with probability above 0.99" in which
    assert elsewhere.startswith("At London it has 0.")
    assert "may be none" not in elsewhere
    floor = board(study, study.entry("strong", 0.9, drop=0.3)).noise_floor["strong"]["macro_f1"]
    one = f"{100 * floor.floor_1:.1f} ({100 * floor.low:.1f}–{100 * floor.high:.1f}) points of macro F1"
    root = len((0, 1, 2, 3, 4)) ** 0.5
    means = f"{100 * floor.floor_s:.1f} ({100 * floor.low / root:.1f}–{100 * floor.high / root:.1f})"
    assert noise.startswith(
        f"By the seed alone, two runs of it differ by up to {one}, and two means of 5 seeds by up to"
    )
    assert f"by up to {means} (95 %" in noise
    assert noise.endswith("the difference between the backbones is larger than the noise floor of both.")
    assert "random weights" not in which


def test_a_difference_within_the_upper_limit_of_the_noise_floor_says_so(make_study: Callable) -> None:
    study = make_study()
    made = board(study, study.entry("weak", 0.3), study.entry("strong", 0.9))
    difference = next(abs(one.difference.value) for one in made.comparisons if one.endpoint == "internal.macro_f1")
    wide = {
        name: {metric: replace(floor, high=difference * 5**0.5 * 1.01) for metric, floor in floors.items()}
        for name, floors in made.noise_floor.items()
    }
    noise = answer(replace(made, noise_floor=wide))[2]
    assert noise.endswith("is larger than the noise floor of both, but not than its upper limit.")


def test_ties_are_named_instead_of_a_winner(make_study: Callable) -> None:
    study = make_study()
    which, elsewhere, noise = answer(board(study, *(study.entry(name, 0.6, drop=0.0) for name in ("a", "b", "c"))))
    assert "but these data do not tell it from" in which
    assert "resolved" not in which
    assert "probability" not in which
    assert elsewhere.endswith("which may be none.")
    assert "of the 3 differences between backbones," in noise


def test_one_backbone_one_seed_no_site(make_study: Callable) -> None:
    study = make_study(external={"London": 40})
    study.table = study.table[study.table["site"] == "internal"].reset_index(drop=True)
    which, elsewhere, noise = answer(board(study, study.entry("only", seeds=(0,))))
    assert which.startswith("only was tested alone, with a macro F1 on internal cases, 0.")
    assert elsewhere == "No external site was tested, so what is lost at another hospital is not known."
    assert noise == "How much is only the seed is not known, since one seed was trained."


def test_tuned_rows_and_none_at_all(make_study: Callable) -> None:
    study = make_study()
    tuned = [study.entry(name, caveats=(Caveat("tuned", TUNED),)) for name in ("a", "b")]
    assert answer(board(study, *tuned))[0].startswith("No backbone is ranked, since all were tuned on these cases; ")
    assert answer(board(study)) == ("No backbone has a complete seed yet, so there is nothing to rank.",)


def test_many_sites_and_one_of_other_classes(make_study: Callable) -> None:
    study = make_study(external={"A": 40, "B": 40, "C": 40, "external": 40})
    elsewhere = answer(board(study, study.entry("net")))[1]
    assert elsewhere.startswith("At A it has ")
    assert elsewhere.endswith("; 1 more below.")


def test_what_guessing_might_equal_is_not_called_the_best(make_study: Callable, guessing: Callable) -> None:
    """Its rivals are always wrong, so that it is resolved better than they are; guessing gives .25."""
    study = make_study()
    worse = [study.entry(name, 0.0) for name in ("a", "b")]
    for entry in worse:
        shifted = {label: study.classes[(n + 1) % 4] for n, label in enumerate(study.classes)}
        entry.predictions["predicted"] = entry.predictions["label"].map(shifted)
    blind = guessing(study.entry("blind"), study.classes)
    made = board(study, blind, *worse)
    assert made.rows[0].name == "blind"
    assert made.rows[0].ties == ()
    which = answer(made)[0]
    assert which.startswith("No backbone is called the best: blind has the highest macro F1 on internal cases, 0.2")
    assert which.endswith("but guessing by class shares would reach 0.25, and it is not clearly better than guessing.")
    assert not is_best(made, made.rows[0])
    assert answer(board(study, blind))[0].startswith("blind was tested alone, with a macro F1 on")


def test_random_and_pretrained_weights_are_in_the_first_sentence(make_study: Callable) -> None:
    study = make_study()
    mixed = board(study, study.entry("raw", 0.3, weights="random"), study.entry("tuned", 0.9))
    assert answer(mixed)[0].endswith(
        "; raw starts from random weights and tuned from ImageNet weights: this difference is of weights and "
        "architecture together."
    )


def test_a_loss_at_a_site_without_some_classes_is_that_of_the_two_values_beside_it(make_study: Callable) -> None:
    """Internally the two classes that the site lacks are never found, so that the site's plain average is higher."""
    study = make_study(external={"Oslo": 160})
    lacking = (study.table["site"] == "Oslo") & study.table["label"].isin(["subdural", "other"])
    study.table = study.table[~lacking].reset_index(drop=True)
    entry = study.entry("net", 0.8, drop=0.3)
    hard = entry.predictions["label"].isin(["subdural", "other"])
    entry.predictions.loc[hard, "predicted"] = entry.predictions.loc[hard, "label"].map(
        {"subdural": "other", "other": "subdural"}
    )
    made = board(study, entry)
    row, shared = made.rows[0], ["normal", "epidural"]
    inside = entry.predictions[
        (entry.predictions["site"] == "internal") & entry.predictions["label"].isin(shared)
    ].groupby("seed")
    internal = np.mean([f1_score(one["label"], one["predicted"], labels=shared, average="macro") for _, one in inside])
    found = row.shared["Oslo"]
    assert found.classes == tuple(shared)
    assert found.internal["macro_f1"] == pytest.approx(internal)
    gap = row.cells.gap["Oslo"]["macro_f1"].value
    assert found.internal["macro_f1"] - found.external["macro_f1"] == pytest.approx(gap)
    assert gap > 0.1 > row.cells.internal["macro_f1"].value - found.external["macro_f1"]
    elsewhere = answer(made)[1]
    assert elsewhere.startswith(
        f"At Oslo it has {found.external['macro_f1']:.2f} against {found.internal['macro_f1']:.2f} internally over the "
        f"2 classes on both sides (normal and epidural), a loss of {gap:.2f} ("
    )


def test_more_outside_than_inside_is_a_gain(make_study: Callable) -> None:
    study = make_study()
    elsewhere = answer(board(study, study.entry("net", 0.5, drop=-0.4)))[1]
    assert ", a gain of 0." in elsewhere
    assert "loss" not in elsewhere
    assert "−" not in elsewhere


def test_why_nothing_is_ranked(make_study: Callable) -> None:
    """Ranks taken away, as where one seed was trained or nothing could be compared."""
    study = make_study()

    def unranked(*seeds: int) -> str:
        made = board(study, study.entry("a", 0.4, seeds=seeds), study.entry("b", 0.9, seeds=seeds))
        return answer(replace(made, rows=tuple(replace(row, rank=None, ties=()) for row in made.rows)))[0]

    assert unranked(0).startswith(
        "No backbone is ranked, since one seed does not show what another would change; b has"
    )
    assert unranked(0, 1, 2).startswith("No backbone is ranked, since too few of them could be compared; b has")
