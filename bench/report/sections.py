"""The sections that a results folder adds to its page: labels, data, how to repeat it. Reads the folder."""

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path, PurePath
from shlex import join

from bench.audit.markdown import MEANINGS
from bench.audit.summary import QUANTILES, Audit, read_audit
from bench.cache import Caches
from bench.config.toml import experiment_text
from bench.data.cases import INTERNAL, Case, external_sites
from bench.data.passed_over import Entry
from bench.errors import RequestError
from bench.plan.spec import LATER
from bench.report.entries import Stored
from bench.report.patients import about_patients, held_together, unknown_patients
from bench.report.thumbnails import thumbnails
from bench.report.worklist import better_than_guessing, find_labels
from bench.store.folder import ResultsFolder
from bench.store.records import RunRecord
from bench.store.runs import StoredRun
from bench.store.snapshot import made_by_import
from bench.version import __version__
from reports import Leaderboard
from reports.page.limits import limits
from reports.page.part import Gallery, Listing, Part, Picture, Points, Section
from reports.tables.caveats import has
from reports.tables.table import Column, Item, Table

MOST_PICTURES = 48
AUDITS = ("audit.json", "audit/audit.json")
"""Where an audit is looked for in a results folder: `bench data audit … --out RESULTS/audit`."""
COMPUTED_WITH = ("numpy", "scipy", "pandas", "altair", "vl-convert-python")


def labels_section(stored: Stored, leaderboard: Leaderboard, caches: Caches) -> Section:
    """The label worklist with thumbnails, or why there is none."""
    classes, usable = tuple(stored.experiment.class_order or ()), better_than_guessing(leaderboard)
    found = find_labels(stored.entries, stored.evaluated, classes, usable)
    if found.table is None:
        why = (Points((found.withheld,)),) if found.withheld else ()
        return Section("labels", "Labels to look at again", (), why)
    chosen = found.cases[:MOST_PICTURES]
    names = [column.name for column in found.table.columns]
    given, suggested, score = (names.index(name) for name in ("label", "suggested", "score"))
    pictures = tuple(
        Picture(
            (image,) if image else (),
            (f"{row[given]} → {row[suggested]}?", f"score {row[score]:.2f}", PurePath(case.case_id).name),
        )
        for case, row, image in zip(
            chosen, found.table.rows, thumbnails(chosen, stored.cases, stored.experiment, caches), strict=False
        )
    )
    note = f"Label → suggested. The first {len(chosen)} of {len(found.cases)}, the largest score first."
    return Section(
        "labels",
        "Labels to look at again",
        (
            f"{len(found.cases)} of {found.judged} cases, whose labels most models contradict with confidence, none of "
            "which had seen the case. A list of questions, not of errors: a hard case looks like a wrong label.",
            *(text for text in (found.precision, found.withheld) if text),
        ),
        (Gallery("Cases", pictures, note), found.table),
    )


def limits_section(stored: Stored, leaderboard: Leaderboard) -> Section:
    """What the page cannot say."""
    synthetic = stored.experiment.uses_phantom and not stored.imported
    patients = unknown_patients(stored.cases)
    return limits(leaderboard, synthetic=synthetic, warning=stored.warning, patients=patients)


def data_section(folder: ResultsFolder, cases: Sequence[Case], classes: Sequence[str]) -> Section:
    """How many cases of which class, what leaks, and the audit where the folder has one."""
    leaks, intro = folder.leaks(), []
    if leaks:
        intro.append(f"{leaks} pair(s) of cases leak from training into evaluation; tables/leaks.csv names them.")
    audit, note = _audit(folder.root)
    intro += held_together(cases, named=True)
    parts = (_cases(cases, classes), *_flow(folder.passed_over(), len(cases)), *(_of_audit(audit) if audit else ()))
    return Section("data", "Data", (*intro, *note), parts)


def _flow(entries: Sequence[Entry], cases: int) -> Iterator[Table]:
    """What lay beside the cases and became none, and what was read otherwise than it is stored."""
    columns = (
        Column("fate", "What became of it"),
        Column("site", "Site"),
        Column("what", "What"),
        Column("number", "Number", "number", 0),
        Column("example", "Example"),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (entry.fate, entry.site, f"{entry.what}. {entry.advice}".strip(), entry.number, entry.example)
        for entry in entries
    )
    if rows:
        yield Table("flow", f"From files to {cases} cases", columns, rows)


