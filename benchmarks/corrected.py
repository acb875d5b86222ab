"""What intervals and tests do now, beside what was measured of them before they were corrected.

    python -m benchmarks.corrected [--studies 600]

"before" are constants, measured in other simulations of like worlds, so that the two columns agree in kind and not in
the second digit. "not given" stands where nothing is printed, and a share refused where that happens in some studies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.corrected_now import Now, calibration, equal_and_power, floors, found, gains, intervals
from benchmarks.timing import options

PRIMARY = "internal.macro_f1"


@dataclass(frozen=True)
class Line:
    """A line of the table; before: as measured before the correction."""

    printed: str
    world: str
    nominal: str
    before: str
    now: Now


P, RESOLVED, BEST = f"{PRIMARY}: p", f"{PRIMARY}: resolved", "P(best) ≥ .99"
HEAVY, HEAVY_SEVERAL = "35 patients with heavy-tailed sizes", "the same, several classes in a patient"
TABLE = (
    Line(
        "AUROC, Brier, accuracy (internal)",
        HEAVY,
        ".95",
        ".60, .76, .90",
        intervals("heavy-tails", "internal.auroc", "internal.brier", "internal.accuracy"),
    ),
    Line(
        "the same",
        HEAVY_SEVERAL,
        ".95",
        "",
        intervals("heavy-tails-several-classes", "internal.auroc", "internal.brier", "internal.accuracy"),
    ),
    Line(
        "AUROC, Brier (internal)",
        "24 patients",
        ".95",
        ".58, .81",
        intervals("24-patients", "internal.auroc", "internal.brier"),
    ),
    Line("the same", "a class of 3 %", ".95", ".88, .95", intervals("rare", "internal.auroc", "internal.brier")),
    Line("AUROC (internal)", "one positive a fold", ".95", ".30", intervals("rare-one-a-fold", "internal.auroc")),
    Line("the same", "two positives a fold", ".95", ".77", intervals("rare-two-a-fold", "internal.auroc")),
    Line(
        "accuracy near 1, internal; external",
        "truth .978, 40 patients; .962, 30 patients",
        ".95",
        ".83; .80",
        intervals("near-one", "internal.accuracy", "external.accuracy"),
    ),
    Line(
        "class recall .962, confusion pair .010 (external)",
        "the same",
        ".95",
        ".72; .68",
        intervals("near-one", "external.recall of a class", "external.confused"),
    ),
    Line(
        "accuracy at one seed, given its models",
        "seeds of sd .5",
        ".95",
        ".37",
        intervals("seeds", "internal.accuracy", seeds=1),
    ),
    Line(
        "the same, external",
        "fold models of sd 1",
        ".95",
        ".27",
        intervals("fold-models", "external.accuracy", seeds=1),
    ),
    Line(
        "p of the paired t, S = 1, 2, 3, 5",
        "equal, seeds of sd .5",
        ".05",
        ".50, .10, .07, .06",
        found("seeds", P, seeds=(1, 2, 3, 5)),
    ),
    Line(
        "resolved, S = 1, 2, 3, 5",
        "the same",
        ".05",
        ".50, .10, .07, .06",
        found("seeds", RESOLVED, seeds=(1, 2, 3, 5)),
    ),
    Line(
        "p, external, S = 1",
        "fold models of sd 1",
        ".05",
        ".80",
        found("fold-models", "external.outside.macro_f1: p", seeds=(1,)),
    ),
    Line("McNemar, S = 1", "40 patients", ".05", ".37", found("40-patients", "internal.accuracy: McNemar", seeds=(1,))),
    Line("noise floor of pairs, S = 2, 3, 5, 10", "seeds of sd .5", ".95", ".70, .81, .88, .92", floors(2, 3, 5, 10)),
    Line(
        "sample gain and effective cases",
        "320 slices of 40 patients",
        "as true",
        "2.23 and 717; true 1.18",
        gains("alike-slices"),
    ),
    Line("the same", "strong seeds, 600 cases", "as true", "2,757 cases; true 86", gains("strong-seeds")),
    Line(
        "accuracy: internal, external, gap",
        "seeds churn cases, S = 5",
        ".95",
        ".98–.997",
        intervals("churn", "internal.accuracy", "external.accuracy", "gap.accuracy"),
    ),
    Line("p: equal; power", "the same", ".05; .85", ".005; .58", equal_and_power("churn", P)),
    Line(
        "P(best) ≥ .99, S = 1, 2, 5",
        "equal, seeds of sd .5",
        "≤ .02",
        ".44, .15, .06",
        found("seeds", BEST, seeds=(1, 2, 5)),
    ),
    Line("calibration error above its reference", "calibrated, 40 patients", ".50", ".96", calibration("calibrated")),
    Line(
        "accuracy, confusion pair (internal)",
        HEAVY,
        ".95",
        ".88–.90, .80–.84",
        intervals("heavy-tails", "internal.accuracy", "internal.confused"),
    ),
    Line(
        "p of accuracy, external",
        "the same, on whose patients backbones differ",
        ".05",
        ".09",
        found("heavy-tails-patients-differ", "external.outside.accuracy: p"),
    ),
)


def lines(studies: int) -> Iterator[str]:
    yield f"{studies} studies a cell; Monte-Carlo error of .95: ± {1.96 * (0.95 * 0.05 / studies) ** 0.5:.3f}\n"
    yield "| what is printed | world | nominal | before | now |\n|---|---|---|---|---|"
    for line in TABLE:
        yield f"| {line.printed} | {line.world} | {line.nominal} | {line.before} | {line.now(studies)} |"


if __name__ == "__main__":
    for text in lines(options(__doc__, studies=600).parse_args().studies):
        print(text, flush=True)
