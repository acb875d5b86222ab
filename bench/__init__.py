"""The harness: command line, configuration, data, plan, execution, results."""

__version__ = "0.1.0"
