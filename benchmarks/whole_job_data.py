"""The job that whole_job.py gives to all: images, what is held out when, and numbers. Reads and writes files."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image
from pydantic import TypeAdapter

from benchmarks.timing import bench

JPEG_QUALITY = 90


@dataclass(frozen=True)
class Training:
    """One model: which internal images (places in the job's list) are held out."""

    seed: int
    fold: int
    held_out: tuple[int, ...]


@dataclass(frozen=True)
class Job:
    """Paths of images with their folder's name as label; trainings in the order of seeds, then folds."""

    internal: tuple[str, ...]
    external: tuple[str, ...]
    trainings: tuple[Training, ...]
    backbone: str
    size: int
    epochs: int
    batch: int

    @property
    def classes(self) -> list[str]:
        return sorted({Path(path).parent.name for path in self.internal})

    def write(self, path: Path) -> None:
        path.write_bytes(TypeAdapter(Job).dump_json(self))

    @classmethod
    def read(cls, path: Path) -> "Job":
        return TypeAdapter(cls).validate_json(path.read_bytes())


@dataclass(frozen=True)
class Trained:
    """What came of one training: seconds, updates of the weights, and accuracy on held-out and external images."""

    training: int
    seconds: float
    updates: int
    internal: float
    external: float


def write_images(folder: Path, cases: int, external: int, side: int) -> None:
    """Slices of the phantom as JPEGs in colour: internal/CLASS/NAME.jpg and external/CLASS/NAME.jpg."""
    phantom = folder.with_name("phantom")
    bench("data", "phantom", "--out", phantom, "--cases", str(cases), "--external-cases", str(external))
    for site in ("internal", "external"):
        for path in sorted((phantom / site).glob("*/*.png")):
            target = (folder / site / path.parent.name / path.name).with_suffix(".jpg")
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.open(path).convert("RGB").resize((side, side)).save(target, quality=JPEG_QUALITY)


def drawn_by_bench(results: Path, data: Path, backbone: str, size: int, epochs: int, batch: int) -> Job:
    """The job with the folds of a results folder."""
    folds = pd.read_parquet(results / "folds.parquet")
    internal, external = (sorted((data / site).glob("*/*.jpg")) for site in ("internal", "external"))
    place = {path.relative_to(data).as_posix(): number for number, path in enumerate(internal)}
    trainings = [
        Training(int(seed), int(fold), tuple(sorted(place[case] for case in of_fold["case_id"])))
        for (seed, fold), of_fold in folds.groupby(["seed", "fold"])
    ]
    paths = (tuple(map(str, found)) for found in (internal, external))
    return Job(*paths, tuple(trainings), backbone, size, epochs, batch)
