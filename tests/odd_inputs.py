"""Seeded inputs that nobody meant to write, for every reader of files: sound ones, odd in several places at once."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import pandas as pd
import tomli_w
from stored_studies import write_study

from bench.audit.summary import read_audit
from bench.cli.paragraphs import paragraph
from bench.config.recipe_file import find_recipe_file
from bench.config.request import experiment_from
from bench.data.manifest.reader import read as read_manifest
from bench.data.options import ReadOptions
from bench.data.passed_over import PassedOver
from bench.data.pseudonyms import Pseudonyms
from bench.errors import BenchError
from bench.explain.stored import explanation_galleries, explanation_tables
from bench.external.read import read_external
from bench.nondeterminism.record import read_nondeterminism
from bench.report.compiled import compile_results
from bench.report.leaderboard import stored_leaderboard
from bench.search.record import read_records
from bench.status.read import read_status
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import heartbeat, processes_at_work
from bench.store.planned import read_planned
from bench.store.working_process import ActiveRun
from reports.draw.json_table import table_to_json
from reports.statistics.cell import Cell
from reports.tables.table import Column, Table, Term

SECONDS = 5.0  # of the processor
ODD: list[Any] = [
    *(None, True, -1, 0, 10**18, 10**30, -(2**63), 1.5, 1e308, float("inf"), float("nan"), "", " ", "\0", "\ud800"),
    *("\x1b[31m", "../../etc/passwd", "/dev/null", "=1+1", "nan", "9" * 5000, "x" * 10_000, "\u202e", [], {}, [[]]),
    *({"": None}, [None], ["a", 1], {"a": {"b": {"c": []}}}),
]
TEXTS = [
    *("", "[" * 100_000, "{" * 5000 + "}" * 5000, '{"a":' * 50_000, "null", "[]", "[null]", "{}", "0", '"text"', "\0"),
    *("\ufeff{}", "9" * 5000, "a = " + "9" * 5000, "a = " + "[" * 5000, "a.b." * 3000 + "c = 1", "1e999", "-", "'''"),
]


def changed(rng: random.Random, content: Any) -> Any:
    """Somewhere inside, a value becomes an odd one, goes, comes twice, or is wrapped."""
    if isinstance(content, dict) and content and rng.random() < 0.85:
        key = rng.choice(list(content))
        if rng.random() < 0.1:
            return {name: value for name, value in content.items() if name != key}
        if rng.random() < 0.05:
            return {**content, "odd\x1b": content[key]}
        return {**content, key: changed(rng, content[key])}
    if isinstance(content, list) and content and rng.random() < 0.85:
        place = rng.randrange(len(content))
        if rng.random() < 0.1:
            return [*content, content[place]]
        return [*content[:place], changed(rng, content[place]), *content[place + 1 :]]
    return rng.choice([*ODD, [content], {"a": content}])


def _bytes(rng: random.Random, content: bytes) -> bytes:
    """Cut, flipped, doubled or replaced."""
    if not content:
        return b"\xff"
    place = rng.randrange(len(content))
    return rng.choice(
        [
            content[:place],
            content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :],
            content[:place] + rng.randbytes(8) + content[place:],
            content + content,
            rng.choice(TEXTS).encode("utf-8", "surrogatepass"),
        ]
    )


def odd_json(rng: random.Random, sound: bytes) -> bytes:
    """JSON with one to three odd values, or no JSON."""
    if rng.random() < 0.3:
        return _bytes(rng, sound)
    content = json.loads(sound)
    for _ in range(rng.randint(1, 3)):
        content = changed(rng, content)
    return json.dumps(content, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def odd_toml(rng: random.Random, sound: dict[str, Any]) -> bytes:
    """The same of TOML, which has no null."""
    content = sound
    for _ in range(rng.randint(1, 3)):
        content = changed(rng, content)
    try:
        text = tomli_w.dumps(content).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, AttributeError):
        text = tomli_w.dumps(sound).encode()
    return _bytes(rng, text) if rng.random() < 0.4 else text


def odd_csv(rng: random.Random, sound: bytes) -> bytes:
    """A table with odd cells, rows and columns."""
    if rng.random() < 0.3:
        return _bytes(rng, sound)
    rows = [line.split(",") for line in sound.decode().splitlines()]
    for _ in range(rng.randint(1, 3)):
        row = rng.choice(rows)
        what = rng.random()
        if what < 0.6:
            row[rng.randrange(len(row))] = str(rng.choice(ODD))
        elif what < 0.7:
            row.append("more")
        elif what < 0.8 and len(row) > 1:
            row.pop()
        elif what < 0.9:
            rows.append(list(row))
        else:
            rng.shuffle(row)
    return "\n".join(map(",".join, rows)).encode("utf-8", "surrogatepass")


def odd_frame(rng: random.Random, sound: pd.DataFrame) -> pd.DataFrame:
    """A table of Parquet with odd cells, types and columns."""
    frame = sound.astype(object)
    for _ in range(rng.randint(1, 3)):
        column = rng.choice(list(frame.columns))
        what = rng.random()
        if what < 0.4:
            value = rng.choice([None, -1, 10**18, 1.5, float("nan"), float("inf"), "", "x", True, "\0"])
            frame[column] = [value if rng.random() < 0.3 else one for one in frame[column]]
        elif what < 0.6:
            value = rng.choice([None, -1, 10**18, 1.5, float("inf"), "x", True, [1], {"a": 1}, b"\xff"])
            frame[column] = [value] * len(frame)
        elif what < 0.7 and len(frame.columns) > 1:
            frame = frame.drop(columns=column)
        elif what < 0.8:
            frame = pd.concat([frame, frame.head(2)], ignore_index=True)
        elif what < 0.9:
            frame = frame.head(0)
        else:
            frame = frame.rename(columns={column: "\x1b"})
    return frame


def fault_of(read: Callable[[], object]) -> str:
    """Empty where `read` ends well or with a paragraph; else what it raised without words."""
    try:
        read()
    except BenchError as error:
        text = str(error)
        return "" if text.strip() else "an empty message"
    except Exception as error:
        text, _ = paragraph(error)
        return f"{type(error).__name__}: {error}"[:300] if "Unforeseen" in text else ""
    return ""


STUDY: dict[str, Any] = {
    **{"backbone": "net", "weights": "random", "recipe": "fine-tune", "image_size": 32, "tooling": "fp32", "seed": 0},
    **{"deterministic": True, "passed": None, "cost": {"deterministic": 259.8, "fast": 259.3, "runs": 5}},
    "control": {"name": "none", "runs": [["a", "b"]], "pairs": [], "curve": []},
    "groups": [
        {
            **{"name": "init", "runs": [["c", "d"]], "curve": [[1, 1.2], [2, 1.3]], "changed": "init"},
            "pairs": [{"a": "c", "b": "d", "relative": 1.2, "of_update": None}],
        }
    ],
}
TRIAL: dict[str, Any] = {
    **{"number": 0, "state": "complete", "value": 0.4, "params": {"epochs": 5, "lr": 0.005}, "steps": {"2": 0.3}},
    **{"attributes": {"epochs": 10}, "seconds": 1.1, "retry_of": None},
}
SEARCH: dict[str, Any] = {
    **{"name": "net", "backbone": "net", "weights": "random", "metric": "macro_f1", "direction": "maximize"},
    **{"nested": False, "sampler": "tpe", "pruner": "median", "storage": "sqlite:///study.db", "recipe": "fine-tune"},
    "space": {"lr": {"low": 0.0001, "high": 0.01, "log": True}},
    "stages": [{"study": "net", "trials": [TRIAL], "best": 0, "importance": {"lr": 1.0}}],
}
AUDIT: dict[str, Any] = {
    **{
        "schema": 1,
        "notice": "",
        "roots": {"internal": "/i"},
        "images": 1,
        "files": 1,
        "classes": {"internal": {"a": 1}},
    },
    "distributions": {"internal": {"width": {"median": 8.0}}},
    "findings": [
        {
            **{"kind": "blank", "detail": "one grey value", "paths": []},
            "cases": [
                {"case_id": "internal/1", "path": "/i/1", "part": None, "site": "internal", "label": "a", "group": None}
                | {"digest": "0" * 64}
            ],
        }
    ],
    "passed_over": [{"fate": "changed", "site": "", "what": "cell(s)", "number": 1, "example": "", "advice": ""}],
}
COLUMNS = (Column("backbone", "Backbone"), Column("gap", "Gap", "cell"), Column("metric", "Metric"))
TABLE = Table("explanation_map", "Maps", COLUMNS, (("net", Cell(0.1, 0.0, 0.2), Term("f1", "F1")),))
EXPLAINED: dict[str, Any] = {
    "galleries": [{"backbone": "net", "label": "a", "file": "galleries/net--a.png"}],
    "tables": [table_to_json(TABLE)],
}
TUNED = {"recipe": {"epochs": 3, "lr": 0.1}, "image_size": 32, "study": "net", "cases": 4}
PLANNED = {
    "runs": {"0" * 20: {"backbone": "net", "seed": 0, "fold": 0, "folds": "0"}},
    "searches": {"net": {"studies": ["net"], "trials": 3, "storage": "sqlite:///study.db"}},
    "workers": 2,
}


def _heartbeat() -> dict[str, Any]:
    """Of this process, so that it is alive."""
    running = [{"run_id": "0" * 20, "backbone": "net", "seed": 0, "fold": 0, "epoch": 1, "epochs": 5}]
    with TemporaryDirectory() as folder, heartbeat(Path(folder), "bench run") as own:
        own.tell(workers=2, seconds_left=3.0, running=[ActiveRun(**one) for one in running])
        told: dict[str, Any] = json.loads(next(Path(folder).glob(".bench-*.json")).read_text())
    return told


def prepare(root: Path) -> Path:
    """A folder with one of each file that readers know, under the names that `READERS` changes."""
    folder = write_study(root, each=6, seeds=1, images=root / "images")
    min(root.glob("runs/*")).rename(root / "runs" / "one")
    with folder.locked():
        compile_results(folder)
    for name, content in {
        **{"nondeterminism.json": {"studies": [STUDY]}, "search/one.json": SEARCH, "audit.json": AUDIT},
        **{"explain/explain.json": EXPLAINED, "tuned.json": [TUNED], ".plan.json": PLANNED},
        ".bench-here-1.json": _heartbeat(),
    }.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(json.dumps(content), encoding="utf-8")
    return root


class Inputs:
    """Files of a folder that `prepare` made, each changed and put back."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.experiment = {"backbone": ["test_resnet"], "seeds": [0, 1], "folds": 2, "recipe": {"epochs": 2, "lr": 0.1}}
        self.experiment |= {"external": {"bern": "x"}, "windows": ["brain"], "classes": {"a": "b"}, "holdout": 0.2}

    def of_json(self, rng: random.Random, place: str, read: Callable[[Path], object]) -> str:
        """Change one file of the folder, then read that."""
        file = self.scratch / place
        sound = file.read_bytes()
        file.write_bytes(odd_json(rng, sound))
        try:
            return fault_of(lambda: read(self.scratch))
        finally:
            file.write_bytes(sound)

    def manifest(self, rng: random.Random) -> str:
        images = [os.path.relpath(path, self.scratch) for path in sorted(self.scratch.glob("images/*/*.png"))]
        rows = ["path,label,group,site,part", *(f"{path},{n % 2},p{n},internal," for n, path in enumerate(images))]
        sound = "\n".join(rows).encode()
        options = ReadOptions(Pseudonyms(b"0" * 32), passed_over=PassedOver())
        if rng.random() < 0.3:
            file = self.scratch / "odd.parquet"
            frame = pd.DataFrame([row.split(",") for row in rows[1:]], columns=rows[0].split(","))
            if not self._written(odd_frame(rng, frame), file):
                return ""
        else:
            file = self.scratch / "odd.csv"
            file.write_bytes(odd_csv(rng, sound))
        return fault_of(lambda: read_manifest(file, rng.choice([None, "internal"]), options))

    def predictions(self, rng: random.Random) -> str:
        rows = ["backbone,seed,fold,site,case_id,label,predicted,group"]
        rows += [
            f"net,{seed},{case % 2},internal,{case},{'ab'[case // 2 % 2]},{'ab'[case % 3 % 2]},p{case}"
            for seed in range(2)
            for case in range(8)
        ]
        file = self.scratch / "odd.csv"
        file.write_bytes(odd_csv(rng, "\n".join(rows).encode()))
        return fault_of(lambda: read_external([file], ResultsFolder(self.scratch / "absent")))

    def config(self, rng: random.Random) -> str:
        file = self.scratch / "odd.toml"
        file.write_bytes(odd_toml(rng, self.experiment))
        return fault_of(lambda: experiment_from({"config": str(file)}))

    def recipe(self, rng: random.Random) -> str:
        file = self.scratch / "odd.toml"
        file.write_bytes(odd_toml(rng, {"epochs": 3, "lr": 0.1, "image_size": 32, "class_weights": "none"}))
        return fault_of(lambda: find_recipe_file(str(file)))

    def stored_experiment(self, rng: random.Random) -> str:
        file = self.scratch / "experiment.toml"
        sound = file.read_bytes()
        file.write_bytes(_bytes(rng, sound) if rng.random() < 0.5 else odd_toml(rng, self.experiment))
        try:
            return fault_of(ResultsFolder(self.scratch).experiment) or fault_of(lambda: read_status(self.scratch))
        finally:
            file.write_bytes(sound)

    def folds(self, rng: random.Random) -> str:
        return self._parquet(rng, "folds.parquet", lambda: ResultsFolder(self.scratch).folds())

    def cases(self, rng: random.Random) -> str:
        return self._parquet(rng, "cases.parquet", lambda: ResultsFolder(self.scratch).cases())

    def _parquet(self, rng: random.Random, name: str, read: Callable[[], object]) -> str:
        file = self.scratch / name
        sound = file.read_bytes()
        try:
            if rng.random() < 0.3:
                file.write_bytes(_bytes(rng, sound))
            elif not self._written(odd_frame(rng, pd.read_parquet(file)), file):
                return ""
            return fault_of(read)
        finally:
            file.write_bytes(sound)

    @staticmethod
    def _written(frame: pd.DataFrame, file: Path) -> bool:
        """Whether Parquet can hold it."""
        try:
            frame.to_parquet(file, index=False)
        except Exception:
            return False
        return True


