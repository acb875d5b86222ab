"""A results folder with one of each file that readers know, and what stands in them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from resealed import forget_digests
from stored_studies import write_study

from bench.report.compiled import compile_results
from bench.store.heartbeat import heartbeat
from bench.store.working_process import ActiveRun
from reports.draw.json_table import table_to_json
from reports.statistics.cell import Cell
from reports.tables.table import Column, Table, Term

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
TABLE = Table("explanation_sanity", "Maps", COLUMNS, (("net", Cell(0.1, 0.0, 0.2), Term("f1", "F1")),))
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
    """A folder with one of each file that readers know, without digests."""
    folder = write_study(root, each=6, seeds=1, images=root / "images")
    min(root.glob("runs/*")).rename(root / "runs" / "one")
    with folder.locked():
        compile_results(folder)
    (root / ".digests.json").unlink()  # what is changed shall be parsed, not refused as changed
    for run in root.glob("runs/*"):
        forget_digests(run)
    for name, content in {
        **{"nondeterminism.json": {"studies": [STUDY]}, "search/one.json": SEARCH, "audit.json": AUDIT},
        **{"explain/explain.json": EXPLAINED, "tuned.json": [TUNED], ".plan.json": PLANNED},
        ".bench-here-1.json": _heartbeat(),
    }.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(json.dumps(content), encoding="utf-8")
    return root
