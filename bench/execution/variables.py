"""Environment variables that change what torch computes. Needs no torch. Reads and sets the environment."""

import os
from collections.abc import Mapping

KEY_VARIABLES = (
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ATEN_CPU_CAPABILITY"),
    *("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
    *("NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG", "CUDA_VISIBLE_DEVICES", "CUDA_LAUNCH_BLOCKING"),
    *("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ENABLE_MPS_FALLBACK", "PYTHONHASHSEED"),
)

OF_A_NODE = ("CUDA_VISIBLE_DEVICES",)
"""Those that a machine, or who shares it out, decides."""


def inherited() -> dict[str, str | None]:
    """What a child of this process would inherit of the others; None where one is not set."""
    return {name: os.environ.get(name) for name in KEY_VARIABLES if name not in OF_A_NODE}


def inherit(variables: Mapping[str, str | None]) -> None:
    """Become as a child of the process that `inherited` was called in. Call before torch is imported."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
