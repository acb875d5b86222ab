"""Sets torch up as a spec's tooling says. Changes process-wide settings."""

import os
import platform
import sys
from pathlib import Path
from typing import Literal

import torch

from bench.plan.spec import Tooling

Device = Literal["cpu", "cuda", "mps"]


def set_up(tooling: Tooling) -> torch.device:
    """Pin threads and determinism before a run; returns the device."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts
    torch.set_num_threads(tooling.threads)
    torch.use_deterministic_algorithms(tooling.deterministic)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = not tooling.deterministic
    torch.backends.cuda.matmul.allow_tf32 = not tooling.deterministic
    return torch.device(tooling.device)


def resolve_device(choice: str) -> Device:
    """`auto` is cuda, else mps, else cpu.

    Raises:
        ValueError: the device asked for is not there.
    """
    there: dict[Device, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if choice == "auto":
        return next(name for name, present in there.items() if present)
    name = next((name for name in there if name == choice), None)
    if name is None or not there[name]:
        raise ValueError(
            f"Device {choice} is not available on this machine (--device). Available: "
            f"{', '.join(found for found, present in there.items() if present)}."
        )
    return name


def environment(tooling: Tooling) -> dict[str, str]:
    """What the machine and its libraries are, as far as they can decide the last bits of a result."""
    import numpy
    import timm

    found = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "timm": timm.__version__,
        "numpy": numpy.__version__,
        "platform": platform.platform(),
        "cpu": _cpu_model(),
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
        "device": tooling.device,
    }
    if tooling.device == "cuda":
        found |= {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda or ""}
    return found


def _cpu_model() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
