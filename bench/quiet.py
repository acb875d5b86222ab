"""Keeps libraries from warning where their warnings say nothing new or quote patients' data."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings inside. For the whole process, so it is entered where threads are started, not in them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
