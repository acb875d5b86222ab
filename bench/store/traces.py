"""Digests of a training beside its run. Reads and writes runs/<run_id>/digests.parquet."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.plan.trace import Trace, TracePoint
from bench.store.json_files import DamagedError
from bench.store.records import damaged, read_record, read_sibling

FILE = "digests.parquet"


def write_trace(folder: Path, trace: Trace) -> None:
    """One row a point and tensor, with columns step, stage, epoch, tensor, digest; no file for an empty trace."""
    if not trace:
        return
    columns = {
        "step": pa.array([point.step for point in trace for _ in point.tensors], pa.int32()),
        "stage": [point.stage for point in trace for _ in point.tensors],
        "epoch": pa.array([point.epoch for point in trace for _ in point.tensors], pa.int32()),
        "tensor": [name for point in trace for name in point.tensors],
        "digest": pa.array([digest for point in trace for digest in point.digests], pa.int64()),
    }
    pq.write_table(pa.table(columns), folder / FILE, compression="zstd")


def count_digests(folder: Path) -> int:
    """How many there are, without reading them."""
    path = folder / FILE
    return int(pq.read_metadata(path).num_rows) if path.exists() else 0


def read_trace(folder: Path) -> Trace:
    """The inverse; empty where there is no file.

    Raises:
        BenchError: the run is damaged.
    """
    record = read_record(folder)
    if not (folder / FILE).exists() and FILE not in (record.sha256 or {}):
        return ()
    try:
        content = pa.BufferReader(read_sibling(folder, FILE, record))
    except DamagedError as error:
        raise damaged(folder, error) from error
    points: dict[tuple[str, int], TracePoint] = {}
    names: dict[tuple[str, int], list[str]] = {}
    digests: dict[tuple[str, int], list[int]] = {}
    for row in pq.read_table(content).to_pylist():
        key = (row["stage"], row["step"])
        points.setdefault(key, TracePoint(row["stage"], row["epoch"], row["step"], (), ()))
        names.setdefault(key, []).append(row["tensor"])
        digests.setdefault(key, []).append(row["digest"])
    return tuple(
        TracePoint(point.stage, point.epoch, point.step, tuple(names[key]), tuple(digests[key]))
        for key, point in points.items()
    )
