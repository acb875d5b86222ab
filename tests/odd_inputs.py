"""Every reader of files, given seeded inputs that nobody meant to write, with limits of time and memory."""

import gc
import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pandas as pd
from odd_dicom import NAME, odd_dicom
from odd_values import odd_bytes, odd_csv, odd_frame, odd_json, odd_toml

from bench.audit.summary import read_audit
from bench.cli.paragraphs import paragraph
from bench.config.recipe_file import find_recipe_file
from bench.config.request import experiment_from
from bench.data.cases import FoundImage
from bench.data.dicom.images import dicom_images
from bench.data.manifest.reader import read as read_manifest
from bench.data.options import ReadOptions
from bench.data.parts import images_of_file
from bench.data.passed_over import PassedOver
from bench.data.pseudonyms import Pseudonyms
from bench.data.reading import UnreadableImage
from bench.data.windows import parse_windows
from bench.errors import BenchError
from bench.explain.stored import explanation_galleries, explanation_tables
from bench.external.read import read_external
from bench.nondeterminism.record import read_nondeterminism
from bench.quiet import quiet
from bench.report.leaderboard import stored_leaderboard
from bench.search.record import read_records
from bench.status.read import read_status
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import processes_at_work
from bench.store.planned import read_planned

SECONDS = 5.0  # of the processor, for one input
MEMORY = 2**30  # bytes, above what the process had before
MOST_PIXELS = 10**6
WINDOWS = parse_windows(["brain", "subdural", "soft"])


class Hang(BaseException):
    """An input took too long; no `except Exception` catches it."""


