"""DICOM files opened so that lengths in their headers cannot ask for more memory than the files hold. Reads files."""

import io
import os
from pathlib import Path

ASKED = 2**20  # bytes that may be asked for without a look at how many there are


class BoundedFile(io.BufferedReader):
    """Python sets aside as much memory as `read` is asked for, and a damaged header asks for up to 4 GiB."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """At most as many bytes as are left."""
        if size is not None and size > ASKED:
            size = min(size, max(0, self._size - self.tell()))
        return super().read(size)
