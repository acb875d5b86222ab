"""What an offline run of Weights & Biases holds. Its file is a log of messages, framed as LevelDB does. Reads files."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK, HEADER = 32768, 7
WHOLE, FIRST, LAST = 1, 2, 4


class OfflineRun:
    """A run-ID.wandb: its record, settings, steps, summary, and the names of the files of its artifacts."""

    def __init__(self, file: Path) -> None:
        from wandb.proto.wandb_internal_pb2 import Record

        self.settings: dict[str, Any] = {}
        self.steps: list[dict[str, Any]] = []
        self.summary: dict[str, Any] = {}
        self.files: list[str] = []
        self.exit_code: int | None = None
        for content in _messages(file.read_bytes()):
            record = Record.FromString(content)
            match record.WhichOneof("record_type"):
                case "run":
                    self.run = record.run
                    self.settings |= _values(record.run.config.update)
                case "config":
                    self.settings |= _values(record.config.update)
                case "history":
                    self.steps.append(_values(record.history.item))
                case "summary":
                    self.summary |= _values(record.summary.update)
                case "artifact":
                    self.files += [entry.path for entry in record.artifact.manifest.contents]
                case "exit":
                    self.exit_code = record.exit.exit_code


def offline_runs(folder: Path) -> list[OfflineRun]:
    """All below a folder."""
    return [OfflineRun(path) for path in sorted(folder.glob("wandb/offline-run-*/*.wandb"))]


def _values(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def _messages(content: bytes) -> Iterator[bytes]:
    """By LevelDB's doc/log_format.md, after a header of seven bytes in the first block."""
    assert content[:4] == b":W&B"
    place, parts = HEADER, list[bytes]()
    while place + HEADER <= len(content):
        left = BLOCK - place % BLOCK
        if left < HEADER:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + HEADER])
        parts.append(content[place + HEADER : place + HEADER + length])
        place += HEADER + length
        if kind in (WHOLE, LAST):
            yield b"".join(parts)
            parts = []
