"""What another machine must have in common with the driver's. Asks the system."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from bench.version import __version__

DECISIVE = ("torch", "torchvision", "timm", "numpy")
"""Packages whose version can change a result."""


def versions() -> dict[str, str]:
    """Of all that decides a result and is installed here."""
    found = {"bench": __version__, "python": platform.python_version()}
    for name in DECISIVE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Versions of another machine that are not those of the driver's: `torch 2.6.0 (the driver's: 2.7.1)`."""
    return ", ".join(
        f"{name} {there.get(name)} (the driver's: {mine})" for name, mine in here.items() if there.get(name) != mine
    )


def instructions() -> str:
    """The processor's, as far as they decide how torch computes. Loads torch."""
    from backbones.convolutions.processor import instruction_set

    return instruction_set()
