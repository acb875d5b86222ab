"""Pixels and weights in a place that all machines read."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from trees import missing

from bench.errors import RequestError
from bench.execution.delivery import NotDeliveredError, Parcel, file_digest
from bench.execution.node_cache import NodeCache


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 server on 127.0.0.1."""
    if not all(map(find_spec, ("moto", "s3fs", "flask"))):
        missing("moto[server] and s3fs are not installed")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="pixels")
        yield "s3://pixels/folder"
    finally:
        server.stop()


@pytest.fixture
def parcel(tmp_path: Path) -> Parcel:
    file = tmp_path / "cache" / "pixels" / "array.npy"
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(range(256)) * 1000)
    return Parcel("pixels/array.npy", file_digest(file))


def test_a_file_is_put_once_and_read_again(tmp_path: Path, parcel: Parcel) -> None:
    cache = NodeCache(f"file://{tmp_path}/shared")
    cache.put(tmp_path / "cache", [parcel])
    (stored,) = (tmp_path / "shared").iterdir()
    before = stored.stat()
    cache.put(tmp_path / "cache", [parcel])
    assert (stored.stat().st_ino, stored.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert b"".join(cache.chunks(parcel)) == (tmp_path / "cache" / parcel.place).read_bytes()


def test_any_protocol_will_do(tmp_path: Path, parcel: Parcel) -> None:
    cache = NodeCache("memory://somewhere/below")
    cache.put(tmp_path / "cache", [parcel])
    assert b"".join(cache.chunks(parcel)) == (tmp_path / "cache" / parcel.place).read_bytes()


def test_a_bucket_will_do(tmp_path: Path, parcel: Parcel, bucket: str) -> None:
    cache = NodeCache(bucket)
    cache.put(tmp_path / "cache", [parcel])
    cache.put(tmp_path / "cache", [parcel])
    assert b"".join(NodeCache(bucket).chunks(parcel)) == (tmp_path / "cache" / parcel.place).read_bytes()


def test_what_is_not_there_is_said_with_its_url(tmp_path: Path, parcel: Parcel) -> None:
    with pytest.raises(NotDeliveredError, match=rf"file://{tmp_path}/nothing/{parcel.name} cannot be read from this"):
        list(NodeCache(f"file://{tmp_path}/nothing").chunks(parcel))


def test_a_url_that_cannot_be_written_to_is_an_error_of_the_request(tmp_path: Path, parcel: Parcel) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=r"--node-cache file:.* cannot be written to: .*Give a URL"):
        NodeCache(f"file://{tmp_path}/file/below").put(tmp_path / "cache", [parcel])
    with pytest.raises(RequestError, match=r"--node-cache nonsense://x cannot be written to: .*nonsense"):
        NodeCache("nonsense://x").put(tmp_path / "cache", [parcel])
