"""The command line: `bench COMMAND`."""

from bench.cli.app import main

__all__ = ["main"]
