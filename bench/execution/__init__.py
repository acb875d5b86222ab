"""Executes run specs. The only part of the harness that imports torch."""
