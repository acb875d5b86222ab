"""What becomes of the files that pydicom ships to test itself with, as a Markdown table.

python -m benchmarks.dicom_files
"""

from collections import Counter
from pathlib import Path

import pydicom
from tabulate import tabulate

from bench.data.dicom.header import read_header
from bench.data.dicom.images import dicom_images
from bench.data.reading import UnreadableImage
from bench.data.windows import DEFAULT, parse_windows
from bench.quiet import quiet

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
READ = "read"


def outcome(file: Path) -> str:
    """`read` with the number of frames and the size, or why the file is refused."""
    try:
        frames = read_header(file).frames
    except UnreadableImage as error:
        return str(error)
    for image in dicom_images(file, range(frames), parse_windows(DEFAULT), 10**8):
        if isinstance(image, UnreadableImage):
            return str(image)
    return f"{READ}, {frames} frame(s) of {image.image.width} × {image.image.height}"


def main() -> None:
    with quiet():
        found = {file.name: outcome(file) for file in sorted(FOLDER.glob("*.dcm"))}
    read = {name: text for name, text in found.items() if text.startswith(READ)}
    refused = {name: text for name, text in found.items() if name not in read}
    print(f"Of {len(found)} files of pydicom {pydicom.__version__}, {len(read)} are read and {len(refused)} refused.\n")
    print(tabulate(Counter(refused.values()).most_common(), ["Why refused", "Files"], tablefmt="github"))
    print()
    print(tabulate([[f"`{name}`", text] for name, text in found.items()], ["File", "Outcome"], tablefmt="github"))


if __name__ == "__main__":
    main()
