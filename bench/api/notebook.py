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

    if quiet:
        return Terminal(quiet=True, force_jupyter=False)  # rich shows the frame of a bar also where it is quiet
    if not in_notebook():
        return Terminal()
    if find_spec("ipywidgets") is not None:
        return Terminal(force_interactive=True)
    warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm, of a library that is imported later
    return Terminal()


def in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this process."""
    shell = sys.modules.get("IPython")
    kernel = shell.get_ipython() if shell is not None else None
    return type(kernel).__name__ == "ZMQInteractiveShell"
