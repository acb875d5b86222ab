"""The results of a folder as data frames, tables, figures and pages. Reads it; compiles anew what is out of date."""

import json
from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.cache import user_caches
from bench.config.options.report import Level
from bench.errors import BenchError, RequestError
from bench.extras import require_extra
from bench.report.compiled import Compiled, compile_results, compile_with, up_to_date
from bench.report.leaderboard import Evaluation, stored_leaderboard
from bench.status.model import Status
from bench.status.read import read_status
from bench.store.claim import FolderBusy
from bench.store.folder import ResultsFolder
from bench.store.working_process import REPORT
from reports.statistics.metrics import METRICS, primary
from reports.tables.all_tables import build_tables
from reports.tables.frames import class_frame, comparison_frame, gap_frame, leaderboard_frame, noise_floor_frame

if TYPE_CHECKING:
    from bench.api.shown import Figure, Page, ShownTable
    from reports import Leaderboard

RUN_COLUMNS = ("run_id", "backbone", "weights", "recipe", "seed", "fold")


class Results:
    """A results folder. What it holds is read when first asked for, and kept: after more runs, open it again.

    Every frame has one row a number, or a prediction; docs/python.md lists the columns. level: numbers of cases, or of
    groups where the folder ranks these. In a notebook it shows its leaderboard.

    Raises:
        RequestError: the folder is none of results.
    """

    def __init__(self, path: str | PathLike[str] = "results") -> None:
        self.path = Path(path).expanduser()
        self._folder = ResultsFolder(self.path)
        if not (self.path / "experiment.toml").is_file():
            raise RequestError(
                f"{self.path} is no results folder. Give the one that Experiment.run(), `bench run` or `bench import` "
                f"wrote."
            )

    def leaderboard(self, level: Level = "case") -> pd.DataFrame:
        """Every metric of every backbone at every site, with interval and rank: `reports.tables.frames.LEADERBOARD`."""
        return leaderboard_frame(self._at(level))

    def gap(self, level: Level = "case") -> pd.DataFrame:
        """Internal minus external, and its parts: `reports.tables.frames.GAPS`."""
        return gap_frame(self._at(level))

    def classes(self, level: Level = "case") -> pd.DataFrame:
        """F1, precision and recall of each class: `reports.tables.frames.CLASSES`."""
        return class_frame(self._at(level))

    def comparisons(self, level: Level = "case") -> pd.DataFrame:
        """Paired differences of all backbones, with tests: `reports.tables.frames.COMPARISONS`."""
        return comparison_frame(self._at(level))

    def noise_floor(self, level: Level = "case") -> pd.DataFrame:
        """What other seeds alone make of each backbone: `reports.tables.frames.NOISE_FLOORS`."""
        return noise_floor_frame(self._at(level))

    def table(
        self, name: str = "leaderboard", metrics: Sequence[str] | None = None, baseline: str | None = None
    ) -> "ShownTable":
        """A table as readers see it, of what the folder ranks: one of those that `bench report --format csv` writes.

        metrics: only these; baseline: the name of a row, for the table `against_baseline`.

        Raises:
            RequestError: there is no such table, metric or row.
        """
        try:
            tables = {table.name: table for table in build_tables(self._board, metrics, baseline)}
        except ValueError as error:
            raise RequestError(str(error)) from None
        if name not in tables:
            raise RequestError(f"There is no table {name!r} here. Known: {', '.join(tables)}.")
        from bench.api.shown import ShownTable

        return ShownTable(tables[name])

    def to_markdown(
        self, name: str = "leaderboard", metrics: Sequence[str] | None = None, baseline: str | None = None
    ) -> str:
        """A table as Markdown; arguments as those of `table`."""
        return self.table(name, metrics, baseline).to_markdown()

    def to_latex(
        self, name: str = "leaderboard", metrics: Sequence[str] | None = None, baseline: str | None = None
    ) -> str:
        """A table as LaTeX with booktabs; arguments as those of `table`."""
        return self.table(name, metrics, baseline).to_latex()

    def plot(self, metric: str = primary().name) -> "Figure":
        """A metric of each backbone with its interval, internally and at each external site.

        Raises:
            RequestError: there is no such metric of rows.
        """
        known = list(dict.fromkeys(name for row in self._board.rows for name in row.cells.internal))
        if metric not in known:
            raise RequestError(f"There is no metric {metric!r} here. Known: {', '.join(known)}.")
        require_extra("page", "A figure")
        from bench.api.shown import Figure
        from reports.page.estimates import internal_against_external

        return Figure(internal_against_external(self._board, METRICS[metric]))

    def page(self, height: int = 720) -> "Page":
        """The page, to be shown in a notebook or saved; writes nothing."""
        require_extra("page", "The page")
        from bench.api.shown import Page
        from bench.features import features_of
        from bench.report.page import html_of, page_of, page_without_runs

        caches, features = user_caches(), features_of(self.path)
        if self._ranks:
            page = page_of(self._folder, self._compiled, features, caches)
        else:
            page = page_without_runs(self._folder, features)
        return Page(html_of(page), height)

    def report(self) -> Path:
        """Write report.html and figures/ into the folder, as `bench report` does; returns the page's path.

        Raises:
            RequestError: the folder cannot be written to, or another process is writing there.
        """
        require_extra("page", "The page")
        from bench.features import features_of
        from bench.report.page import write_page

        with self._folder.locked(command=REPORT):
            compiled = compile_results(self._folder) if self._ranks else None
            return write_page(self._folder, compiled, features_of(self.path), user_caches()).page

    def track(self, *trackers: str, quiet: bool = False) -> None:
        """Log the trained models to mlflow, tensorboard or wandb, as far as they are not there: docs/trackers.md.

        Raises:
            RequestError: a package is missing, or the folder cannot be written to.
        """
        from bench.printing import to_errors
        from bench.tracking.conduct import track_folder

        track_folder(self._folder, trackers, (lambda line: None) if quiet else to_errors)

    def predictions(self) -> pd.DataFrame:
        """Every stored prediction that is ranked or could be: the run's columns, those of predictions.parquet after.

        run_id, backbone, weights, recipe, seed, fold, site, case_id, label, predicted, p_<class>.

        Raises:
            BenchError: a stored run is damaged.
        """
        tables = []
        for run in self._folder.runs.read_all():
            if not run.record.is_ranked:
                continue
            spec, weights = run.record.spec, run.record.weights.source
            of_run = (run.run_id, spec.backbone, weights, spec.recipe_label, spec.seed, spec.fold)
            tables.append(run.predictions().assign(**dict(zip(RUN_COLUMNS, of_run, strict=True))))
        if not tables:
            return pd.DataFrame(columns=[*RUN_COLUMNS, "site", "case_id", "label", "predicted"])
        frame = pd.concat(tables, ignore_index=True)
        texts = ("site", "case_id", "label", "predicted")
        probabilities = [column for column in frame.columns if column not in (*RUN_COLUMNS, *texts)]
        return frame[[*RUN_COLUMNS, *texts, *probabilities]]

    def cases(self) -> pd.DataFrame:
        """cases.parquet: case_id, path, label, group, site, digest, width, height."""
        return pd.read_parquet(self.path / "cases.parquet")

    def failures(self) -> pd.DataFrame:
        """Runs and trials that failed: what, name (run id or trial number), error."""
        return pd.DataFrame([vars(failure) for failure in self.status().failures], columns=["what", "name", "error"])

    def status(self) -> Status:
        """What `bench status` says, read anew at each call."""
        return read_status(self.path)

    def _at(self, level: Level) -> dict[str, Any]:
        """What the leaderboard has of cases, or where groups are ranked of these."""
        if level == "case":
            return self._content
        if "groups" not in self._content:
            raise RequestError(f"{self.path} ranks cases. Give the bench run command again with --level group.")
        groups: dict[str, Any] = self._content["groups"]
        return groups

    @cached_property
    def _content(self) -> dict[str, Any]:
        """leaderboard.json, compiled anew where runs were added or folds edited; not stored while others write there.

        Raises:
            NothingToRank: no run is finished.
        """
        if stored_leaderboard(self._folder) is None:
            try:
                with self._folder.locked(command=REPORT):
                    up_to_date(self._folder)
            except FolderBusy:
                so_far: dict[str, Any] = json.loads(compile_with(self._folder, self._intervals()).json)
                return so_far
        content: dict[str, Any] = json.loads((self.path / "leaderboard.json").read_text(encoding="utf-8"))
        return content

    @cached_property
    def _compiled(self) -> Compiled:
        """The leaderboard as tables and charts are made from it; nothing is stored."""
        return compile_with(self._folder, self._intervals())

    @property
    def _ranks(self) -> bool:
        """Whether there is a leaderboard; a search or a study of nondeterminism alone has none."""
        from bench.features import features_of

        return bool(self._folder.runs.complete()) or not features_of(self.path)

    @property
    def _board(self) -> "Leaderboard":
        """Of what the folder ranks: cases or groups."""
        groups = self._compiled.groups
        return groups.leaderboard if groups else self._compiled.leaderboard

    def _intervals(self) -> Evaluation:
        experiment = self._folder.experiment()
        assert experiment is not None
        return Evaluation.of(experiment)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """The leaderboard; where there is none yet, why."""
        try:
            return self.table()._repr_mimebundle_()
        except BenchError as error:
            return {"text/plain": f"{self!r}: {error}"}

    def _repr_html_(self) -> str | None:
        return self._repr_mimebundle_().get("text/html")

    def __repr__(self) -> str:
        return f"bench.Results({str(self.path)!r})"
