"""One digest of all that a leaderboard is made from. Reads predictions."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from bench.report.entries import Stored
from bench.store.runs import TEXT, StoredRun
from bench.store.snapshot import identities

FORM = "gapbench-1"
"""Raised where the same results would give another digest."""


def supplement_digest(stored: Stored) -> str:
    """SHA-256 of classes, cases, folds and the predictions of ranked runs, in hexadecimal.

    Paths, names of patients, how files are compressed, and the machine decide nothing.
    """
    digest = hashlib.sha256()
    for part in _parts(stored):
        digest.update(json.dumps(part, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def _parts(stored: Stored) -> Iterable[Any]:
    yield [FORM, list(stored.experiment.class_order or ())]
    yield sorted([case, label, content, group or ""] for case, label, content, group in identities(stored.cases))
    yield sorted([seed, case, fold] for seed, fold_of in stored.folds.by_seed.items() for case, fold in fold_of.items())
    for run in sorted((run for runs in stored.runs for run in runs), key=lambda run: run.run_id):
        spec, weights = run.record.spec, run.record.weights
        yield [run.run_id, spec.backbone, weights.source, weights.digest, spec.recipe_label, spec.seed, spec.fold]
        yield _predictions(run)


def _predictions(run: StoredRun) -> list[Any]:
    """Columns by name: texts as they are, probabilities by the bytes of their 32-bit numbers; rows by site and case."""
    frame = run.predictions().astype(dict.fromkeys(TEXT, str)).sort_values(["site", "case_id"], kind="stable")
    return [[name, list(frame[name]) if name in TEXT else _bits(frame[name])] for name in sorted(frame.columns)]


def _bits(numbers: pd.Series) -> str:
    return hashlib.sha256(np.asarray(numbers, "<f4").tobytes()).hexdigest()
