"""Two commands at once on one results folder: what is to happen, commands as processes, and what must be left.

`ANSWERS` is the table of docs/reliability.md.
"""

import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd
from processes import wait_until
from searches import SPACE
from trees import write_digit_tree
from warm import start_warm

from bench.status.read import read_status
from bench.store.check import check_folder
from bench.store.claim import FILE, claimed_by
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import processes_at_work
from bench.store.working_process import SEARCH

REFUSES, WAITS, BESIDE, PRINTS = "refuses", "waits", "runs beside", "prints"
READERS = ("status", "status --verify", "verify", "dashboard")
STARTED = ("run", "nondeterminism", "explain", "import", "report --format csv", "report", "search", *READERS)
_LONG = {
    **dict.fromkeys(("run", "nondeterminism", "explain", "import", "report --format csv"), REFUSES),
    **{"report": PRINTS, "search": WAITS},
    **dict.fromkeys(READERS, BESIDE),
}
_BRIEF = {**dict.fromkeys(STARTED, WAITS), **dict.fromkeys(READERS, BESIDE)}
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "run": _LONG,
    "nondeterminism": _LONG,
    "explain": _LONG,
    "import": _BRIEF,
    "report": _BRIEF,
    "search": dict.fromkeys(STARTED, BESIDE),
}
"""What runs → what is started → what the second does."""

QUICK = (
    *("--backbone", "test_resnet", "--image-size", "16", "--folds", "2", "--batch-size", "16", "--workers", "1"),
    *("--weights", "random", "--precision", "fp32"),
)


def answers_table() -> str:
    """`ANSWERS` as Markdown."""
    columns = [*STARTED[: -len(READERS)], ", ".join(READERS)]
    head = f"| runs ↓, started → | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}\n"
    keys = [*STARTED[: -len(READERS)], READERS[0]]
    rows = (f"| {runs} | {' | '.join(answers[key] for key in keys)} |\n" for runs, answers in ANSWERS.items())
    return head + "".join(rows)


@dataclass
class Commands:
    """A folder that everything can go on in, and how each command goes on. `base` is copied, never changed."""

    data: Path
    base: Path
    environment: dict[str, str]
    number: int = 0

    def arguments(self, name: str, root: Path) -> list[str]:
        given = ["--data", str(self.data), *QUICK]
        every = {
            "run": ["run", *given, "--seeds", "2", "--epochs", "1", "--save-models", "--results"],
            "search": [
                *("search", *given, "--study", "again", "--trials", "3", "--seeds", "5,6", "--config"),
                *(str(self.data.with_name("space.toml")), "--results"),
            ],
            "nondeterminism": [
                *("nondeterminism", *given, "--repeats", "2", "--vary", "init,order", "--epochs", "1", "--seed", "4"),
                "--results",
            ],
            "explain": ["explain", "--number", "1", "--checks", "1"],
            "import": ["import", str(self.data.with_name("predictions.csv")), "--results"],
            "dashboard": ["dashboard"],
        }
        return [*every.get(name, name.split()), str(root)]

    def start(self, name: str, root: Path) -> "Started":
        self.number += 1
        streams = [root.with_name(f"{self.number} {kind}") for kind in ("stdout", "stderr")]
        return Started(name, root, start_warm(self.arguments(name, root), self.environment, streams), streams)

    def call(self, name: str, root: Path) -> "Started":
        started = self.start(name, root)
        started.end()
        return started

    def copy(self, folder: Path) -> Path:
        root = folder / "results"
        shutil.copytree(self.base, root)
        return root


