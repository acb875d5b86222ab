"""A run's result as bytes that name no code, so that reading them runs none. Pure."""

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
from pydantic import TypeAdapter

from bench.plan.spec import EpochRecord, RunResult
from bench.plan.trace import Trace

_HISTORY, _TRACE = TypeAdapter(tuple[EpochRecord, ...]), TypeAdapter(Trace)
PLAIN = ("status", "timings", "environment", "error", "moved", "short_of_memory")


def packed(result: RunResult) -> bytes:
    """What `unpacked` reads."""
    rest = {name: getattr(result, name) for name in PLAIN}
    rest |= {"history": _HISTORY.dump_python(result.history), "trace": _TRACE.dump_python(result.trace)}
    content = BytesIO()
    text = np.frombuffer(json.dumps(rest).encode(), dtype=np.uint8)
    np.savez(content, probabilities=result.probabilities, model=np.frombuffer(result.model, dtype=np.uint8), rest=text)
    return content.getvalue()


def unpacked(content: bytes) -> RunResult:
    """The result.

    Raises:
        ValueError, KeyError: these are other bytes.
    """
    with np.load(BytesIO(content), allow_pickle=False) as parts:
        rest = json.loads(parts["rest"].tobytes())
        history, trace = _HISTORY.validate_python(rest.pop("history")), _TRACE.validate_python(rest.pop("trace"))
        result = RunResult(rest.pop("status"), parts["probabilities"], model=parts["model"].tobytes())
        return replace(result, history=history, trace=trace, **rest)
