"""Does something every few seconds beside the work. Starts a thread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from bench.store.working_process import BEAT


@contextmanager
def beating(beat: Callable[[], object]) -> Iterator[None]:
    """Call `beat` every `BEAT` seconds, while inside; it must not raise."""
    over = Event()

    def go_on() -> None:
        while not over.wait(BEAT):
            beat()

    thread = Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
