"""Which bytes an image is made from. Reads files."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.data.cases import FoundImage
from bench.data.images import file_digest, part_digest

FILES_A_TASK = 64


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and which of its images is meant (None where it holds one)."""

    path: Path
    part: int | None = None


def digests_of(images: Sequence[FoundImage]) -> list[str | OSError]:
    """What names the content of each image, or why its file cannot be read.

    Every file is read once, in parallel, many to a task since most are small.
    """
    paths = list(dict.fromkeys(image.path for image in images))
    tasks = [paths[start : start + FILES_A_TASK] for start in range(0, len(paths), FILES_A_TASK)]
    with ThreadPoolExecutor() as threads:
        found = [digest for part in threads.map(lambda task: [*map(_digest, task)], tasks) for digest in part]
    of_file: Mapping[str, str | OSError] = dict(zip(paths, found, strict=True))
    return [
        digest if isinstance(digest := of_file[image.path], OSError) else part_digest(digest, image.part)
        for image in images
    ]


def _digest(path: str) -> str | OSError:
    try:
        return file_digest(Path(path))
    except OSError as error:
        return error
