"""Downloads the images of the study that began this project from its two Google Drive folders. Writes files.

They are the study's own public folders; research use only, never for diagnosis.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TypeVar

from bench.data.images import file_digest
from bench.errors import BenchError, RequestError
from bench.new_output import write_output

FOLDERS = {
    "internal": "https://drive.google.com/drive/folders/1H0-QipShexOVeKHGGb5btqxn4-JXgvMA",
    "external": "https://drive.google.com/drive/folders/1FFj34tkjsjA5aZ0xOJ-HK0e_Q0BP-U5H",
}
RECORD = "fetched.json"


class FetchError(BenchError):
    """The download did not go through; what had been fetched stays."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a Drive folder: its id, and its path below the folder with forward slashes."""

    id: str
    path: str


@dataclass(frozen=True)
class FetchedFile:
    """A finished file: where it came from, its size in bytes and its SHA-256."""

    id: str
    size: int
    sha256: str


Result = TypeVar("Result")
ListFolder = Callable[[str], Sequence[RemoteFile]]
Download = Callable[[str, Path], None]


def fetch_hematoma(
    out: Path, say: Callable[[str], None], *, list_folder: ListFolder | None = None, download: Download | None = None
) -> None:
    """Fetch what is missing into `out`/internal and `out`/external, and record sizes and digests in fetched.json.

    Files that are there and agree with the record are not fetched again. `list_folder` and `download` are gdown's
    unless given.

    Raises:
        RequestError: gdown is not installed, or a name in the folder leaves `out`.
        FetchError: Drive cannot be reached or refuses.
    """
    list_folder, download = list_folder or _list_folder, download or _download
    out.mkdir(parents=True, exist_ok=True)
    record = _read_record(out)
    for site, address in FOLDERS.items():
        files = _guarded(partial(list_folder, address), address, out)
        if not files:
            raise FetchError(f"Google Drive lists no file in {address}. Open it in a browser; is it still public?")
        for number, file in enumerate(files, start=1):
            name = f"{site}/{_safe(file.path)}"
            if not _there(out / name, record.get(name)):
                say(f"{site} {number}/{len(files)}: {name}")
                _guarded(partial(_fetch, file, out / name, download), address, out)
                target = out / name
                record[name] = FetchedFile(file.id, target.stat().st_size, file_digest(target))
                _write_record(out, record)
    say(f"{len(record)} files in {out}, sizes and digests in {out / RECORD}. Next: bench data audit {out}")


def _fetch(file: RemoteFile, target: Path, download: Download) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    download(file.id, unfinished)
    if not unfinished.is_file() or unfinished.stat().st_size == 0:
        raise OSError("nothing was received")
    unfinished.replace(target)


def _there(path: Path, fetched: FetchedFile | None) -> bool:
    return (
        fetched is not None
        and path.is_file()
        and path.stat().st_size == fetched.size
        and file_digest(path) == fetched.sha256
    )


def _safe(path: str) -> str:
    pure = PurePosixPath(path.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise RequestError(
            f"The Drive folder names a file {path!r}, which would leave the folder. Nothing was fetched."
        )
    return pure.as_posix()


def _guarded(work: Callable[[], Result], address: str, out: Path) -> Result:
    """Every way in which a download fails, as one paragraph."""
    try:
        return work()
    except BenchError:
        raise
    except Exception as error:  # gdown raises its own errors, those of requests, and OSError
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise FetchError(
            f"{address} could not be fetched: {reason} ({type(error).__name__}). Is there a network, and does Google "
            f"Drive not refuse for too many downloads? What has been fetched stays in {out}; the same command goes on "
            f"from there. Or open the folder in a browser, download it as a zip file and unpack it there."
        ) from None


def _gdown() -> ModuleType:
    try:
        import gdown
    except ImportError:
        raise RequestError("Fetching needs an extra package: pip install 'gapbench[fetch]'.") from None
    module: ModuleType = gdown
    return module


def _list_folder(address: str) -> list[RemoteFile]:
    files = _gdown().download_folder(url=address, skip_download=True, quiet=True, use_cookies=False)
    return [RemoteFile(file.id, file.path) for file in files]


def _download(file_id: str, target: Path) -> None:
    _gdown().download(id=file_id, output=str(target), quiet=True, use_cookies=False, resume=True)


def _read_record(out: Path) -> dict[str, FetchedFile]:
    file = out / RECORD
    if not file.is_file():
        return {}
    try:
        return {name: FetchedFile(**entry) for name, entry in json.loads(file.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError):
        raise RequestError(f"{file} is damaged. Delete it; files are then fetched again.") from None


def _write_record(out: Path, record: dict[str, FetchedFile]) -> None:
    entries = {name: asdict(entry) for name, entry in sorted(record.items())}
    write_output(out / RECORD, json.dumps(entries, indent=1) + "\n")
