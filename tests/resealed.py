"""A stored run that a test has changed by hand, made whole again: named by its folder, with new digests."""

import json
from pathlib import Path
from typing import Any

from bench.store.records import RunRecord, write_record


def forget_digests(run: Path) -> None:
    """Make it one that was stored before there were digests."""
    content = json.loads((run / "run.json").read_text(encoding="utf-8"))
    del content["sha256"]
    (run / "run.json").write_text(json.dumps(content), encoding="utf-8")


def reseal(run: Path, **changed: Any) -> None:
    """Write run.json anew with `changed` fields, and the digests of what is beside it."""
    content = json.loads((run / "run.json").read_text(encoding="utf-8"))
    content.update({"run_id": run.name.partition(".")[0], **changed})
    write_record(run, RunRecord.model_validate(content))
