"""The results of a folder as data frames. Reads it; compiles the leaderboard anew where that is out of date."""

import json
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from bench.config.options.report import Level
from bench.errors import RequestError
from bench.report.compiled import compile_with, up_to_date
from bench.report.leaderboard import Resampling, stored_leaderboard
from bench.status.model import Status
from bench.status.read import read_status
from bench.store.claim import FolderBusy
from bench.store.folder import ResultsFolder
from bench.store.working_process import REPORT
from reports.tables.frames import class_frame, comparison_frame, gap_frame, leaderboard_frame, noise_floor_frame

RUN_COLUMNS = ("run_id", "backbone", "weights", "recipe", "seed", "fold")


class Results:
    """A results folder. What it holds is read when first asked for, and kept: after more runs, open it again.

    Every frame has one row a number, or a prediction; docs/python.md lists the columns. level: numbers of cases, or of
    groups where the folder ranks these.

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

    def _intervals(self) -> Resampling:
        experiment = self._folder.experiment()
        assert experiment is not None
        return Resampling.of(experiment)

    def __repr__(self) -> str:
        return f"bench.Results({str(self.path)!r})"