def _cases(cases: Sequence[Case], classes: Sequence[str]) -> Table:
    sites = [site for site in (INTERNAL, *external_sites(cases)) if any(case.site == site for case in cases)]
    number = Counter((case.site, case.label) for case in cases)
    groups = {site: {case.group or case.case_id for case in cases if case.site == site} for site in sites}
    rows: list[tuple[Item, ...]] = [(name, *(number[site, name] for site in sites)) for name in classes]
    columns = (Column("class", "Class"), *(Column(f"site_{n}", site, "number", 0) for n, site in enumerate(sites)))
    notes = tuple(
        f"{site}: {sum(number[site, name] for name in classes)} cases of {len(groups[site])} patients, a case "
        "without a known patient counting as one."
        for site in sites
    )
    return Table("cases", "Cases of each class", columns, tuple(rows), (*notes, *about_patients(cases)))


def _audit(root: Path) -> tuple[Audit | None, tuple[str, ...]]:
    for name in AUDITS:
        if (root / name).is_file():
            try:
                return read_audit(root / name), ()
            except RequestError:
                return None, (f"{name} is damaged or of another version, so its findings are not shown.",)
    return None, ()


def _of_audit(audit: Audit) -> Iterator[Table]:
    kinds = audit.kinds()
    yield Table(
        "audit_findings",
        f"What the audit found in {audit.images} images",
        (Column("finding", "Finding"), Column("number", "Number", "number", 0), Column("meaning", "Meaning")),
        tuple((kind, number, MEANINGS[kind]) for kind, number in kinds.items()) or (("nothing", 0, None),),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (site, quantity, *(quantiles[name] for name in QUANTILES))
        for site, of_site in audit.distributions.items()
        for quantity, quantiles in of_site.items()
    )
    named = (Column(f"quantile_{n}", name, "number", 2) for n, name in enumerate(QUANTILES))
    if rows:
        columns = (Column("site", "Site"), Column("quantity", "Quantity"), *named)
        yield Table("audit_quantities", "What the images are like", columns, rows)


def reproduce_section(folder: ResultsFolder, stored: Stored) -> Section:
    """The command and the resolved experiment, machines and versions."""
    command = ["bench", "run", "--config", str(folder.root / "experiment.toml"), "--results", "NEW-FOLDER"]
    listings: tuple[Part, ...] = (
        Listing("Command", join(command)),
        Listing("experiment.toml", experiment_text(stored.experiment)),
    )
    if made_by_import(stored.cases):
        listings = ()
    return Section(
        "reproduce",
        "How to repeat it",
        ()
        if not listings or any(has(entry.caveats, "not_deterministic") for entry in stored.entries)
        else ("On one machine the same run should give the same bytes; bench nondeterminism checks that.",),
        (*listings, *environments([run for group in stored.runs for run in group]), _versions()),
    )


def environments(runs: Sequence[StoredRun]) -> Iterator[Table]:
    """What the machines and libraries of all runs were; none where nothing was trained."""
    seen: Counter[tuple[str, str]] = Counter()
    for run in runs:
        known = {**run.record.environment, **_numerics(run.record)}
        seen.update(known.items())
    rows = tuple((name, value, number) for (name, value), number in sorted(seen.items()))
    if rows:
        columns = (Column("what", "What"), Column("value", "Value"), Column("runs", "Runs", "number", 0))
        yield Table("environment", "What the runs were made with", columns, rows)


def _numerics(record: RunRecord) -> dict[str, str]:
    if record.spec.role == "import":
        return {}
    numerics = record.spec.numerics
    later = {name: str(value) for name, value in numerics.decisive().items() if name in LATER}
    return {"precision": numerics.precision, "threads": str(numerics.threads), "layout": numerics.layout, **later}


def _versions() -> Table:
    rows = (("gapbench", __version__), *((name, version(name)) for name in COMPUTED_WITH))
    columns = (Column("package", "Package"), Column("version", "Version"))
    return Table("versions", "What this page was computed with", columns, rows)
