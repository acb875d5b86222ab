"""Small sets of real photographs with seeded faults, and an audit of them."""

import hashlib
import json
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import skimage
from PIL import Image

from bench.audit.conduct import look_through
from bench.audit.inventory import take_inventory
from bench.audit.markdown import audit_markdown
from bench.cli import main
from bench.data.images import PixelSettings
from bench.data.options import ReadOptions
from bench.data.pseudonyms import Pseudonyms

Photos = dict[str, Image.Image]
Audited = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def photos() -> Photos:
    """Photographs and micrographs that scikit-image carries, 96 × 96, in grey."""
    folder = Path(skimage.__file__).parent / "data"
    names = ("astronaut", "camera", "coins", "moon", "page", "chelsea", "coffee", "cell", "brick", "grass")
    return {name: Image.open(folder / f"{name}.png").convert("L").resize((96, 96)) for name in names}


@pytest.fixture
def tree(tmp_path: Path, photos: Photos) -> Path:
    """Two classes of two photographs each, with nothing wrong."""
    for file, name in {"a/1": "astronaut", "a/2": "camera", "b/3": "coins", "b/4": "moon"}.items():
        path = tmp_path / "tree" / f"{file}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        photos[name].save(path)
    return tmp_path / "tree"


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    """Audit paths without drawing the figure, which takes longest: tmp_path/audit.json and its content."""

    def call(*paths: str | Path, reader: str = "auto", max_pixels: int = 10**8, **options: Any) -> dict[str, Any]:
        read = ReadOptions(Pseudonyms.fresh(), **options)
        audit = look_through(take_inventory([*map(str, paths)], reader, read), PixelSettings(), max_pixels)
        (tmp_path / "audit.json").write_text(json.dumps(audit.to_dict()))
        (tmp_path / "audit.md").write_text(audit_markdown(audit))
        content: dict[str, Any] = json.loads((tmp_path / "audit.json").read_text())
        return content

    return call


class Done(NamedTuple):
    code: object
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`bench data …` to its end, in this process: starting one takes longer than most of these commands."""

    def call(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["bench", "data", *map(str, arguments)])
        before = signal.getsignal(signal.SIGTERM)
        capfd.readouterr()
        try:
            with pytest.raises(SystemExit) as end:
                main()
        finally:
            signal.signal(signal.SIGTERM, before)
        return Done(end.value.code, *capfd.readouterr())

    return call


@pytest.fixture
def refused(command: Callable[..., Done], listing: Callable[[Path], dict[str, str]]) -> Callable[..., None]:
    """A command that is refused: one paragraph, exit code 2, and nothing changed below a folder."""

    def check(message: str, below: Path, *arguments: str | Path) -> None:
        before = listing(below)
        done = command(*arguments)
        assert (done.code, done.out) == (2, "")
        assert message in " ".join(done.err.split())
        assert "Traceback" not in done.err
        assert listing(below) == before

    return check


@pytest.fixture
def listing() -> Callable[[Path], dict[str, str]]:
    """What lies below a folder: folders, links with where they lead, files with their digest."""

    def call(root: Path) -> dict[str, str]:
        return {str(path.relative_to(root)): _what(path) for path in sorted(root.rglob("*"))}

    return call


def _what(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def contents() -> Callable[[Path], Counter[bytes]]:
    """How often each content lies below a folder, wherever and under whatever name; but for logs."""

    def call(root: Path) -> Counter[bytes]:
        files = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".jsonl"]
        return Counter(path.read_bytes() for path in files)

    return call


@pytest.fixture
def faulty(tree: Path, photos: Photos) -> Path:
    """The clean tree with one fault of each kind that cleaning acts on."""
    (tree / "a" / "cut.png").write_bytes((tree / "a" / "1.png").read_bytes()[:900])
    Image.new("L", (50, 50), 30).save(tree / "a" / "empty.png")
    photos["camera"].save(tree / "a" / "again.bmp")
    photos["coins"].save(tree / "b" / "saved.jpg", quality=85)
    for label in ("a", "b"):
        photos["page"].save(tree / label / "page.png")
    return tree


@pytest.fixture
def chosen() -> dict[str, set[str]]:
    """What is to be moved out of `faulty` for each kind of finding."""
    return {
        "unreadable": {"a/cut.png"},
        "blank": {"a/empty.png"},
        "identical": {"a/again.bmp"},  # of the two pages nobody knows which label is right
        "near duplicate": {"b/saved.jpg"},
        "conflicting labels": {"a/page.png", "b/page.png"},
    }


@pytest.fixture
def files_below() -> Callable[[Path], set[str]]:
    """Relative paths of the files and links below a folder."""
    return _files_below


@pytest.fixture
def moved() -> Callable[[Path], set[str]]:
    """What lies in a folder's quarantine, by its old place below the folder."""

    def call(root: Path) -> set[str]:
        inside = root / ".quarantine"
        place = inside if inside.is_dir() else root.with_name(f".{root.name}-quarantine")
        return _files_below(place / "files")

    return call


def _files_below(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}
