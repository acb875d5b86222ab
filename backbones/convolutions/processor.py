"""What the processor can compute natively. Asks the system."""

import os
from functools import cache
from typing import Literal

import torch

InstructionSet = Literal["other", "avx2", "avx512", "avx512_bf16", "amx_bf16"]
_ORDER: tuple[InstructionSet, ...] = ("other", "avx2", "avx512", "avx512_bf16", "amx_bf16")
_LIMITS: dict[str, InstructionSet] = {
    "SSE41": "other",
    "AVX": "other",
    "AVX2": "avx2",
    "AVX2_VNNI": "avx2",
    "AVX2_VNNI_2": "avx2",
    "AVX512_CORE": "avx512",
    "AVX512_CORE_VNNI": "avx512",
    "AVX512_CORE_BF16": "avx512_bf16",
    "AVX512_CORE_FP16": "avx512_bf16",
}


@cache
def instruction_set() -> InstructionSet:
    """The best one that oneDNN may use here: ONEDNN_MAX_CPU_ISA holds it to an older one."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", os.environ.get("DNNL_MAX_CPU_ISA", "")).upper()
    return min(_native(), _LIMITS.get(limit, _ORDER[-1]), key=_ORDER.index)


def _native() -> InstructionSet:
    found: dict[InstructionSet, bool] = {
        "amx_bf16": _has("_is_amx_tile_supported"),
        "avx512_bf16": _has("_is_avx512_bf16_supported"),
        "avx512": _has("_is_avx512_supported"),
        "avx2": _has("_is_avx2_supported"),
    }
    return next((name for name, there in found.items() if there), "other")


def _has(probe: str) -> bool:
    """torch's own probes of the processor, where this version of it has them."""
    ask = getattr(torch.cpu, probe, None)
    return ask is not None and bool(ask())
