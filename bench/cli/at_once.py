"""Says at once that a command has begun: the libraries it needs take seconds to load. Prints."""

import sys


def training_begins() -> None:
    """For commands that print how far they are, also into a file."""
    print("Checking the request …", flush=True)


def reading_begins(what: object) -> None:
    """For commands whose output is for programs as well: only to somebody who waits at a terminal."""
    if sys.stderr.isatty():
        print(f"Reading {what} …", file=sys.stderr, flush=True)
