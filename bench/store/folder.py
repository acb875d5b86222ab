"""The results folder: what it holds, and whether a request fits it. Reads and writes the folder."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.atomic import remove_leftovers, write_atomically
from bench.config.experiment import Experiment
from bench.config.toml import experiment_text, read_experiment
from bench.data.cases import Case
from bench.data.passed_over import Entry
from bench.data.pseudonyms import SALT_BYTES, Pseudonyms
from bench.errors import RequestError, cannot_write
from bench.folds import table as fold_table
from bench.folds.leaks import Leak
from bench.folds.table import FoldTable
from bench.store.aside import set_aside
from bench.store.digests import digest_of
from bench.store.files import FolderFiles
from bench.store.heartbeat import Heartbeat, heartbeat
from bench.store.runs import RunStore
from bench.store.snapshot import FolderSnapshot
from bench.store.tables import case_frame, cases_of, csv_of, parquet_bytes, read_parquet, subgroups_of
from bench.store.tuned import TunedRecipes
from bench.store.writer_lock import writer_lock
from reports.draw.csv_table import as_meant, csv_rows

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CASES = "cases.parquet"
SUBGROUPS = "cases_subgroups.parquet"
SALT = ".salt"
REQUEST = ("experiment.toml", CASES, "folds.parquet", SALT)
"""What requests are checked against."""
LEAKS = "tables/leaks.csv"
PASSED_OVER = "tables/passed_over.csv"
WRITTEN_UNDER_LOCK = ("", "tables", "figures", "search", "explain", "explain/galleries")
UNREADABLE = "tables/unreadable.csv"
WRITE_AGAIN = "Give the bench run or bench import command again, which writes it anew."


class ResultsFolder:
    """Reads what a results folder holds; writes only inside `locked()`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs = RunStore(root / "runs")
        self.trials = RunStore(root / "trials")
        self.repeats = RunStore(root / "repeats")
        self.files = FolderFiles(root)
        self.tuned = TunedRecipes(self.files)

    @contextmanager
    def locked(
        self, wait: float = 0.0, command: str = "bench", say: Callable[[str], None] = lambda line: None
    ) -> Iterator[Heartbeat]:
        """Create the folder and keep other writers out, waiting so many seconds for one that is there.

        One that has the folder only for a short time is waited for anyhow. The lock of a killed process is free again.
        `command` is what others are told of this process.

        Raises:
            RequestError: the folder cannot be written to, or another process is writing there.
            WriteError: the disk is full, or fails.
        """
        with ExitStack() as stack:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                with TemporaryFile(dir=self.root):
                    pass
                claim = stack.enter_context(writer_lock(self.root, command, wait, say))
            except OSError as error:
                where = f"The results folder {self.root} cannot be written to"
                raise cannot_write(where, error, "Choose another by --results.") from None
            self.runs.remove_leftovers()
            self.repeats.remove_leftovers()
            for place in WRITTEN_UNDER_LOCK:
                remove_leftovers(self.root / place)
            yield stack.enter_context(heartbeat(self.root, command, claim))

    def snapshot(self, before: FolderSnapshot | None = None) -> FolderSnapshot:
        """All that a request is checked against, read once; not again where it is as it was `before`.

        Raises:
            RequestError: a file of it is damaged.
        """
        complete = frozenset(self.runs.complete())
        if before is not None and before.state == self.state():
            return replace(before, complete=complete)
        while True:
            state = self.state()
            found = FolderSnapshot(self.root, state, self.experiment(), self.cases(), self.folds(), complete)
            if self.state() == state:  # else a writer was at it, and its files may not belong together
                return found

    def experiment(self) -> Experiment | None:
        """The experiment stored here, if any."""
        self.files.refuse_newer()
        path = self.root / "experiment.toml"
        return read_experiment(path) if path.exists() else None

    def write_experiment(self, experiment: Experiment) -> None:
        """Replace experiment.toml."""
        self.files.write("experiment.toml", experiment_text(experiment))

    def cases(self) -> list[Case] | None:
        """The case table stored here, if any.

        Raises:
            RequestError: the file is damaged.
        """
        advice = "Restore it, or use another --results folder."
        if (self.root / CASES).exists():
            self.files.refuse_damaged(CASES, advice)
        return read_parquet(self.root / CASES, cases_of, "no case table", advice)

    def write_cases(self, cases: list[Case]) -> None:
        """Replace cases.parquet."""
        self.files.write(CASES, parquet_bytes(case_frame(cases)))

    def subgroups(self) -> pd.DataFrame | None:
        """The levels of the cases, a column a subgroup beside `case_id`; None where none were asked for.

        Raises:
            RequestError: the file is damaged.
        """
        advice = "Give the bench run command with --subgroups again, which writes it anew."
        if (self.root / SUBGROUPS).exists():
            self.files.refuse_damaged(SUBGROUPS, advice)
        return read_parquet(self.root / SUBGROUPS, subgroups_of, "no table of subgroups", advice)

    def write_subgroups(self, table: pd.DataFrame | None) -> None:
        """Replace cases_subgroups.parquet by these columns alone; None: no file."""
        if table is None:
            self.files.remove([SUBGROUPS])
        else:
            self.files.write(SUBGROUPS, parquet_bytes(table))

    def pseudonyms(self) -> Pseudonyms | None:
        """Under the salt stored here, if any.

        Raises:
            RequestError: the file is no salt.
        """
        path = self.root / SALT
        if not path.exists():
            return None
        advice = "Delete it; patients then get new pseudonyms."
        self.files.refuse_damaged(SALT, advice)
        salt = path.read_bytes()
        if len(salt) != SALT_BYTES:
            raise RequestError(f"{path} is damaged. {advice}")
        return Pseudonyms(salt)

    def write_salt(self, pseudonyms: Pseudonyms) -> None:
        """Keep the salt, readable by its owner alone, so that the next call gives patients the same names."""
        path = self.root / SALT
        if not path.exists():
            self.files.accept({SALT: digest_of(pseudonyms.salt)})
            write_atomically(path, lambda temporary: _write_secret(temporary, pseudonyms.salt))
            self.files.settle()

    def folds(self) -> FoldTable | None:
        """The folds stored here, as drawn or as edited by hand, if any.

        Raises:
            RequestError: the file lacks a column or is no table.
        """
        what = "not a fold table with columns seed, case_id, fold"
        return read_parquet(self.root / "folds.parquet", fold_table.from_frame, what, "Restore or delete it.")

    def write_folds(self, folds: FoldTable) -> None:
        """Replace folds.parquet."""
        self.files.write("folds.parquet", parquet_bytes(fold_table.to_frame(folds)))

    def state(self, names: Sequence[str] = REQUEST) -> str:
        """A digest of files of the folder; by default of those that requests are checked against."""
        digest = hashlib.sha256()
        for name in names:
            path = self.root / name
            digest.update(path.read_bytes() if path.is_file() else b"-")
            digest.update(b"|")
        return digest.hexdigest()

    def set_damaged_aside(self) -> list[str]:
        """Move what is damaged of the stored runs, trials and repeats out of the way; returns what to say.

        Call only inside `locked()`.
        """
        return [line for store in (self.runs, self.trials, self.repeats) for line in set_aside(store.root)]

    def refuse_changed(self, since: str) -> None:
        """Raise `RequestError` where the state is another one than `since`: what was read then may be outdated."""
        if self.state() != since:
            raise RequestError(
                f"{self.root} was changed by another process while this one was reading. Give the same command again."
            )

    def write_unreadable(self, images: list[tuple[str, str]]) -> None:
        """List the images that were left out, as (case_id, reason), in tables/unreadable.csv."""
        self.files.write(UNREADABLE, csv_rows(["case_id", "reason"], images))

    def write_passed_over(self, entries: Sequence[Entry]) -> None:
        """Count what became no case as it lies on the disk, in tables/passed_over.csv; no file where all did."""
        self._write_rows(PASSED_OVER, entries)

    def passed_over(self) -> list[Entry]:
        """What tables/passed_over.csv counts."""
        self.files.refuse_damaged(PASSED_OVER, WRITE_AGAIN)
        path = self.root / PASSED_OVER
        if not path.exists():
            return []
        try:
            rows = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
            texts: list[dict[str, Any]] = [{name: as_meant(text) for name, text in row.items()} for row in rows]
            return [Entry(**{**row, "number": int(row["number"])}) for row in texts]
        except (KeyError, TypeError, ValueError) as error:
            raise RequestError(f"{path} is damaged ({error}). Delete it; bench run writes it again.") from None

    def write_leaks(self, leaks: Sequence[Leak]) -> None:
        """List the pairs that leak, in tables/leaks.csv; no file where there are none."""
        self._write_rows(LEAKS, leaks)

    def leaks(self) -> int:
        """How many pairs leak, by tables/leaks.csv."""
        self.files.refuse_damaged(LEAKS, WRITE_AGAIN)
        path = self.root / LEAKS
        try:
            return len(pd.read_csv(path)) if path.exists() else 0
        except ValueError as error:
            raise RequestError(f"{path} is damaged ({error}). Delete it; bench run writes it again.") from None

    def _write_rows(self, name: str, rows: "Sequence[DataclassInstance]") -> None:
        if rows:
            self.files.write(name, csv_of(rows))
        else:
            self.files.remove([name])


def _write_secret(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
        file.write(content)
