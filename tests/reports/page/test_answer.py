"""The three sentences of the answer."""

from collections.abc import Callable

import numpy as np

from reports.leaderboard import TUNED, Entry, Leaderboard, build_leaderboard
from reports.page.answer import answer


def board(study: object, *entries: Entry) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)


def test_a_clear_winner_its_loss_and_the_noise(make_study: Callable) -> None:
    study = make_study()
    which, elsewhere, noise = answer(board(study, study.entry("weak", 0.3), study.entry("strong", 0.9, drop=0.3)))
    assert which.startswith("strong has the highest macro F1 on internal cases, 0.")
    assert "resolved better than the other (Holm p ≤ .05); it is the best with probability above 0.99" in which
    assert elsewhere.startswith("At London it has 0.")
    assert "may be none" not in elsewhere
    assert noise.startswith("By the seed alone, two runs of it differ by up to 0.")
    assert noise.endswith("the difference between the backbones is larger than that.")


def test_ties_are_named_instead_of_a_winner(make_study: Callable) -> None:
    study = make_study()
    which, elsewhere, noise = answer(board(study, *(study.entry(name, 0.6, drop=0.0) for name in ("a", "b", "c"))))
    assert "but these data do not tell it from" in which
    assert "resolved" not in which
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
    tuned = [study.entry(name, stamps=(TUNED,)) for name in ("a", "b")]
    assert answer(board(study, *tuned))[0].startswith("No backbone is ranked, since all were tuned on these cases; ")
    assert answer(board(study)) == ("No backbone has a complete seed yet, so there is nothing to rank.",)


def test_many_sites_and_one_of_other_classes(make_study: Callable) -> None:
    study = make_study(external={"A": 40, "B": 40, "C": 40, "external": 40})
    elsewhere = answer(board(study, study.entry("net")))[1]
    assert elsewhere.startswith("At A it has ")
    assert elsewhere.endswith("; 1 more below.")
