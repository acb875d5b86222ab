"""JSON that the product wrote, without what a clock decides. Reads files."""

import json
from pathlib import Path
from typing import Any

TIMES = {"seconds", "seconds_per_run", "made_from"}


def without_times(content: Any) -> Any:
    """The same in any depth."""
    if isinstance(content, dict):
        return {key: without_times(value) for key, value in content.items() if key not in TIMES}
    return [without_times(one) for one in content] if isinstance(content, list) else content


def json_of(file: Path) -> Any:
    return without_times(json.loads(file.read_text(encoding="utf-8")))
