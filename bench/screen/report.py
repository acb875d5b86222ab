"""The screen of a results folder as reports take it. Reads the leaderboard and run.json."""

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from bench.report.entries import distinguishing, settings
from bench.report.feature import Feature
from bench.report.leaderboard import JSON
from bench.screen.record import read_screen
from bench.store.folder import ResultsFolder
from bench.store.records import RunRecord
from reports.page.part import Section
from reports.screen.summary import ProbeOrNot, Screened
from reports.screen.tables import NAMES, screen_tables
from reports.statistics.cell import Cell
from reports.statistics.metrics import primary, share_right
from reports.tables.table import Table

Key = tuple[str, str, str]
"""Backbone, weights and recipe, as a row of the leaderboard has them."""


def screen_tables_of(folder: ResultsFolder) -> tuple[Table, ...]:
    """All tables of a folder where something was screened."""
    rows, both = _read(folder)
    return screen_tables(rows, both, read_screen(folder).left_out)


def _read(folder: ResultsFolder) -> tuple[list[Screened], list[ProbeOrNot]]:
    """The probes of the stored leaderboard, and each beside what else was trained of its backbone."""
    if not (folder.root / JSON).is_file():
        return [], []
    content: dict[str, Any] = json.loads((folder.root / JSON).read_text(encoding="utf-8"))
    probes = dict(_probes(folder))
    rows = [_screened(row, *probes[_key(row)]) for row in content["rows"] if _key(row) in probes]
    return rows, list(_both(content, {row.name for row in rows}))


def _probes(folder: ResultsFolder) -> Iterator[tuple[Key, tuple[RunRecord, float | None]]]:
    """Of each row that is a probe one of its runs, and images a second through its body."""
    ranked: dict[Hashable, list[RunRecord]] = {}
    for run in folder.runs.read_all():
        if run.record.is_ranked:
            ranked.setdefault(settings(run.record), []).append(run.record)
    firsts = [records[0] for records in ranked.values()]
    for records in ranked.values():
        spec = records[0].spec
        if spec.role == "main" and spec.recipe.probes:
            recipe = ", ".join([spec.recipe_label, *distinguishing(records[0], firsts)])
            speeds = [speed for record in records if (speed := _speed(record)) is not None]
            yield (spec.backbone, records[0].weights.source, recipe), (records[0], max(speeds, default=None))


def _speed(record: RunRecord) -> float | None:
    spec, seconds = record.spec, record.timings.get("body")
    if spec.role != "main" or not seconds:
        return None
    return (spec.n_train + spec.n_validation + spec.n_external) / seconds


def _key(row: Mapping[str, Any]) -> Key:
    return row["backbone"], row["weights"], row["recipe"]


def _screened(row: Mapping[str, Any], record: RunRecord, speed: float | None) -> Screened:
    internal, metric = row["internal"], primary().name
    return Screened(
        name=row["name"],
        backbone=row["backbone"],
        weights=row["weights"],
        recipe=row["recipe"],
        parameters=record.parameters,
        speed=speed,
        accuracy=Cell(**internal[share_right().name]),
        macro_f1=Cell(**internal[metric]),
        gap={site: Cell(**cells[metric]) for site, cells in row["gap"].items()},
        rank=row["rank"],
    )


def _both(content: Mapping[str, Any], probes: set[str]) -> Iterator[ProbeOrNot]:
    backbones = {row["name"]: row["backbone"] for row in content["rows"]}
    recipes = {row["name"]: row["recipe"] for row in content["rows"]}
    metrics = {f"internal.{metric.name}": metric.name for metric in (primary(), share_right())}
    for one in content["comparisons"]:
        a, b = one["a"], one["b"]
        if one["endpoint"] not in metrics or backbones[a] != backbones[b] or (a in probes) == (b in probes):
            continue
        cell = Cell(**one["difference"])
        trained, probe, difference = (b, a, cell.turned()) if a in probes else (a, b, cell)
        yield ProbeOrNot(
            backbones[a],
            recipes[probe],
            recipes[trained],
            metrics[one["endpoint"]],
            difference,
            one["p"],
            one["p_holm"],
        )


def screen_section(folder: ResultsFolder) -> Section:
    """The section of the page."""
    from reports.screen.page_charts import screen_charts  # which the page alone needs, and altair with it

    rows, both = _read(folder)
    intro = (f"{len(rows)} probes: classifiers on features of frozen bodies, whose own training would take longer.",)
    tables = screen_tables(rows, both, read_screen(folder).left_out)
    return Section("screen", "Screen", intro if rows else (), (*screen_charts(rows), *tables))


SCREEN = Feature(screen_section, NAMES, screen_tables_of)
