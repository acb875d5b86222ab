"""An address at which no Ray cluster answers is said at once; Ray itself tries for two minutes, then ends all."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bench.errors import RequestError
from bench.execution.on_ray import connection


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def refused(port: int) -> str:
    with pytest.raises(RequestError, match="Give HOST:PORT as `ray start --head` printed it") as raised:
        connection.refuse_silent(f"127.0.0.1:{port}")
    return str(raised.value)


def test_nobody_there(listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    listening.close()
    assert f"No Ray cluster answers at --address 127.0.0.1:{port}: Connection refused." in refused(port)


def test_a_server_that_says_nothing(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SECONDS", 0.2)
    assert "timed out" in refused(listening.getsockname()[1])


def test_a_server_of_another_kind() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert "is no Ray cluster" in refused(server.server_address[1])


@pytest.mark.parametrize("address", ["auto", "127.0.0.1", ":6379", "ray://127.0.0.1:10001", "host:port"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(RequestError, match="is not HOST:PORT"):
        connection.refuse_silent(address)


def test_a_port_that_cannot_be() -> None:
    with pytest.raises(RequestError, match=r"No Ray cluster answers at --address 127\.0\.0\.1:99999"):
        connection.refuse_silent("127.0.0.1:99999")
