"""Which readers there are, and how image files are to be read, beside where they lie."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.data.passed_over import PassedOver
from bench.data.pseudonyms import Pseudonyms
from bench.data.tree.layout import Layout

MultiLabel = Literal["single-only", "priority", "others"]
GroupBy = Literal["patient", "study", "series"]
EVERY_SITE = "*"
AUTO_READER = "auto"
READERS = {
    "tree": "bench.data.tree.reader",
    "manifest": "bench.data.manifest.reader",
    "rsna-2019": "bench.data.public.rsna_2019",
    "cq500": "bench.data.public.cq500",
    "ct-ich": "bench.data.public.ct_ich",
    "bhsd": "bench.data.public.bhsd",
}
"""By name the module that reads a layout of data: its `read(path, site, options)` gives `FoundImage`s."""
READER_NAMES = (AUTO_READER, *READERS)
MANIFEST_COLUMNS = ("path", "label", "group", "site", "split", "mask", "part", "case_id", "z")


@dataclass(frozen=True)
class ReadOptions:
    """Settings that readers share.

    `pseudonyms` hides patients' names; `columns` says what a manifest calls the columns of `MANIFEST_COLUMNS`;
    `multilabel` is what becomes of a slice with several bleeds; `allow_outside` follows links and paths that leave
    the folder; `tree` says what folders name; `group_by` which DICOM identifier holds cases together; `root` where a
    manifest's paths begin, None for its own folder; with `internal_only` nothing of other sites is opened; with
    `any_sites` none of them need be the internal one; readers count in `passed_over` what becomes no case as it lies
    there.
    """

    pseudonyms: Pseudonyms
    columns: Mapping[str, str] = field(default_factory=dict)
    multilabel: MultiLabel = "single-only"
    allow_outside: bool = False
    tree: Layout = "auto"
    group_by: GroupBy = "patient"
    root: Path | None = None
    internal_only: bool = False
    any_sites: bool = False
    passed_over: PassedOver = field(default_factory=PassedOver, compare=False)

    def column(self, name: str) -> str:
        """What the manifest calls the column `name`."""
        return self.columns.get(name, name)
