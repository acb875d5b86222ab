"""What a reader finds in the Markdown, and in which order."""

import re

import numpy as np
import pytest

from reports import build_leaderboard
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.draw.markdown_table import Footnotes, escaped
from reports.statistics.cell import Cell
from reports.statistics.estimate import ONE_SEED
from reports.tables.caveats import TUNED, Caveat


def markdown(study, entries, **options) -> str:
    board = build_leaderboard(entries, study.cases, study.classes, rng=np.random.default_rng(0), resamples=200)
    return leaderboard_markdown(board, **options)


def in_order(text: str, *parts: str) -> None:
    position = 0
    for part in parts:
        found = text.find(part, position)
        assert found >= 0, f"'{part}' is missing or out of order"
        position = found + len(part)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Cell(0.612, 0.567, 0.648, "bias-corrected"), "0.61 (0.57–0.65)"),
        (Cell(0.612, 0.567, 0.648, "jackknife-t", few_clusters=True), "0.61 (0.57–0.65)†"),
        (Cell(0.612, 0.567, 0.648, "jackknife-t"), "0.61 (0.57–0.65)"),
        (Cell(1.0, 0.97, 1.0, "clopper-pearson"), "1.00 (0.97–1.00)‡"),
        (Cell(-0.004, -0.05, 0.04, "bca"), "0.00 (−0.05 to 0.04)"),
        (Cell(0.5, reason="too few"), "0.50ᵃ"),
        (Cell(None, reason="no case"), "–ᵃ"),
    ],
)
def test_a_cell_is_written_as_in_papers(cell: Cell, text: str) -> None:
    assert Footnotes().write(cell) == text


def test_footnotes_are_lettered_by_reason_and_printed_once_under_each_table() -> None:
    notes = Footnotes()
    written = [notes.write(Cell(0.5, reason=reason)) for reason in ("x", "y", "x")]
    assert written == ["0.50ᵃ", "0.50ᵇ", "0.50ᵃ"]
    assert notes.flush() == ["ᵃ x.  \nᵇ y."]
    assert notes.flush() == []
    assert notes.write(Cell(0.5, reason="y")) == "0.50ᵇ"
    assert notes.flush() == ["ᵇ y."]


def test_letters_do_not_run_out() -> None:
    notes = Footnotes()
    written = [notes.write(Cell(0.5, reason=str(i))) for i in range(40)]
    assert len(set(written)) == 40


def test_a_reader_finds_everything_in_order(make_study) -> None:
    study = make_study(external={"London": 60, "Oslo": 40})
    entries = [
        study.entry("weak", 0.4),
        study.entry("strong", 0.8),
        study.entry("best", 0.9, caveats=(Caveat("tuned", TUNED),)),
    ]
    text = markdown(study, entries, title_lines=["# Hematomas"])
    assert text.startswith("Research use only, never for diagnosis.\n\n# Hematomas\n")
    in_order(
        text,
        "| Rank",
        "| 1      | strong",
        "| 2      | weak",
        "| –      | best",
        "London accuracy",
        "Oslo accuracy",
        "| strong     | 5       | 3       | 21.3             | 12.5",
        f"**best: {TUNED}**",
        "Only the column Ties says",
        "Noise floor",
        "nothing here resamples the population that training sets come from",
        "## strong",
        "### Generalization gap, London",
        "| Metric            | Internal         | External         | Gap",
        "| Macro F1 ",
        "### Generalization gap, Oslo",
        "### F1 of each class",
        "| epidural ",
        "epidural ↔ subdural",
        "## weak",
        "## best",
        "## Pairwise comparisons",
        "Holm p",
        "Detectable",
        "internal.macro_f1",
        "gap.Oslo.macro_f1",
        "80 % power",
    )
    assert "Fewer than 5 seeds" not in text
    assert "nan" not in text.lower().replace("resnan", "")


def test_tables_are_well_formed(make_study) -> None:
    study = make_study()
    text = markdown(study, [study.entry("a|b"), study.entry("c")])
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    assert max(len(line) for line in text.splitlines() if line.startswith("|")) < 140


def test_few_seeds_and_one_seed_are_said(make_study) -> None:
    study = make_study()
    few = markdown(study, [study.entry("a", seeds=(0, 1, 2))])
    assert "Fewer than 5 seeds" in few
    assert "With one seed" not in few
    one = markdown(study, [study.entry("a", seeds=(0,))])
    in_order(one, f"ᵃ {ONE_SEED}.", "Fewer than 5 seeds", "With one seed only the sampling of cases is seen")
    assert "Noise floor: " not in one
    assert "Pairwise" not in one


def test_few_patients_are_marked(make_study) -> None:
    study = make_study(external={"London": 60}, cases_per_patient=4)
    text = markdown(study, [study.entry("a")])
    assert re.search(r"0\.\d\d \(0\.\d\d–0\.\d\d\)†", text)
    assert "† few clusters: fewer than 40 on a side" in text


def test_no_complete_seed_is_said_with_the_reason(make_study) -> None:
    study = make_study()
    entry = study.entry("a", folds=3)
    object.__setattr__(entry, "folds", 5)
    text = markdown(study, [entry])
    in_order(text, "No backbone has a complete seed.", "3 of its 5 folds are there", "so it has no row")


def test_without_external_sites_the_internal_numbers_stand_alone(make_study) -> None:
    study = make_study(external={}, classes=("a", "b"))
    text = markdown(study, [study.entry("net")])
    assert "Generalization gap" not in text
    assert "↔" not in text
    in_order(text, "| Metric ", "| Accuracy ", "| Class ", "| a ")


def test_names_given_by_the_user_are_shown_as_they_are() -> None:
    assert escaped("tf_efficientnet_lite0") == "tf_efficientnet_lite0"
    assert escaped("<b>|*x*") == r"\<b\>\|\*x\*"
    assert escaped("__init__ [a]") == r"\_\_init\_\_ \[a\]"
    assert escaped("two\nlines") == "two lines"
