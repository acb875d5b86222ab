"""How progress is shown in notebooks. Prints."""

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.terminal import Terminal


def progress_terminal(*, quiet: bool = False) -> "Terminal":
    """Where progress goes: in a notebook a bar that moves, as far as ipywidgets is there; else lines, as in a pipe."""
    from bench.terminal import Terminal

    bars = in_notebook() and find_spec("ipywidgets") is not None
    return Terminal(quiet=quiet, force_interactive=True) if bars else Terminal(quiet=quiet)


def in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this process."""
    shell = sys.modules.get("IPython")
    kernel = shell.get_ipython() if shell is not None else None
    return type(kernel).__name__ == "ZMQInteractiveShell"
