"""A small job for every command that writes: what it needs, how it is called, and what decides if it was done well.

Writes data and folders; starts and ends processes.
"""

import hashlib
import json
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from searches import SPACE
from trees import write_digit_tree
from warm import start_warm
from without_times import json_of

MOST_SECONDS = 600
PROBED = (*("--image-size", "16", "--folds", "2", "--workers", "1"), *("--weights", "random", "--precision", "fp32"))
SMALL = ("--backbone", "test_resnet", *PROBED, "--batch-size", "16")
NOTHING_LEFT = {"data clean": (2,), "data phantom": (2,), "init": (2,)}
"""Given again, these say that nothing is left to do, or that the folder or file is there already."""
LOOKING = ("init", "data audit", "data show", "data clean")
COMMANDS = ("run", "screen", "search", "nondeterminism", "report", "import", "explain", "data phantom", *LOOKING)


@dataclass(frozen=True)
class Job:
    """A command on a folder of its own, and what of that folder decides whether the job was done as it should be."""

    command: Callable[[Path], list[str]]
    left: Callable[[Path], Any]


def digests(root: Path, *patterns: str) -> dict[str, str]:
    """Of files by their places; half-written ones would be among them."""
    files = sorted(file for pattern in patterns for file in root.glob(pattern) if file.is_file())
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def of_run(root: Path) -> Any:
    return digests(root, "*.parquet", "runs/*/predictions.parquet"), json_of(root / "leaderboard.json")


def of_search(root: Path) -> Any:
    """What trials came to, in their order, without those that were lost."""
    (record,) = (json_of(file) for file in root.glob("search/*.json"))
    (stage,) = record["stages"]
    ended = [(one["params"], one["value"], one["state"]) for one in stage["trials"] if one["state"] != "lost"]
    best = next(one["params"] for one in stage["trials"] if one["number"] == stage["best"])
    return ended, best


def failed_trials(root: Path) -> list[Any]:
    """Trials of a search that count although they have no score, since their run failed."""
    records = [json_of(file) for file in root.glob("search/*.json")]
    trials = [trial for record in records for stage in record["stages"] for trial in stage["trials"]]
    return [trial for trial in trials if trial["state"] == "failed"]


def of_nondeterminism(root: Path) -> Any:
    (study,) = json.loads((root / "nondeterminism.json").read_text(encoding="utf-8"))["studies"]
    return digests(root, "repeats/*/predictions.parquet"), {**study, "cost": None}


def of_report(root: Path) -> Any:
    return digests(root, "report.html", "leaderboard.*", "figures/*")


def of_explain(root: Path) -> Any:
    return digests(root, "explain/*.csv", "explain/galleries/*.png", "explain/*.parquet")


def of_clean(root: Path) -> Any:
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file() and file.suffix == ".png")


def job_of(name: str, data: Path) -> Job:
    given = ["--data", str(data), *SMALL]
    jobs: Mapping[str, Job] = {
        "run": Job(lambda root: ["run", *given, "--seeds", "2", "--epochs", "2", "--results", str(root)], of_run),
        "screen": Job(
            lambda root: [
                *("screen", "--backbones", "test_resnet", "--backbones", "test_efficientnet", *given[:2], *PROBED),
                *("--seeds", "1", "--results", str(root)),
            ],
            of_run,
        ),
        "search": Job(
            lambda root: [
                *("search", *given, "--trials", "5", "--config", str(data.with_name("space.toml"))),
                *("--results", str(root)),
            ],
            of_search,
        ),
        "nondeterminism": Job(
            lambda root: [
                *("nondeterminism", *given, "--repeats", "2", "--vary", "init", "--epochs", "1"),
                *("--results", str(root)),
            ],
            of_nondeterminism,
        ),
        "report": Job(lambda root: ["report", str(root)], of_report),
        "import": Job(
            lambda root: ["import", str(data.with_name("predictions.csv")), "--results", str(root)],
            lambda root: (digests(root, "*.parquet", "runs/*/predictions.parquet"), json_of(root / "leaderboard.json")),
        ),
        "explain": Job(lambda root: ["explain", str(root), "--number", "1", "--checks", "1"], of_explain),
        "data phantom": Job(
            lambda root: [
                *("data", "phantom", "--out", str(root / "heads"), "--cases", "6", "--external-cases", "6"),
                *("--workers", "1"),
            ],
            lambda root: digests(root, "heads/**/*"),
        ),
        "init": Job(
            lambda root: ["init", str(root / "tree"), "--out", str(root / "first.toml")],
            lambda root: digests(root, "first*"),
        ),
        "data audit": Job(
            lambda root: ["data", "audit", str(root / "tree"), "--out", str(root / "found")],
            lambda root: digests(root, "found/*"),
        ),
        "data show": Job(
            lambda root: ["data", "show", str(root / "tree"), "--out", str(root / "sheets")],
            lambda root: digests(root, "sheets/*"),
        ),
        "data clean": Job(
            lambda root: ["data", "clean", str(root / "tree"), "--from", str(root / "audit.json"), "--apply"], of_clean
        ),
    }
    return jobs[name]


def write_data(root: Path) -> Path:
    """Digits at two sites; beside them predictions made elsewhere, and a space to search."""
    write_digit_tree(root / "internal", [0, 1, 4], 12)
    write_digit_tree(root / "external", [0, 1, 4], 6, first=100, size=12)
    rng = np.random.default_rng(0)
    rows = [
        {"backbone": backbone, "seed": seed, "fold": case % 2, "site": "internal", "case_id": f"case {case}"}
        | {"label": "ab"[case % 3 > 0], "predicted": str(rng.choice(["a", "b"]))}
        for backbone in ("one", "two")
        for seed in (0, 1)
        for case in range(40)
    ]
    pd.DataFrame(rows).to_csv(root.with_name("predictions.csv"), index=False)
    root.with_name("space.toml").write_text(SPACE, encoding="utf-8")
    return root


@dataclass
class Shell:
    """Starts commands, and ends them."""

    environment: dict[str, str]
    folder: Path

    def call(
        self, command: list[str], seconds: float = MOST_SECONDS, before: Callable[[], object] | None = None
    ) -> int | None:
        """The exit code; None where the command was killed after so many seconds. `before` as of `start_warm`."""
        streams = [self.folder / "stdout", self.folder / "stderr"]
        process = start_warm(command, self.environment, streams, before=before)
        process.join(seconds)
        if process.exitcode is not None:
            return process.exitcode
        process.kill()
        process.join()
        return None if process.exitcode == -signal.SIGKILL else process.exitcode  # it had just ended

    def said(self) -> str:
        return "".join((self.folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))


def begun(name: str, data: Path, root: Path, shell: Shell) -> None:
    """What a command needs to be there."""
    if name in ("report", "explain"):
        kept = ["--save-models"] if name == "explain" else []
        command = ["run", "--data", str(data), *SMALL, "--seeds", "2", "--epochs", "1", *kept, "--results", str(root)]
        assert shell.call(command) == 0, shell.said()
    if name in LOOKING:
        shutil.copytree(data / "internal", root / "tree")
        for number, file in enumerate(sorted((root / "tree").rglob("*.png"))[:8]):
            shutil.copy(file, file.with_name(f"copy {number}.png"))
    if name == "init":  # it stays out, so that a list of images is written beside the configuration
        (root / "tree/rare").mkdir()
        shutil.copy(next((data / "internal/4").iterdir()), root / "tree/rare/one.png")
    if name == "data clean":
        assert shell.call(["data", "audit", str(root / "tree"), "--out", str(root)]) == 0, shell.said()