READERS: dict[str, Callable[[Inputs, random.Random], str]] = {
    "manifest": Inputs.manifest,
    "predictions": Inputs.predictions,
    "configuration": Inputs.config,
    "recipe": Inputs.recipe,
    "experiment.toml": Inputs.stored_experiment,
    "folds.parquet": Inputs.folds,
    "cases.parquet": Inputs.cases,
    "run.json": lambda on, rng: on.of_json(rng, "runs/one/run.json", read_status),
    ".plan.json": lambda on, rng: on.of_json(rng, ".plan.json", lambda root: (read_planned(root), read_status(root))),
    "heartbeat": lambda on, rng: on.of_json(
        rng, ".bench-here-1.json", lambda root: (processes_at_work(root), read_status(root))
    ),
    "leaderboard.json": lambda on, rng: on.of_json(
        rng, "leaderboard.json", lambda root: stored_leaderboard(ResultsFolder(root))
    ),
    "search": lambda on, rng: on.of_json(rng, "search/one.json", read_records),
    "nondeterminism.json": lambda on, rng: on.of_json(rng, "nondeterminism.json", read_nondeterminism),
    "explain.json": lambda on, rng: on.of_json(
        rng,
        "explain/explain.json",
        lambda root: (explanation_tables(ResultsFolder(root)), explanation_galleries(ResultsFolder(root))),
    ),
    "tuned.json": lambda on, rng: on.of_json(rng, "tuned.json", lambda root: ResultsFolder(root).tuned._entries()),
    "audit.json": lambda on, rng: on.of_json(rng, "audit.json", lambda root: read_audit(root / "audit.json")),
}


def faults(root: Path, reader: str, seeds: range) -> list[str]:
    """What `reader` had no words for, with the seed that makes it again; also what took more than 5 s."""
    inputs, found = Inputs(root), []
    for seed in seeds:
        began = process_time()
        if fault := READERS[reader](inputs, random.Random(f"{reader} {seed}")):
            found.append(f"{seed}: {fault}")
        if process_time() - began > SECONDS:
            found.append(f"{seed}: more than {SECONDS} s")
    return found
