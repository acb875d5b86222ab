"""What a feature such as the search gives to reports of a results folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.store.folder import ResultsFolder
from reports.page.part import Section
from reports.tables.table import Table


def no_tables(folder: ResultsFolder) -> tuple[Table, ...]:
    """Of a feature that has none beside its section."""
    return ()


def no_figures(folder: ResultsFolder) -> list[Path]:
    """Of a feature that has none beside its section."""
    return []


@dataclass(frozen=True)
class Feature:
    """A section of the page, which is left out where it has no parts; tables beside the leaderboard, and figures.

    names: of all tables that there may be; figures: writes them and gives their paths.
    """

    section: Callable[[ResultsFolder], Section]
    names: tuple[str, ...] = ()
    tables: Callable[[ResultsFolder], tuple[Table, ...]] = no_tables
    figures: Callable[[ResultsFolder], list[Path]] = no_figures
