"""Files below a folder, by the ends of their paths. Reads folder listings."""

import os
import unicodedata
from collections import defaultdict
from functools import cached_property
from pathlib import Path

from bench.data.by_products import why_passed_over
from bench.data.kinds import KIND_OF_SUFFIX


class NamesBelow:
    """Answers which files a name may mean; the folder is listed once, when the first is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def ending_in(self, name: str) -> tuple[str, ...]:
        """Paths below the folder that are `name` or end in it, in whatever form of Unicode, sorted.

        Where there is none, those of images called so before their suffix. None of a name that leads elsewhere.
        """
        if not name or os.path.isabs(name) or "\0" in name or os.pardir in Path(name).parts:  # noqa: PTH117
            return ()
        wanted = _composed(os.path.normpath(name))
        exact = self._matching(wanted)
        return exact or tuple(found for suffix in KIND_OF_SUFFIX for found in self._matching(wanted + suffix))

    def _matching(self, wanted: str) -> tuple[str, ...]:
        candidates = self._by_name.get(os.path.basename(wanted), ())  # noqa: PTH119
        return tuple(
            path
            for path in candidates
            if f"/{_composed(path)}".endswith(f"/{wanted}") and (self._root / path).is_file()  # no pipe is opened
        )

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for folder, subfolders, names in os.walk(self._root):
            subfolders[:] = sorted(name for name in subfolders if not why_passed_over(name))
            for name in sorted(name for name in names if not why_passed_over(name)):
                path = os.path.relpath(os.path.join(folder, name), self._root)  # noqa: PTH118
                found[_composed(name)].append(path)
        return found


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