@dataclass
class Started:
    """A command as a process."""

    name: str
    root: Path
    process: BaseProcess
    streams: Sequence[Path]
    code: int | None = None
    _stopped: list[int] = field(default_factory=list)

    def said(self) -> str:
        return "".join(one.read_text(encoding="utf-8") for one in self.streams if one.exists())

    def end(self, seconds: float = 240) -> int | None:
        """Its exit code, which is kept as `code`; a dashboard is ended once it serves."""
        if self.name == "dashboard":
            wait_until(lambda: "Dashboard: " in self.said() or not self.process.is_alive(), "the dashboard to serve")
            serves = self.process.is_alive()
            self.process.kill()
            self.process.join()
            self.code = 0 if serves else self.process.exitcode
            return self.code
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.go_on()
            self.process.kill()
            self.process.join()
            raise AssertionError(f"{self.name} has not ended after {seconds} s: {self.said()}")
        self.code = self.process.exitcode
        return self.code

    def stop_at_work(self) -> None:
        """Let it stand still while it has the folder; a search, while it searches and has not.

        Raises:
            AssertionError: it ended before.
        """
        while True:
            wait_until(lambda: self._worker() is not None or not self.process.is_alive(), f"{self.name} to work", 120)
            worker = self._worker()
            assert worker is not None or self.process.is_alive(), f"{self.name} has ended: {self.said()}"
            if worker is None:
                continue
            os.kill(worker, signal.SIGSTOP)
            self._stopped.append(worker)
            time.sleep(0.05)
            if self._worker() == worker:
                return
            self.go_on()  # it had just left that place

    def _worker(self) -> int | None:
        """Its number, where it is in that place and others see it at work."""
        holder, at_work = claimed_by(self.root), processes_at_work(self.root)
        if self.name != "search":
            return next((one.pid for one in at_work if holder is not None and one.is_same(holder)), None)
        if holder is not None or (self.root / "study.db-journal").exists():
            return None
        return next((one.pid for one in at_work if one.command == SEARCH), None)

    def go_on(self) -> None:
        while self._stopped:
            with suppress(ProcessLookupError):
                os.kill(self._stopped.pop(), signal.SIGCONT)


BEGUN: Mapping[str, Mapping[str, str]] = {
    "run": {"--seeds": "1"},
    "search": {"--study": "before", "--trials": "2", "--seeds": "1"},
    "nondeterminism": {"--vary": "init"},
}
"""What the folder has of each command already: its options that were others then."""


def prepare(folder: Path, environment: dict[str, str], begun: Sequence[str] = tuple(BEGUN)) -> Commands:
    """A folder in which these commands have been given, each of which has more to do."""
    data, base = folder / "data", folder / "base"
    write_digit_tree(data / "internal", [0, 1, 4], 12)
    write_digit_tree(data / "external", [0, 1, 4], 6, first=100, size=12)
    data.with_name("space.toml").write_text(SPACE, encoding="utf-8")
    commands = Commands(data, base, environment)
    for name in begun:
        given = commands.arguments(name, base)
        for option, value in BEGUN[name].items():
            given[given.index(option) + 1] = value
        streams = [folder / f"{name} {kind}" for kind in ("stdout", "stderr")]
        started = Started(name, base, start_warm(given, environment, streams), streams)
        assert started.end() == 0, started.said()
    _predictions(base).to_csv(data.with_name("predictions.csv"), index=False)
    assert commands.call("report", base).end() == 0
    return commands


def _predictions(base: Path) -> pd.DataFrame:
    """Those of the trained model as if another program had made them, under a seed that the folder does not have."""
    runs = ResultsFolder(base).runs.read_all()
    tables = [run.predictions().assign(fold=run.record.spec.fold) for run in runs]
    return pd.concat(tables).assign(backbone="elsewhere", seed=7)


def left(root: Path) -> dict[str, Any]:
    """What must be the same whoever was first: runs and repeats by their bytes, folds of every seed, cases, trials."""
    folder = ResultsFolder(root)
    folds, cases = folder.folds(), folder.cases()
    assert folds is not None
    return {
        "runs": {path.parent.name: path.read_bytes() for path in root.glob("runs/*/predictions.parquet")},
        "repeats": {path.parent.name: path.read_bytes() for path in root.glob("repeats/*/predictions.parquet")},
        "folds": {seed: dict(fold_of) for seed, fold_of in folds.by_seed.items()},
        "cases": {case.case_id: case for case in cases or ()},
        "trials": {one.study: one.complete + one.pruned + one.failed for one in read_status(root).studies},
        "recipes": {path.name: None for path in root.glob("search/*")},
        "explanations": {path.name: None for path in root.glob("explain/galleries/*")},
    }


def together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What two commands leave that know nothing of each other."""
    return {name: {**one[name], **other[name]} for name in one}


def refuse_leftovers(root: Path) -> None:
    """Nobody is at work, no file is damaged, half-written or of a process."""
    status, checked = read_status(root), check_folder(root)
    assert (status.processes, status.running, status.problems, status.failures) == ((), (), (), ())
    assert checked.damaged == ()
    assert not [path.name for path in root.rglob(".*") if path.name.endswith(".tmp") or path.name.startswith(".bench-")]
    assert not (root / FILE).exists()
