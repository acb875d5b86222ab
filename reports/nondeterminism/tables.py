"""The tables of a study of nondeterminism."""

import math
from collections.abc import Callable, Iterator, Sequence

from reports.nondeterminism.agreement import flip_rates, worst
from reports.nondeterminism.components import ALL, MeanSquare, components, deviation
from reports.nondeterminism.summary import TITLES, Design, Study, WeightDistance
from reports.statistics.cell import Cell
from reports.statistics.metrics import headline, of_each_class
from reports.statistics.noise_floor import floor_factor, known_factor
from reports.tables.caveats import with_caveats
from reports.tables.table import Column, Item, Table, Term

NAMES = (
    *("nondeterminism_control", "nondeterminism_spread", "nondeterminism_components", "nondeterminism_floor"),
    *("nondeterminism_classes", "nondeterminism_tooling", "nondeterminism_curves", "nondeterminism_cases"),
    "nondeterminism_cost",
)
WORST = 20
ENOUGH = 5
_FEW = f"Fewer than {ENOUGH} repeats hardly know a standard deviation: see its interval."
Row = tuple[Item, ...]
_BACKBONE, _VARIED, _SITE = Column("backbone", "Backbone"), Column("varied", "Varied"), Column("site", "Site")
_METRIC = Column("metric", "Metric")


def nondeterminism_tables(studies: Sequence[Study]) -> tuple[Table, ...]:
    """All tables, those without rows left out; each carries what limits it."""
    makers: tuple[Callable[[Sequence[Study]], Table], ...] = (
        *(_control, _spread, _components, _floor, _classes, _numerics, _curves, _cases, _cost),
    )
    caveats = {study.backbone: study.caveats for study in studies if study.caveats}
    notes = [f"{backbone}: {one.text}." for backbone, found in caveats.items() for one in found]
    tables = [make(studies) for make in makers]
    return tuple(with_caveats(table, caveats, notes) if caveats else table for table in tables if table.rows)


def _control(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_control",
        "Control: the same seed and numerics, repeated in fresh processes",
        (
            *(_BACKBONE, Column("weights", "Weights"), Column("recipe", "Recipe"), Column("tooling", "Numerics")),
            *(Column("repeats", "Repeats", "number"), Column("folds", "Folds", "number")),
            *(Column("digests", "Digests compared", "number"), Column("verdict", "Verdict")),
            Column("first_difference", "First difference", shown="filled"),
        ),
        tuple(
            (
                *(study.backbone, study.weights, study.recipe, study.numerics, control.repeats, control.folds),
                *(control.digests, "PASS" if control.passed else "FAIL", control.divergence or None),
            )
            for study in studies
            if (control := study.control)
        ),
        (
            "PASS: the weights after each recorded step and every predicted probability are the same to the last bit "
            "in all repeats.",
        ),
    )


def _spread(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_spread",
        "How much runs differ that differ in one source",
        (
            *(_BACKBONE, _VARIED, _SITE, Column("runs", "Runs", "number")),
            *(Column(f"sd_{metric.name}", f"sd {metric.title}", "cell", 4) for metric in headline()),
            Column("churn", "Churn", "number", 3),
            Column("sd_loss", "sd loss", "number", 4, shown="filled"),
            Column("relative_l2", "Relative L2", shown="filled"),
            Column("of_update", "L2 of update", shown="filled"),
        ),
        tuple(
            (
                *(study.backbone, _term(design.name), site, design.runs),
                *(deviation(square) for square in design.mean_squares(site).values()),
                *(design.churn(site), *(_of_weights(design) if site == study.sites[0] else (None, None, None))),
            )
            for study, design in _repeated(studies)
            for site in study.sites
        ),
        (
            "A run is one seed with all its folds; internal scores are of pooled out-of-fold predictions. sd: over "
            "runs, with the χ² interval. Churn: the mean over pairs of runs of the share of predictions that differ. "
            "Relative L2: distance of the last weights of two runs over their length; L2 of update: over the length "
            "of the way from the initial weights. Means over folds and pairs.",
            *([_FEW] if any(design.runs < ENOUGH for _, design in _repeated(studies)) else []),
        ),
    )


def _of_weights(design: Design) -> Row:
    return math.sqrt(MeanSquare.of(design.losses).value), *_lengths(design.distance)


def _lengths(distance: WeightDistance | None) -> tuple[str | None, str | None]:
    if distance is None:
        return None, None
    return _short(distance.relative), None if distance.of_update is None else _short(distance.of_update)


def _components(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_components",
        "Variance components: what each source adds",
        (
            *(_BACKBONE, _SITE, _METRIC, Column("source", "Source")),
            *(Column("sd", "sd of the component", "cell", 4), Column("variance", "Variance", "cell", 8, shown="never")),
            Column("share", "Share of the total variance", "cell"),
        ),
        tuple(
            (
                study.backbone,
                site,
                Term.of(metric),
                _term(source),
                _root(cell),
                cell,
                found.shares.get(source),
            )
            for study in studies
            if study.sources
            for site in study.sites
            for metric in headline()
            for found in [components(study.squares(site, metric.name), study.sources)]
            for source, cell in found.variances.items()
        ),
        (
            "Method of moments; intervals by Ting et al. (1990). Share: of the variance of runs that vary all sources "
            "together, with the interval of F; estimated apart, so that shares need not add up to 1. Few runs know "
            "variances badly: five runs within a factor of 23 between the ends of the interval.",
        ),
    )


