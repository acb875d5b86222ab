"""Where random and pretrained weights meet, it is said in one sentence, first under the leaderboard."""

from collections.abc import Callable

import numpy as np
import pytest

from reports import Entry, Leaderboard, build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.page.standings import page_standings
from reports.tables.claims import mixed_weights


def board(study: object, *entries: Entry) -> Leaderboard:
    return build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=50)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "random"), ("b", "random")], None),
        ([("a", "ImageNet"), ("b", "w.safetensors")], None),
        ([("a", "random"), ("b", "imported")], None),
        (
            [("a", "random"), ("b", "ImageNet")],
            "a starts from random weights and b from ImageNet weights: this difference is of weights and architecture "
            "together",
        ),
        (
            [("a", "random"), ("b", "random"), ("c", "ImageNet"), ("d", "w.safetensors")],
            "a and b start from random weights, c from ImageNet weights and d from w.safetensors weights: differences "
            "between them are of weights and architecture together",
        ),
        (
            [("a", "random"), ("a", "ImageNet")],
            "a (default, random) starts from random weights and a (default, ImageNet) from ImageNet weights: this "
            "difference is of weights, not of architecture",
        ),
    ],
)
def test_the_sentence(make_study: Callable, rows: list[tuple[str, str]], said: str | None) -> None:
    study = make_study()
    entries = (
        study.entry(name, 0.95 - 0.2 * n, weights=weights, seeds=(0, 1)) for n, (name, weights) in enumerate(rows)
    )
    assert mixed_weights(board(study, *entries).rows) == said


def test_it_is_the_first_line_under_the_leaderboard(make_study: Callable) -> None:
    study = make_study()
    made = board(study, study.entry("raw", 0.3, weights="random"), study.entry("ready", 0.9))
    sentence = mixed_weights(made.rows)
    _, table, first, *_ = leaderboard_markdown(made).partition("## Leaderboard")[2].split("\n\n")
    assert table.startswith("| Rank")
    assert first == f"{sentence}."
    assert page_standings(made).notes[0] == f"{sentence}."
