"""What a screen leaves in the results folder beside its runs: screen.json. Reads and writes it."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from bench.store.files import FolderFiles
from bench.store.folder import ResultsFolder
from bench.store.json_files import read_json_of

FILE = "screen.json"
ADVICE = "Give the bench screen command again to write it anew, or delete it."


class ScreenRecord(BaseModel):
    """left_out: backbones that could not be had, each with the reason."""

    model_config = ConfigDict(frozen=True)

    left_out: dict[str, str] = {}


def read_screen(folder: ResultsFolder) -> ScreenRecord:
    """Empty where nothing was screened.

    Raises:
        RequestError: the file is damaged.
    """
    if (folder.root / FILE).exists():
        FolderFiles(folder.root).refuse_damaged(FILE, ADVICE)
    return read_json_of(folder.root / FILE, ScreenRecord, ADVICE) or ScreenRecord()


def write_left_out(folder: ResultsFolder, left_out: Mapping[str, str], able: Sequence[str]) -> None:
    """Add those of a call, and take away those that could be had now. Call only while holding the folder's lock."""
    kept = {name: why for name, why in read_screen(folder).left_out.items() if name not in able}
    folder.files.write(FILE, ScreenRecord(left_out={**kept, **left_out}).model_dump_json(indent=1) + "\n")
