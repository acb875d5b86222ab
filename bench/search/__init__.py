"""Wires studies to the engine: a trial is a handful of runs like any other. External cases are never opened."""
