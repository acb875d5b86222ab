"""What every worker process does first: leaves interrupts to its parent, and ends when that does."""

import os
import signal
import threading
from multiprocessing import connection, parent_process


def serve_parent() -> None:
    """Ignore interrupts, and end at once, whatever else is going on, when the parent process has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(1)
