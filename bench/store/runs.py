"""Stored runs, one folder each. Reads and writes runs/<run_id>/; its final name says that a run is complete."""

import os
import shutil
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.atomic import flush, flush_all, write_atomically
from bench.data.cases import INTERNAL, Case
from bench.folds.table import FoldTable
from bench.plan.plan import by_content, samples_of
from bench.plan.spec import EpochRecord, RunResult, RunSpec, Sample
from bench.plan.training_draws import repeated, times_drawn
from bench.store.aside import run_names
from bench.store.records import (
    FILE,
    HISTORY,
    MODEL,
    PREDICTIONS,
    RunRecord,
    damaged,
    read_record,
    read_sibling,
    replace_record,
    write_record,
)
from bench.store.traces import write_trace

TEXT = ("case_id", "site", "label", "predicted")
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class StoredRun:
    """A complete run: `record` is run.json, `folder` holds its predictions."""

    run_id: str
    folder: Path
    record: RunRecord

    def table(self) -> pa.Table:
        """Columns case_id, site, label, predicted as dictionaries of texts, p_<class>; many are read quickly.

        Raises:
            BenchError: the file is damaged.
        """
        try:
            content = pa.BufferReader(read_sibling(self.folder, PREDICTIONS, self.record))
            with pq.ParquetFile(content, read_dictionary=list(TEXT)) as file:
                table = file.read(use_threads=False).replace_schema_metadata()
            for place, name in enumerate(table.column_names):
                if name in TEXT and table.schema.field(name).type != _DICTIONARY:
                    table = table.set_column(place, name, table[name].cast(pa.string()).dictionary_encode())
            return table
        except (ValueError, OSError) as error:
            raise damaged(self.folder, error) from error

    def predictions(self) -> pd.DataFrame:
        """The same columns as a data frame."""
        return self.table().to_pandas()

    def probabilities(self) -> NDArray[np.float32]:
        """(n_predicted, n_classes), rows as `predictions` has them."""
        columns = self.table().select([f"p_{name}" for name in self.record.spec.classes])
        return np.asarray(columns.to_pandas(), dtype=np.float32)

    def history(self) -> pd.DataFrame | None:
        """A row an epoch; None where nothing was trained here.

        Raises:
            BenchError: the file is damaged.
        """
        if self.record.sha256 is None and not (self.folder / HISTORY).is_file():
            return None
        try:
            return pd.read_parquet(BytesIO(read_sibling(self.folder, HISTORY, self.record)))
        except (ValueError, OSError) as error:
            raise damaged(self.folder, error) from error

    def model(self) -> bytes | None:
        """The trained model as a safetensors file; None where it was not kept, or not to its end.

        Raises:
            DamagedError: it is not as it was written.
        """
        named = self.record.sha256 is None or MODEL in self.record.sha256
        return read_sibling(self.folder, MODEL, self.record) if named and (self.folder / MODEL).exists() else None

    def spec(self, cases: Sequence[Case], folds: FoldTable | None = None) -> RunSpec | None:
        """The spec that made it, whose id is its own; None where the cases are others, or nothing was trained here.

        Predictions are stored in the order of the spec, those that were held out first. What a fold did not hold out
        of the internal cases it was trained on; one that is a whole site, on all other sites. folds: those of its
        folder, which training cases that were drawn anew follow from.
        """
        recorded = self.record.spec
        if recorded.role == "import":
            return None
        samples = {sample.case_id: sample for sample in samples_of(cases)}
        predicted = [samples[name] for name in self.predictions()["case_id"] if name in samples]
        validation, external = predicted[: recorded.n_validation], predicted[recorded.n_validation :]
        held_out = {sample.case_id for sample in validation}
        rest = [sample for sample in samples.values() if sample.case_id not in held_out]
        of_site = {sample.site for sample in validation} & {sample.site for sample in rest}
        train = [sample for sample in rest if sample.site == INTERNAL] if of_site else rest
        if self.record.draw:
            train = self._drawn(by_content(samples.values()), held_out, folds or FoldTable({}))
        spec = RunSpec(
            backbone=recorded.backbone,
            weights=self.record.weights,
            recipe=recorded.recipe,
            pixels=recorded.pixels,
            numerics=recorded.numerics,
            classes=recorded.classes,
            seed=recorded.seed,
            seeds=recorded.seeds,
            fold=recorded.fold,
            train=by_content(train),
            validation=tuple(validation),
            external=tuple(external),
            replicate=recorded.replicate,
            role=recorded.role,
            adaptation=recorded.adaptation,
        )
        return spec if spec.run_id == self.run_id else None

    def _drawn(self, samples: Sequence[Sample], held_out: Container[str], folds: FoldTable) -> list[Sample]:
        """The training cases of its draw; those that have no fold any more are in none."""
        seed = self.record.spec.seed
        fold_of = folds.by_seed.get(seed, {})
        inside = [sample for sample in samples if sample.case_id in fold_of]
        drawn = repeated(inside, times_drawn(inside, fold_of, seed, self.record.draw)) if inside else ()
        return [sample for sample in drawn if sample.case_id not in held_out]


