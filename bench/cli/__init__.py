"""The command line: `bench COMMAND`."""

from bench.cli.app import main, start

__all__ = ["main", "start"]
