"""MLflow: a run for each model, all below a parent with what is computed over them. Writes to its store or server.

The store is the one that MLFLOW_TRACKING_URI names; without it a SQLite file in the results folder, since MLflow has
given up stores of plain files.
"""

import logging
import os
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.tracking.defaults import Defaults
from bench.tracking.tracker import Model, Summary

GROUP, RUN, MADE_FROM = "gapbench.group", "gapbench.run", "gapbench.made_from"
PARENT, DONE = "mlflow.parentRunId", "FINISHED"
MOST = 1000
"""Numbers that MLflow takes at once."""
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # what it would tell its makers
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # by itself it waits minutes for a server that is gone
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
_PASSWORD = re.compile(r"//[^/@]*@")


class MlflowTracker:
    """Runs are found again by their tags; one that was cut short is deleted and made anew."""

    title = "MLflow"

    def __init__(self, folder: Path, group: str) -> None:
        self._defaults = Defaults(ENVIRONMENT)
        from mlflow import MlflowClient

        for library in ("mlflow", "alembic"):
            logging.getLogger(library).setLevel(logging.ERROR)
        self._address = os.environ.get("MLFLOW_TRACKING_URI", "")
        artifacts = None
        if not self._address:
            folder.mkdir(parents=True, exist_ok=True)
            artifacts = (folder.resolve() / "artifacts").as_uri()
        self._local = f"sqlite:///{folder.resolve().as_posix()}/mlflow.db"
        self._client: Any = MlflowClient(self._address or self._local)
        self._experiment = self._made_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "gapbench"), artifacts)
        self._group = group
        self._parent = self._made_parent()

    @property
    def where(self) -> str:
        if not self._address:
            return f"into {self._local}. To look: mlflow ui --backend-store-uri {self._local}"
        address = _PASSWORD.sub("//***@", self._address)
        return f"to {address}, which MLFLOW_TRACKING_URI names: settings, scores and tables, no image and no case"

    @property
    def logged(self) -> Collection[str]:
        return {run.data.tags[RUN] for run in self._children() if run.info.status == DONE}

    @property
    def summarised(self) -> str:
        return str(self._client.get_run(self._parent).data.tags.get(MADE_FROM, ""))

    def model(self, model: Model) -> None:
        from mlflow.entities import Metric, Param

        for half in self._children(f" and tags.`{RUN}` = '{model.run_id}'"):
            self._client.delete_run(half.info.run_id)
        began, ended = int(1000 * (model.ended - model.seconds)), int(1000 * model.ended)
        tags = {PARENT: self._parent, GROUP: self._group, RUN: model.run_id}
        run = self._client.create_run(self._experiment, began, tags, model.name).info.run_id
        last = model.epochs[-1].number if model.epochs else 0
        steps = [(epoch.number, epoch.scores) for epoch in model.epochs]
        metrics = [
            Metric(name, number, ended, step)
            for step, scores in (*steps, (last, model.scores))
            for name, number in scores.items()
        ]
        params = [Param(name, str(value)) for name, value in model.settings.items()]
        self._client.log_batch(run, params=params)
        self._log(run, metrics)
        self._client.set_terminated(run, DONE, ended)

    def summary(self, summary: Summary) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._log(self._parent, [Metric(name, one, now, summary.models) for name, one in summary.scores.items()])
        with TemporaryDirectory() as folder:
            for name, text in summary.files.items():
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
            self._client.log_artifacts(self._parent, folder)
        self._client.set_tag(self._parent, MADE_FROM, summary.made_from)
        self._client.set_terminated(self._parent, DONE)

    def close(self) -> None:
        self._defaults.undo()

    def _log(self, run: str, metrics: list[Any]) -> None:
        for first in range(0, len(metrics), MOST):
            self._client.log_batch(run, metrics=metrics[first : first + MOST])

    def _made_experiment(self, name: str, artifacts: str | None) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name, artifacts))

    def _made_parent(self) -> str:
        for run in self._runs(f"tags.`{GROUP}` = '{self._group}'"):
            if RUN not in run.data.tags:
                return str(run.info.run_id)
        tags = {GROUP: self._group}
        return str(self._client.create_run(self._experiment, tags=tags, run_name=self._group).info.run_id)

    def _children(self, further: str = "") -> Iterator[Any]:
        return self._runs(f"tags.`{PARENT}` = '{self._parent}'{further}")

    def _runs(self, which: str) -> Iterator[Any]:
        token = None
        while True:
            page = self._client.search_runs([self._experiment], which, max_results=MOST, page_token=token)
            yield from page
            token = page.token
            if not token:
                return
