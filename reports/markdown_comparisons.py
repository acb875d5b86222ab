"""The Markdown of the comparisons of all pairs."""

from __future__ import annotations

from collections.abc import Iterator

from reports.footnotes import Footnotes, escaped, markdown_table
from reports.leaderboard import Leaderboard
from reports.notation import NONE, number, p_value


def comparisons_section(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    """The tests that decide, then those beside them, block by block."""
    yield "## Pairwise comparisons"
    yield markdown_table(
        ["A", "B", "Endpoint", "A − B", "p", "Holm p", "Resolved", "Detectable"],
        (
            [
                escaped(one.a),
                escaped(one.b),
                escaped(one.endpoint),
                notes.write(one.difference, 3) + (" ≈" if one.below_noise_floor else ""),
                p_value(one.p),
                p_value(one.p_holm),
                "yes" if one.resolved else "no",
                number(one.minimum_detectable, 3),
            ]
            for one in leaderboard.comparisons
        ),
    )
    yield from notes.flush()
    yield "Beside it, on the scores of the internal folds:"
    yield _fold_tests(leaderboard)
    yield (
        "p: paired jackknife t over clusters and seeds, Holm-adjusted over all pairs of an endpoint; resolved: "
        "adjusted p ≤ .05. Detectable: the true difference that the test of this pair alone, unadjusted, would find "
        "with 80 % power. "
        "≈: smaller than the noise floor of the seeds. Nadeau–Bengio: t-test corrected for the training cases that "
        "folds share. P: Bayesian correlated t; equivalent is a difference of at most 0.01."
    )


def _fold_tests(leaderboard: Leaderboard) -> str:
    tests = [(one, one.fold_tests) for one in leaderboard.comparisons if one.fold_tests is not None]
    single = any(test.mcnemar for _, test in tests)
    headers = ["A", "B", "Endpoint", "Nadeau–Bengio p", "P(A better)", "P(equivalent)", "P(A worse)"]
    return markdown_table(
        headers + ["McNemar p"] * single,
        (
            [
                escaped(one.a),
                escaped(one.b),
                escaped(one.endpoint),
                p_value(test.corrected.p),
                *(number(share, 2) for share in (test.rope.better, test.rope.equivalent, test.rope.worse)),
                *([p_value(test.mcnemar.p) if test.mcnemar else NONE] if single else []),
            ]
            for one, test in tests
        ),
    )
