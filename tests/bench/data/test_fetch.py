"""Fetching: what is there is not fetched again, what fails says so. Only the calls of Google Drive are stood in for."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from bench.data.fetch import FOLDERS, FetchError, RemoteFile, fetch_hematoma
from bench.errors import RequestError

CONTENT = {"i1": b"first", "i2": b"second", "e1": b"third"}


class Drive:
    """A stand-in for Google Drive that may lose its network after some downloads."""

    def __init__(self, until: int = 100) -> None:
        self.until, self.downloaded = until, list[str]()

    def list_folder(self, address: str) -> list[RemoteFile]:
        if address == FOLDERS["internal"]:
            return [RemoteFile("i1", "EDH/1.png"), RemoteFile("i2", "SDH/sub/2.png")]
        return [RemoteFile("e1", "EDH/1.png")]

    def download(self, file_id: str, target: Path) -> None:
        if len(self.downloaded) >= self.until:
            target.write_bytes(b"fir")
            raise ConnectionError("Network is unreachable")
        self.downloaded.append(file_id)
        target.write_bytes(CONTENT[file_id])


def fetch(out: Path, drive: Drive) -> list[str]:
    said: list[str] = []
    fetch_hematoma(out, said.append, list_folder=drive.list_folder, download=drive.download)
    return said


def test_sizes_and_digests_are_recorded(tmp_path: Path) -> None:
    fetch(tmp_path, Drive())
    assert (tmp_path / "internal" / "SDH" / "sub" / "2.png").read_bytes() == b"second"
    record = json.loads((tmp_path / "fetched.json").read_text())
    assert record["external/EDH/1.png"] == {
        "id": "e1",
        "size": 5,
        "sha256": hashlib.sha256(b"third").hexdigest(),
    }
    assert len(record) == 3


def test_an_interrupted_fetch_goes_on(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="Network is unreachable") as caught:
        fetch(tmp_path, Drive(until=1))
    assert "goes on from there" in str(caught.value)
    assert sorted(json.loads((tmp_path / "fetched.json").read_text())) == ["internal/EDH/1.png"]
    assert not (tmp_path / "internal" / "SDH" / "sub" / "2.png").exists()
    drive = Drive()
    fetch(tmp_path, drive)
    assert drive.downloaded == ["i2", "e1"]
    (tmp_path / "internal" / "EDH" / "1.png").write_bytes(b"other")
    again = Drive()
    fetch(tmp_path, again)
    assert again.downloaded == ["i1"]


@pytest.mark.parametrize("path", ["../x.png", "/x.png", "a/../../x.png", "..\\x.png", ""])
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    drive = Drive()
    with pytest.raises(RequestError, match="leave the folder"):
        fetch_hematoma(tmp_path / "out", print, list_folder=lambda _: [RemoteFile("i1", path)], download=drive.download)
    assert drive.downloaded == []


def test_an_empty_folder_or_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="lists no file"):
        fetch_hematoma(tmp_path, print, list_folder=lambda _: [], download=Drive().download)
    with pytest.raises(FetchError, match="nothing was received"):
        fetch_hematoma(tmp_path, print, list_folder=Drive().list_folder, download=lambda *_: None)


def test_the_real_call_without_a_network_or_without_gdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    with pytest.raises(FetchError, match="could not be fetched"):
        fetch_hematoma(tmp_path, print)
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(RequestError, match=r"gapbench\[fetch\]"):
        fetch_hematoma(tmp_path, print)
