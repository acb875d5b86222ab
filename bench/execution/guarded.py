"""Executes a run so that its failure is a result and not the end of the experiment."""

import traceback
from collections.abc import Callable

from bench.execution.resources import Workshop
from bench.execution.run import NOTHING, execute
from bench.plan.spec import EpochRecord, RunResult, RunSpec


def execute_guarded(spec: RunSpec, workshop: Workshop, on_epoch: Callable[[EpochRecord], bool]) -> RunResult:
    """As `execute`; an exception (no memory left, an operator that a device lacks) becomes a failed result."""
    try:
        return execute(spec, workshop, on_epoch)
    except Exception as error:  # the other runs go on
        where = traceback.extract_tb(error.__traceback__)[-1]
        return RunResult(
            "failed", NOTHING, error=f"{type(error).__name__}: {error} ({where.filename}, line {where.lineno})"
        )
