"""How progress is shown in notebooks. Prints."""

import sys
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.terminal import Terminal


def progress_terminal(*, quiet: bool = False) -> "Terminal":
    """Where progress goes: in a notebook a bar that moves, as far as ipywidgets is there; else lines, as in a pipe."""
    from bench.terminal import Terminal

    if not in_notebook():
        return Terminal(quiet=quiet)
    if find_spec("ipywidgets") is not None:
        return Terminal(quiet=quiet, force_interactive=True)
    warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm, of a library that is imported later
    return Terminal(quiet=quiet)


def in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this process."""
    shell = sys.modules.get("IPython")
    kernel = shell.get_ipython() if shell is not None else None
    return type(kernel).__name__ == "ZMQInteractiveShell"
