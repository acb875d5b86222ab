"""Weights & Biases: a run for each model, grouped with one of all of them. Writes files, starts a process.

Nothing is sent unless WANDB_API_KEY or WANDB_MODE says so; files for `wandb sync` are kept in the results folder.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.atomic import write_text
from bench.tracking.defaults import Defaults
from bench.tracking.tracker import Model, Summary

OFFLINE = "offline"
RECORD = "logged.json"
ENVIRONMENT = {"WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true"}  # what it would tell its makers, and print
PRIVATE: Mapping[str, Any] = {
    **dict.fromkeys(
        ("x_disable_meta", "x_disable_stats", "x_disable_machine_info", "disable_git", "disable_code"), True
    ),
    **dict.fromkeys(("x_save_requirements", "save_code", "symlink"), False),
    **dict.fromkeys(("host", "username", "email", "program", "x_executable"), "-"),
    "console": "off",
    "silent": True,
}
"""Only what is logged here is kept, and nothing of the machine, its user, the code or what is printed."""
PATIENCE: Mapping[str, Any] = {
    "init_timeout": 20.0,
    "finish_timeout": 60.0,
    "finish_timeout_raises": True,
    **dict.fromkeys(("x_graphql_retry_max", "x_file_transfer_retry_max", "x_file_stream_retry_max"), 2),
}


class WandbTracker:
    """A file names what was logged to where, since runs that are offline can be asked of nobody."""

    title = "Weights & Biases"

    def __init__(self, folder: Path, group: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        staged = str(folder.resolve() / "staged")
        self._defaults = Defaults({**ENVIRONMENT, "WANDB_DATA_DIR": staged, "WANDB_CACHE_DIR": staged})
        import wandb

        self._wandb: Any = wandb
        self._folder, self._group = folder, group
        self._mode = os.environ.get("WANDB_MODE") or ("online" if os.environ.get("WANDB_API_KEY") else OFFLINE)
        self._project = os.environ.get("WANDB_PROJECT", "gapbench")
        given = PATIENCE if self._mode != OFFLINE else {}
        self._settings = self._wandb.Settings(mode=self._mode, root_dir=str(folder.resolve()), **PRIVATE, **given)
        self._address = os.environ.get("WANDB_BASE_URL") or self._settings.base_url
        whole = (self._mode, self._address, os.environ.get("WANDB_ENTITY", ""), self._project)
        self._place = OFFLINE if self._mode == OFFLINE else " ".join(whole)

    @property
    def where(self) -> str:
        if self._mode == OFFLINE:
            return f"into {self._folder}; nothing is sent. To send it: wandb sync {self._folder}/wandb/offline-run-*"
        return f"to {self._address} (mode {self._mode}): settings, scores and tables, no image and no case"

    @property
    def logged(self) -> Collection[str]:
        return set(self._record().get(self._place, {})) - {self._group}

    @property
    def summarised(self) -> str:
        return self._record().get(self._place, {}).get(self._group, "")

    def model(self, model: Model) -> None:
        with self._run(model.run_id, model.name, "model") as run:
            run.config.update(dict(model.settings))
            for epoch in model.epochs:
                run.log(dict(epoch.scores), step=epoch.number)
            run.summary.update(dict(model.scores))
        self._note(model.run_id, "")

    def summary(self, summary: Summary) -> None:
        with self._run(self._group, self._group, "summary") as run:
            run.summary.update(dict(summary.scores) | {"models": summary.models})
            report = self._wandb.Artifact(f"{self._group}-report", type="report")
            for name, text in summary.files.items():
                with report.new_file(name, encoding="utf-8") as file:
                    file.write(text)
            run.log_artifact(report)
        self._note(self._group, summary.made_from)

    def close(self) -> None:
        self._wandb.teardown()
        self._defaults.undo()

    @contextmanager
    def _run(self, name: str, title: str, kind: str) -> Iterator[Any]:
        """The same id in every call, so that one that was cut short, or is sent twice, stays one run."""
        identity = name if name == self._group else f"{self._group}-{name}"
        for left in self._folder.glob(f"wandb/offline-run-*-{identity}"):
            shutil.rmtree(left)
        run = self._wandb.init(
            project=self._project,
            group=self._group,
            job_type=kind,
            id=identity,
            name=title,
            resume="allow" if self._mode != OFFLINE else None,
            reinit="create_new",
            settings=self._settings,
        )
        try:
            yield run
        finally:
            run.finish()

    def _record(self) -> dict[str, dict[str, str]]:
        """Place → what was logged there → of the summary what it was made from."""
        try:
            found: dict[str, dict[str, str]] = json.loads((self._folder / RECORD).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def _note(self, name: str, made_from: str) -> None:
        record = self._record()
        record.setdefault(self._place, {})[name] = made_from
        write_text(self._folder / RECORD, json.dumps(record, indent=1))