@contextmanager
def limited() -> Iterator[None]:
    """No more memory than `MEMORY` above what is taken now, and an alarm that raises `Hang`."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang

    gc.collect()
    gc.freeze()  # else each collection walks through all that libraries hold
    fields = Path("/proc/self/statm").read_text().split() if Path("/proc/self/statm").exists() else ["0"] * 6
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    before = signal.signal(signal.SIGPROF, ring)
    resource.setrlimit(resource.RLIMIT_DATA, (int(fields[5]) * resource.getpagesize() + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        signal.signal(signal.SIGPROF, before)
        gc.unfreeze()


def fault_of(read: Callable[[], object], *, every: bool = False) -> str:
    """Empty where `read` ends well or with a paragraph; else what it raised without words, or took.

    every: what commands have a paragraph for must not be raised either.
    """
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        read()
    except (BenchError, UnreadableImage) as error:
        return _fault_of_words(error)
    except Hang:
        return f"more than {SECONDS} s"
    except MemoryError:
        return f"more than {MEMORY:,} bytes"
    except Exception as error:
        text, _ = paragraph(error)
        return f"{type(error).__name__}: {error}"[:300] if every or "Unforeseen" in text else ""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""


def _fault_of_words(error: BaseException) -> str:
    """Of a message: it is empty, quotes the patient, or hides that memory ran out."""
    if not str(error).strip():
        return "an empty message"
    if NAME.decode() in str(error):
        return f"quotes the patient: {error}"[:300]
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return f"more than {MEMORY:,} bytes, said as: {error}"[:300]
        cause = cause.__cause__ or cause.__context__
    return ""


class Inputs:
    """Files of a folder that `prepare` made, each changed and put back."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.images = [os.path.relpath(path, scratch) for path in sorted(scratch.glob("images/*/*.png"))]
        self.experiment = {"backbone": ["test_resnet"], "seeds": [0, 1], "folds": 2, "recipe": {"epochs": 2, "lr": 0.1}}
        self.experiment |= {"external": {"bern": "x"}, "windows": ["brain"], "classes": {"a": "b"}, "holdout": 0.2}
        self.sound: dict[Path, bytes] = {}
        self.frames: dict[Path, pd.DataFrame] = {}

    @contextmanager
    def changed(self, name: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
        """One file of the folder is another inside."""
        file = next(self.scratch.glob(name))
        sound = self.sound.setdefault(file, file.read_bytes())
        file.write_bytes(change(sound))
        try:
            yield
        finally:
            file.write_bytes(sound)

    def of_json(self, rng: random.Random, name: str, read: Callable[[Path], object]) -> str:
        with self.changed(name, lambda sound: odd_json(rng, sound)):
            return fault_of(lambda: read(self.scratch))

    def manifest(self, rng: random.Random) -> str:
        rows = ["path,label,group,site,part", *(f"{path},{n % 2},p{n},internal," for n, path in enumerate(self.images))]
        options = ReadOptions(Pseudonyms(b"0" * 32), passed_over=PassedOver())
        if rng.random() < 0.3:
            file = self.scratch / "odd.parquet"
            frame = pd.DataFrame([row.split(",") for row in rows[1:]], columns=rows[0].split(","))
            if not _written(odd_frame(rng, frame), file):
                return ""
        else:
            file = self.scratch / "odd.csv"
            file.write_bytes(odd_csv(rng, "\n".join(rows).encode()))
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
        def change(sound: bytes) -> bytes:
            return odd_bytes(rng, sound) if rng.random() < 0.5 else odd_toml(rng, self.experiment)

        def read() -> object:
            return read_status(self.scratch) if rng.random() < 0.2 else ResultsFolder(self.scratch).experiment()

        with self.changed("experiment.toml", change):
            return fault_of(read)

    def parquet(self, rng: random.Random, name: str, read: Callable[[ResultsFolder], object]) -> str:
        file = self.scratch / name
        if file not in self.frames:
            self.frames[file] = pd.read_parquet(file)
        if rng.random() < 0.3:
            with self.changed(name, lambda sound: odd_bytes(rng, sound)):
                return fault_of(lambda: read(ResultsFolder(self.scratch)))
        sound = self.sound.setdefault(file, file.read_bytes())
        try:
            written = _written(odd_frame(rng, self.frames[file]), file)
            return fault_of(lambda: read(ResultsFolder(self.scratch))) if written else ""
        finally:
            file.write_bytes(sound)

    def dicom(self, rng: random.Random) -> str:
        file = self.scratch / "odd.dcm"
        file.write_bytes(odd_dicom(rng))
        whole = FoundImage("internal/odd.dcm", str(file), "a", "internal")
        options = ReadOptions(Pseudonyms(b"0" * 32))

        def read() -> None:
            with quiet():
                found = images_of_file(whole, "DICOM", options)
                for shown in dicom_images(file, [image.part or 0 for image in found[:2]], WINDOWS, MOST_PIXELS):
                    if isinstance(shown, UnreadableImage):
                        raise shown

        return fault_of(read, every=True)


def _written(frame: pd.DataFrame, file: Path) -> bool:
    """Whether Parquet can hold it."""
    try:
        frame.to_parquet(file, index=False)
    except Exception:
        return False
    return True


Reader = Callable[[Inputs, random.Random], str]


def _json(name: str, read: Callable[[Path], object]) -> Reader:
    return lambda on, rng: on.of_json(rng, name, read)


READERS: dict[str, Reader] = {
    "manifest": Inputs.manifest,
    "predictions": Inputs.predictions,
    "configuration": Inputs.config,
    "recipe": Inputs.recipe,
    "experiment.toml": Inputs.stored_experiment,
    "folds.parquet": lambda on, rng: on.parquet(rng, "folds.parquet", ResultsFolder.folds),
    "cases.parquet": lambda on, rng: on.parquet(rng, "cases.parquet", ResultsFolder.cases),
    "run.json": _json("runs/*/run.json", read_status),
    ".plan.json": _json(".plan.json", lambda root: (read_planned(root), read_status(root))),
    "heartbeat": _json(".bench-here-1.json", lambda root: (processes_at_work(root), read_status(root))),
    "leaderboard.json": _json("leaderboard.json", lambda root: stored_leaderboard(ResultsFolder(root))),
    "search": _json("search/one.json", read_records),
    "nondeterminism.json": _json("nondeterminism.json", read_nondeterminism),
    "explain.json": _json(
        "explain/explain.json",
        lambda root: (explanation_tables(ResultsFolder(root)), explanation_galleries(ResultsFolder(root))),
    ),
    "tuned.json": _json("tuned.json", lambda root: ResultsFolder(root).tuned._entries()),
    "audit.json": _json("audit.json", lambda root: read_audit(root / "audit.json")),
    "DICOM": Inputs.dicom,
}


def faults(root: Path, reader: str, seeds: range) -> list[str]:
    """What `reader` had no words for, with the seed that makes it again; also what took too long or too much memory."""
    inputs, found = Inputs(root), []
    with limited():
        for seed in seeds:
            if fault := READERS[reader](inputs, random.Random(f"{reader} {seed}")):
                found.append(f"{seed}: {fault}")
    return found
