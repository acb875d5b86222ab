"""A results folder's own files, each with its digest in .digests.json. Reads and writes the folder."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.atomic import write_atomically, write_text
from bench.errors import RequestError
from bench.formats import NewerError
from bench.store.claim import another_writes
from bench.store.digests import CHANGED, digest_of, file_digest
from bench.store.json_files import read_json_of, sealed

MANIFEST = ".digests.json"
ABSENT = ""
ADVICE = (
    "It says what other files were when they were written: restore it from a copy, or delete it where you know that "
    "they are as they were."
)
EDITABLE = ("experiment.toml", "folds.parquet")
"""What a user may edit: a change of them is said, and they are used as they are."""
COMPILED = ("leaderboard.md", "leaderboard.json")
"""What is made anew from the runs where it was changed."""


@dataclass(frozen=True)
class Accepted:
    """What the manifest holds: by name the digests that a file may have, `ABSENT` where it may be missing.

    There are two while a file is replaced, so that a process killed in between leaves no false alarm.
    """

    files: Mapping[str, list[str]]


class FolderFiles:
    """Writes files of one folder by their names below it, and tells whether they are as they were written.

    A file that the manifest does not name was written before there were digests: it passes. Write only while holding
    the folder's lock.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, content: bytes | str) -> Path:
        """Replace a file; returns its path."""
        return self.write_all({name: content})[0]

    def write_all(self, contents: Mapping[str, bytes | str]) -> list[Path]:
        """Replace several files, in this order; returns their paths."""
        encoded = {name: text.encode() if isinstance(text, str) else text for name, text in contents.items()}
        self.accept({name: digest_of(content) for name, content in encoded.items()})
        for name, content in encoded.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            write_atomically(self.root / name, partial(Path.write_bytes, data=content))
        self.settle()
        return [self.root / name for name in encoded]

    def remove(self, names: Iterable[str]) -> None:
        """Delete files, as far as they are there."""
        there = [name for name in names if (self.root / name).exists() or self.accepted().get(name)]
        if there:
            self.accept(dict.fromkeys(there, ABSENT))
        for name in there:
            (self.root / name).unlink(missing_ok=True)

    def accept(self, digests: Mapping[str, str]) -> None:
        """Note what files are about to become, beside what they are now. Call `settle` when they are there."""
        files = self._settled()
        for name, digest in digests.items():
            now = file_digest(self.root / name)
            before = [now] if name not in files or now in files[name] else []
            files[name] = list(dict.fromkeys([*before, digest]))
        self._note({name: known for name, known in files.items() if known != [ABSENT] or name in digests})

    def settle(self) -> None:
        """Note which files are there: from now on one of them that is missing is damaged."""
        if (settled := self._settled()) != self.accepted():
            self._note(settled)

    def _settled(self) -> dict[str, list[str]]:
        def settled(name: str, known: list[str]) -> list[str]:
            there = len(known) > 1 and ABSENT in known and (self.root / name).exists()
            return [one for one in known if one != ABSENT] if there else known

        return {name: settled(name, known) for name, known in self.accepted().items()}

    def _note(self, files: Mapping[str, list[str]]) -> None:
        content = json.dumps({"files": {name: files[name] for name in sorted(files)}})
        write_text(self.root / MANIFEST, sealed(content, MANIFEST))

    def accepted(self) -> Mapping[str, list[str]]:
        """What the manifest names; nothing where there is none.

        Raises:
            RequestError: it is damaged.
        """
        found = read_json_of(self.root / MANIFEST, Accepted, ADVICE)
        return found.files if found else {}

    def refuse_newer(self) -> None:
        """Raise `NewerError` where a later release has written to the folder in a format of its own."""
        try:
            self.accepted()
        except NewerError:
            raise
        except RequestError:
            return  # damaged: said by those who need it

    def damage(self, name: str) -> str:
        """How a file is not as it was written; empty where it is, or where that is not known."""
        known = self.accepted().get(name)
        while known is not None and (found := file_digest(self.root / name)) not in known:
            before, known = known, self.accepted().get(name)
            if known == before:  # else it was replaced between the two readings
                return CHANGED if found else "" if another_writes(self.root) else "it is missing"
        return ""

    def refuse_damaged(self, name: str, advice: str) -> None:
        """Raise `RequestError` where a file is not as it was written; `advice` says what to do."""
        if why := self.damage(name):
            raise RequestError(f"{self.root / name} is damaged ({why}). {advice}")

    def changed(self) -> list[str]:
        """What to say of files that were edited, or that are made anew because they were."""
        says = {
            **dict.fromkeys(EDITABLE, "it is used as it is now. If nobody edited it, restore it"),
            **dict.fromkeys(COMPILED, "it is made anew from the runs"),
        }
        return [
            f"{self.root / name} was changed since bench wrote it: {says[name]}."
            for name in says
            if self.damage(name) == CHANGED
        ]
