"""Damaged Parquet files: an error of Python, never the end of the process."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

FLIPPED = """
import sys
from pathlib import Path
from bench.data.parquet import read_bounded

file, begins = Path(sys.argv[1]), int(sys.argv[2])
sound, read, refused = file.read_bytes(), 0, 0
for place in range(begins, len(sound)):
    for flip in (1, 2, 4, 6, 8):
        file.write_bytes(sound[:place] + bytes([sound[place] ^ flip]) + sound[place + 1 :])
        try:
            read_bounded(file)
            read += 1
        except Exception:
            refused += 1
print(read, refused)
"""


def test_a_changed_byte_of_what_a_file_says_of_its_columns_does_not_end_the_process(tmp_path: Path) -> None:
    """Some of them make the sizes of a column contradict its type, for which pyarrow's C++ has an exception."""
    file = tmp_path / "folds.parquet"
    frame = pd.DataFrame({"case_id": ["a/1", "a/2", "b/1"], "seed": [0, 0, 1], "fold": [0, 1, 0]})
    frame.to_parquet(file, index=False)
    content = file.read_bytes()
    says = int.from_bytes(content[-8:-4], "little")  # the length of the footer, before the four bytes of PAR1
    done = subprocess.run(
        [sys.executable, "-c", FLIPPED, str(file), str(len(content) - 8 - says)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    read, refused = map(int, done.stdout.split())
    assert read > 0
    assert refused > 0
    assert read + refused == 5 * (says + 8)
