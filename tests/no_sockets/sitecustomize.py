"""Refuses every socket that could leave the machine, and writes each try into the file that $SOCKETS_SEEN names.

Python runs this when it starts, in workers too, where this folder is on PYTHONPATH.
"""

import os
import socket
import sys
from pathlib import Path

SEEN = Path(os.environ["SOCKETS_SEEN"])


def note(line: str) -> None:
    with SEEN.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook (https://docs.python.org/3/library/audit_events.html); sockets between processes pass."""
    if not event.startswith("socket.") or event == "socket.gethostname":
        return
    one, *others = arguments or (None,)
    family = others[0] if event == "socket.__new__" else getattr(one, "family", None)
    if family == socket.AF_UNIX:
        return
    others = [str(other) for other in arguments if not isinstance(other, socket.socket)]
    note(f"{event} {' '.join(others)}")
    raise PermissionError("a socket was to be opened")


note(f"process {os.getpid()}")
sys.addaudithook(refuse)