class RunStore:
    """The runs below `root`. Many processes may write different runs; of two that write the same, one remains."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def complete(self) -> set[str]:
        """Ids of the runs that are finished and stored: those that have a record and predictions."""
        root = os.fspath(self.root)
        return {name for name in run_names(self.root) if _is_complete(f"{root}{os.sep}{name}")}

    def read(self, run_id: str) -> StoredRun:
        """One complete run.

        Raises:
            BenchError: it is damaged, or the id, which a file may have given, leads out of the folder.
        """
        folder = self.root / run_id
        if Path(run_id).name != run_id:
            raise damaged(folder, ValueError("its id is no name of a folder"))
        return StoredRun(run_id, folder, read_record(folder))

    def read_all(self) -> list[StoredRun]:
        """Every complete run, in the order of their ids.

        Raises:
            BenchError: one is spoilt.
        """
        return [self.read(run_id) for run_id in sorted(self.complete())]

    def remove_leftovers(self, older: float = 0.0) -> None:
        """Delete what interrupted writers left, so many seconds ago or more.

        Call without an age only while holding the folder's lock, which writers of runs/ hold as well.
        """
        for path in self.root.glob(".*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime >= older:
                    shutil.rmtree(path, ignore_errors=True)

    def write(self, spec: RunSpec, result: RunResult, parameters: int) -> Path:
        """Store a result: whole under its final name, or not at all.

        A failed run goes to <run_id>.failed, which does not count as complete; later tries replace it.
        """
        if result.status != "done":
            return self.store(f"{spec.run_id}.{result.status}", partial(_fill, spec, result, parameters))
        self.write_done([(spec, result, parameters)])
        return self.root / spec.run_id

    def write_done(self, finished: Iterable[tuple[RunSpec, RunResult, int]]) -> None:
        """Store results of runs that are done, with their parameters, together: each is whole, or not there at all.

        So many take little longer than one on a disk that flushes slowly.
        """
        fills = {spec.run_id: partial(_fill, spec, result, parameters) for spec, result, parameters in finished}
        for name in list(fills):
            if _is_complete(os.fspath(self.root / name)):
                del fills[name]  # of another process, which was quicker; others may read it now
        self._store_all(fills)
        for name in fills:
            shutil.rmtree(self.root / f"{name}.failed", ignore_errors=True)

    def keep_model(self, run_id: str, model: bytes) -> None:
        """Add the trained model to a run that was stored without it."""
        folder = self.root / run_id
        record = read_record(folder)
        write_atomically(folder / MODEL, lambda temporary: temporary.write_bytes(model))
        if record.sha256 is not None:
            replace_record(folder, record)

    def store(self, name: str, fill: Callable[[Path], object]) -> Path:
        """A folder that `fill` writes: flushed and under its final name, replacing what had it, or not at all.

        Raises:
            FileNotFoundError: what the folder of runs was in is gone.
        """
        self._store_all({name: fill})
        return self.root / name

    def _store_all(self, fills: Mapping[str, Callable[[Path], object]]) -> None:
        """The same of several: all are flushed at once, before the first one gets its name."""
        if not fills:
            return
        temporaries = {name: self.root / f".{name}.{uuid4().hex[:8]}.tmp" for name in fills}
        try:
            self.root.mkdir(exist_ok=True)
            for name, temporary in temporaries.items():
                temporary.mkdir()
                fills[name](temporary)
            flush_all([path for folder in temporaries.values() for path in (*folder.rglob("*"), folder)])
            for name, temporary in temporaries.items():
                _replace(temporary, self.root / name)
        except BaseException:
            for temporary in temporaries.values():
                shutil.rmtree(temporary, ignore_errors=True)
            raise
        flush(self.root)


def _is_complete(folder: str) -> bool:
    """Texts instead of paths: to join 100,000 of those takes seconds."""
    return all(os.path.isfile(f"{folder}{os.sep}{name}") for name in (FILE, PREDICTIONS))  # noqa: PTH113


def _fill(spec: RunSpec, result: RunResult, parameters: int, folder: Path) -> None:
    pq.write_table(history_table(result), folder / HISTORY)
    if result.status == "done":
        pq.write_table(predictions_table(spec, result), folder / PREDICTIONS)
    if result.model:
        (folder / MODEL).write_bytes(result.model)
    write_trace(folder, result.trace)
    write_record(folder, RunRecord.of(spec, result, parameters))


def _replace(temporary: Path, final: Path) -> None:
    """What has the name goes once it is certain that the new one has it."""
    before = temporary.with_suffix(".before.tmp")
    with suppress(FileNotFoundError):
        final.rename(before)
    try:
        temporary.rename(final)
    except OSError:
        if not final.is_dir():
            if before.is_dir():
                before.rename(final)
            raise
        shutil.rmtree(temporary)  # another process has just stored the same run
    shutil.rmtree(before, ignore_errors=True)


def predictions_table(spec: RunSpec, result: RunResult) -> pa.Table:
    """Rows as `spec.predicted`, with columns case_id, site, label, predicted, p_<class> (float32)."""
    names = np.array(spec.classes)
    columns: dict[str, Sequence[str] | Any] = {
        "case_id": [sample.case_id for sample in spec.predicted],
        "site": [sample.site for sample in spec.predicted],
        "label": [sample.label for sample in spec.predicted],
        "predicted": names[result.probabilities.argmax(axis=1)],
    }
    for column, name in enumerate(spec.classes):
        columns[f"p_{name}"] = result.probabilities[:, column]
    return pa.table(columns)


def history_table(result: RunResult) -> pa.Table:
    """One row an epoch, columns as `EpochRecord`."""
    kinds = {"epoch": pa.int64(), "images": pa.int64(), "phase": pa.string()}
    schema = pa.schema([(field.name, kinds.get(field.name, pa.float64())) for field in fields(EpochRecord)])
    return pa.Table.from_pylist([asdict(epoch) for epoch in result.history], schema=schema)
