"""The connection of this process to a Ray cluster, or to one that it begins. Starts and ends processes."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from bench.errors import RequestError
from bench.processes import TO_END, cores

SECONDS = 6.0  # until an address must have answered
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a conversation of HTTP/2 begins, with settings that are none: https://www.rfc-editor.org/rfc/rfc9113#section-3.4"""
SETTINGS = 4  # the type of a frame, its fourth byte
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_DEDUP_LOGS": "0"}
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Makes Ray listen on 127.0.0.1 alone, as it does by itself where it can have no cluster."""


@contextmanager
def connected(address: str | None, cpus: int) -> Iterator[Any]:
    """The module `ray`, connected; without an address to a cluster of this machine alone that ends with this.

    A program that has connected by itself keeps its connection.

    Raises:
        RequestError: Ray is not installed, or nobody answers at the address.
    """
    if address:
        refuse_silent(address)
    os.environ.update(QUIET if address else {**QUIET, **LOOPBACK})
    ray = _imported()
    if ray.is_initialized():
        yield ray
        return
    with ExitStack() as stack:
        stack.callback(ray.shutdown)
        _begin(ray, address, cpus)
        yield ray


def refuse_silent(address: str) -> None:
    """Raise `RequestError` where no server of Ray's kind answers. Ray itself would try for two minutes."""
    advice = "Give HOST:PORT as `ray start --head` printed it, or leave --address out to begin Ray on this machine."
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "//" in host:
        raise RequestError(f"--address {address} is not HOST:PORT. {advice}")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS) as line:
            if os.environ.get("RAY_USE_TLS", "0") in ("1", "true"):
                return
            line.settimeout(SECONDS)
            line.sendall(PREFACE)
            answer = line.recv(9)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise RequestError(f"No Ray cluster answers at --address {address}: {why}. {advice}") from None
    if len(answer) < 4 or answer[3] != SETTINGS:
        raise RequestError(f"What answers at --address {address} is no Ray cluster. {advice}")


def _imported() -> Any:
    try:
        import ray
    except ImportError:
        raise RequestError("--executor ray needs the package ray: pip install 'gapbench[ray]'.") from None
    return ray


def _begin(ray: Any, address: str | None, cpus: int) -> None:
    quiet = {"log_to_driver": False, "configure_logging": False, "logging_level": "ERROR"}
    here = {} if address else {"num_cpus": max(cores(), cpus), "include_dashboard": False}
    with _own_signals():
        try:
            ray.init(address=address or "local", **here, **quiet)
        except (RuntimeError, ConnectionError, ValueError) as error:
            where = f"The Ray cluster at --address {address} cannot be used" if address else "Ray does not start"
            raise RequestError(f"{where}: {' '.join(str(error).split())}") from error


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray puts handlers of its own in the place of those of the process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *TO_END)}
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(ValueError, TypeError):  # not the main thread, or a handler that is not Python's
                signal.signal(number, handler)
