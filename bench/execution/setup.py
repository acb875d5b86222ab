"""Sets torch up as a spec's numerics says. Changes process-wide settings."""

import gc
import os
import random
from typing import Literal

import numpy as np
import torch

from bench.config.options.numerics import cards_in, kind_of
from bench.execution.allocation import keep_freed
from bench.plan.spec import Numerics

Device = Literal["cpu", "cuda", "mps"]


def set_up(numerics: Numerics, card: str = "") -> torch.device:
    """Pin threads and determinism before a run; returns the device, which for CUDA means `card` in this process.

    Not deterministic: cuDNN tries which of its algorithms is fastest, and TF32 is allowed.
    """
    if card and numerics.device == "cuda":
        torch.cuda.set_device(card)
    exact = numerics.deterministic
    keep_freed()
    # torch reads it once a process, at the first matrix product; so a fast run must set it for a later exact one
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(numerics.threads)
    torch.use_deterministic_algorithms(exact)
    torch.backends.cudnn.benchmark = not exact
    torch.backends.cudnn.allow_tf32 = not exact
    torch.backends.cuda.matmul.allow_tf32 = not exact
    return torch.device(numerics.device)


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was given, as a clock must that times it. A CPU always has."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def free_memory() -> None:
    """Give back what this process keeps of a GPU's memory for later; what failed runs had is no longer in use."""
    gc.collect()
    torch.cuda.empty_cache()  # which does nothing where no GPU is used


def seed_everything(seed: int) -> None:
    """Seed the global generators of torch (of every device), numpy and Python, whichever a model draws from."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)


def available_devices() -> list[Device]:
    """Those of this machine, the fastest first."""
    there: dict[Device, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return [name for name, present in there.items() if present]


def card_names() -> list[str]:
    """`cuda:0` and so on."""
    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def card_models() -> dict[str, str]:
    """What each card is; a single one is not asked."""
    names = card_names()
    return {name: torch.cuda.get_device_name(name) if len(names) > 1 else "" for name in names}


def resolve_device(choice: str) -> Device:
    """The kind of device; `auto` is cuda, else mps, else cpu.

    Raises:
        ValueError: the device asked for is not there.
    """
    there, cards = available_devices(), card_names()
    if choice == "auto":
        return there[0]
    name = next((name for name in there if name == kind_of(choice)), None)
    if name is None or not set(cards_in(choice)) <= set(cards):
        known = ", ".join((*cards, *there))
        raise ValueError(f"Device {choice} is not available on this machine (--device). Available: {known}.")
    return name
