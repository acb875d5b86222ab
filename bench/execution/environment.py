"""What a run was made with, as far as it can decide the last bits of a result. Reads the system."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import torch

from backbones.convolutions.processor import instruction_set
from bench.execution.variables import KEY_VARIABLES
from bench.plan.spec import Numerics

_DRIVER = Path("/proc/driver/nvidia/version")


def environment(numerics: Numerics) -> dict[str, str]:
    """Libraries, processor, how torch is set up, and the variables that change what it computes, where they are set."""
    found = {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # which pickles without torch
        "torchvision": version("torchvision"),
        "timm": version("timm"),
        "numpy": version("numpy"),
        "platform": platform.platform(),
        "cpu": _cpu_model(),
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
        "device": numerics.device,
        "precision": numerics.precision,
        "layout": numerics.layout,
        "threads": str(torch.get_num_threads()),
        "deterministic": str(torch.are_deterministic_algorithms_enabled()),
    }
    if numerics.convolutions != "torch":
        found |= {"convolutions": numerics.convolutions, "convolutions_for": instruction_set()}
    if numerics.steps != "eager":
        found["steps"] = numerics.steps
    if numerics.device == "cuda":
        found |= gpu()
    return found | {name: os.environ[name] for name in KEY_VARIABLES if name in os.environ}


def gpu() -> dict[str, str]:
    """The card and what drives it."""
    return {
        "gpu": torch.cuda.get_device_name(),
        "compute_capability": ".".join(map(str, torch.cuda.get_device_capability())),
        "cuda": torch.version.cuda or "",
        "cudnn": str(cast(Any, torch.backends.cudnn).version()),
        "driver": _DRIVER.read_text().splitlines()[0] if _DRIVER.exists() else "",
    }


def _cpu_model() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