def _floor(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_floor",
        "Noise floor: 95 % of the differences between two runs that differ only in seed are smaller",
        (_BACKBONE, _SITE, _METRIC, Column("runs", "Runs", "number"), Column("floor", "Points", "cell", 1)),
        tuple(
            (
                study.backbone,
                site,
                Term.of(metric),
                design.runs,
                _points(design.mean_squares(site)[metric.name]),
            )
            for study, design in _repeated(studies)
            if design.name == ALL
            for site in study.sites
            for metric in headline()
        ),
        (
            "t · √2 · sd of runs that vary split, initial weights and order together, in points of 100, t with one "
            "degree of freedom less than runs; in brackets where 1.96 · √2 · sd lies, by χ².",
        ),
    )


def _classes(studies: Sequence[Study]) -> Table:
    metric = of_each_class()
    deviations = Column(f"sd_{metric.name}", f"sd {metric.title}", "cell", 4)
    return Table(
        "nondeterminism_classes",
        f"{metric.title} of each class",
        (_BACKBONE, _VARIED, _SITE, Column("class", "Class"), deviations),
        tuple(
            (study.backbone, _term(design.name), site, name, deviation(MeanSquare.of(values)))
            for study, design in _repeated(studies)
            if design.name != "none"
            for site in study.sites
            for name, values in zip(study.classes, design.sides[site].of_each_class().T, strict=True)
        ),
    )


def _numerics(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_tooling",
        "The same seed with other numerics",
        (
            *(_BACKBONE, Column("setting", "Setting"), Column("base", "From"), Column("changed", "To"), _SITE),
            *(Column(metric.name, f"Change of {metric.title}", "number", 4) for metric in headline()),
            *(Column("churn", "Churn", "number", 3), Column("relative_l2", "Relative L2", shown="filled")),
            *(Column("of_update", "L2 of update", shown="filled"), Column("parts", "Parts", shown="filled")),
        ),
        tuple(
            (
                *(study.backbone, one.setting, one.base, one.changed, site),
                *(one.differences[site][metric.name] for metric in headline()),
                one.churn[site],
                *((*_lengths(one.distance), one.divergence) if site == study.sites[0] else (None, None, None)),
            )
            for study in studies
            for one in study.changes
            for site in study.sites
        ),
        ("Each setting repeats against itself; between settings the last bits differ, and training makes them grow.",),
    )


def _curves(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_curves",
        "How the weights of two runs move apart",
        (_BACKBONE, _VARIED, Column("step", "Step", "number"), Column("relative_l2", "Relative L2")),
        tuple(
            (study.backbone, _term(name), step, _short(value))
            for study in studies
            for name, curve in study.curves.items()
            for step, value in curve
        ),
        ("The first two runs of each, first fold; steps of the stage that trains everything.",),
    )


def _cases(studies: Sequence[Study]) -> Table:
    sources = list(dict.fromkeys(design.name for _, design in _repeated(studies) if design.name != "none"))
    return Table(
        "nondeterminism_cases",
        "Cases whose prediction flips most",
        (
            *(_BACKBONE, _SITE, Column("case", "Case"), Column("label", "Label")),
            *(Column(f"flip_rate_{name}", TITLES.get(name, name).capitalize(), "number") for name in sources),
        ),
        tuple(row for study in studies for site in study.sites for row in _flipping(study, site, sources)),
        (
            f"Flip rate: the share of pairs of runs that predict the case differently, by what they vary. At most "
            f"{WORST} cases a site.",
        ),
    )


def _flipping(study: Study, site: str, sources: Sequence[str]) -> Iterator[Row]:
    designs = {design.name: design for design in study.designs if design.runs > 1 and design.name in sources}
    if not designs:
        return
    rates = {name: flip_rates(design.sides[site].predicted) for name, design in designs.items()}
    labels = next(iter(designs.values())).sides[site].labels
    for case in worst(rates, WORST):
        found = (float(rates[name][case]) if name in rates else math.nan for name in sources)
        yield (
            *(study.backbone, site, study.cases[site][case], study.classes[labels[case]]),
            *(None if math.isnan(rate) else rate for rate in found),
        )


def _cost(studies: Sequence[Study]) -> Table:
    return Table(
        "nondeterminism_cost",
        "What determinism costs on this machine",
        (
            *(_BACKBONE, Column("deterministic", "Images/s, --deterministic", "number", 1)),
            Column("fast", "Images/s, --fast", "number", 1),
            *(Column("cost", "Time that it costs", "number", 3), Column("runs", "Interleaved runs", "number")),
        ),
        tuple(
            (study.backbone, cost.deterministic, cost.fast, cost.fast / cost.deterministic - 1, cost.runs)
            for study in studies
            if (cost := study.cost)
        ),
        ("Medians; the cost is a share of the time of a training step.",),
    )


def _repeated(studies: Sequence[Study]) -> Iterator[tuple[Study, Design]]:
    return ((study, design) for study in studies for design in study.designs if design.runs > 1)


def _root(cell: Cell) -> Cell:
    value, low, high = (None if number is None else math.sqrt(number) for number in (cell.value, cell.low, cell.high))
    return Cell(value, low, high, cell.method, cell.reason)


def _points(square: MeanSquare) -> Cell:
    sd = deviation(square)
    scales = [100 * factor for factor in (floor_factor(square.df), known_factor(), known_factor())]
    numbers = zip(scales, (sd.value, sd.low, sd.high), strict=True)
    value, low, high = (None if number is None else scale * number for scale, number in numbers)
    return Cell(value, low, high, sd.method)


def _term(name: str) -> Term:
    return Term(name, TITLES.get(name, name))


def _short(value: float) -> str:
    return "0" if value == 0 else f"{value:.2g}"
