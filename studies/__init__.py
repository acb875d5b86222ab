"""Optuna studies: search spaces, pruning, nested search, storage. Knows trials, not images."""
