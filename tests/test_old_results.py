"""What earlier releases stored is read for ever; what a later one stored is refused with the version that is needed."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept_results import COMMANDS, KEPT, unpack
from processes import Bench

from bench.formats import FORMAT
from bench.store.json_files import sealed
from bench.verify.conduct import MADE_FROM, differences
from bench.version import __version__

ARCHIVES = sorted(KEPT.glob("results-*.tar.xz"))
RESULTS = {"run": "runs", "search": "trials", "repeats": "repeats", "imported": "runs"}
LATER = {"format": FORMAT + 1, "written_by": "gapbench 9.7.5"}


@pytest.fixture(scope="module", params=ARCHIVES, ids=lambda archive: archive.name)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a release left, to read only."""
    root = tmp_path_factory.mktemp("kept")
    unpack(request.param, root)
    return root


@pytest.fixture
def own(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it, with the working folder there."""
    root = Path(shutil.copytree(kept, tmp_path / "own"))
    monkeypatch.chdir(root)
    return root


def stored(root: Path) -> dict[str, bytes]:
    """Files of all runs, by run and name."""
    files = [file for results, runs in RESULTS.items() for file in root.glob(f"{results}/{runs}/*/*")]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def listing(root: Path) -> dict[str, bytes]:
    """Contents of all files below a folder but locks; or of the one file."""
    files = [root, *sorted(root.rglob("*"))]
    return {str(file): file.read_bytes() for file in files if file.is_file() and file.name != ".lock"}


def test_there_is_one_of_the_first_release_that_named_formats() -> None:
    assert "results-0.2.0.tar.xz" in [archive.name for archive in ARCHIVES]
    assert sum(archive.stat().st_size for archive in ARCHIVES) < 300_000 * len(ARCHIVES)


def test_every_file_is_still_known_and_whole(kept: Path, bench: Bench) -> None:
    before = listing(kept)
    for results in RESULTS:
        done = bench("status", kept / results, "--verify")
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Nothing is damaged."), done.stdout + done.stderr
    told = json.loads(bench("status", kept / "run", "--json").stdout)
    assert {name: told["runs"][name] for name in ("planned", "done", "left", "failed", "unplanned")} == {
        **{"planned": 8, "done": 8},
        **{"left": 0, "failed": 0, "unplanned": 0},
    }
    assert told["problems"] == []
    (study,) = json.loads(bench("status", kept / "search", "--json").stdout)["studies"]
    assert (study["study"], study["complete"], study["left"]) == ("test_resnet", 2, 0)
    assert listing(kept) == before


@pytest.mark.parametrize("results", ["run", "imported"])
def test_its_predictions_give_the_numbers_that_it_printed(own: Path, bench: Bench, results: str) -> None:
    done = bench("verify", results)
    assert done.returncode == 0, done.stdout
    assert "The report is the one that these predictions give" in done.stdout
    then = json.loads((own / results / "leaderboard.json").read_text("utf-8"))
    (own / results / "leaderboard.json").unlink()
    now = json.loads(bench("report", results, "--format", "json").stdout)
    since = {"overview"} - set(then)  # what that release did not write
    kept = {key: value for key, value in now.items() if key not in since}
    assert list(differences({**then, MADE_FROM: ""}, {**kept, MADE_FROM: ""})) == []


def test_its_search_study_and_explanation_are_in_the_report(own: Path, bench: Bench) -> None:
    page = bench("report", "run", "--format", "html")
    assert page.returncode == 0, page.stderr
    text = (own / "run/report.html").read_text("utf-8")
    assert all(word in text for word in ("test_efficientnet", "Where the models look", "Maps of test_resnet"))
    searched, repeated = bench("report", "search"), bench("report", "repeats")
    assert (searched.returncode, repeated.returncode) == (0, 0), searched.stderr + repeated.stderr
    assert "Best inner score" in searched.stdout
    assert "Control" in repeated.stdout


@pytest.mark.parametrize("command", ["run", "search", "nondeterminism", "import"])
def test_the_same_command_finds_all_of_it_done(own: Path, bench: Bench, command: str) -> None:
    """So no name of a run has changed: another name would be another run."""
    before = stored(own)
    done = bench(*COMMANDS[command])
    assert done.returncode == 0, done.stderr
    assert stored(own) == before
    if command == "run":
        assert "All 8 runs are stored; nothing to train." in done.stdout


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("run/runs/*/run.json", ["status", "run"]),
        ("run/runs/*/run.json", ["status", "run", "--verify"]),
        ("run/runs/*/run.json", ["report", "run"]),
        ("run/runs/*/run.json", COMMANDS["run"]),
        ("run/.digests.json", ["status", "run"]),
        ("run/.digests.json", ["status", "run", "--verify"]),
        ("run/.digests.json", ["verify", "run"]),
        ("run/.digests.json", COMMANDS["run"]),
        ("run/.digests.json", COMMANDS["explain"]),
        ("imported/.digests.json", COMMANDS["import"]),
        ("search/.digests.json", COMMANDS["search"]),
        ("repeats/.digests.json", COMMANDS["nondeterminism"]),
        ("search/search/*.json", ["report", "search"]),
        ("run/explain/explain.json", ["report", "run", "--format", "html"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value[:1]),
)
def test_a_folder_of_a_later_release_is_refused_and_left_as_it_is(
    own: Path, bench: Bench, name: str, command: list[str]
) -> None:
    file = min(own.glob(name))
    content = json.loads(file.read_text("utf-8"))
    beside = content.pop("sha256")
    file.write_text(sealed(json.dumps({**LATER, **content}), file.name, {**beside, file.name: ""}))
    before = listing(file if "explain" in name else own)  # the page comes after a leaderboard, which may be made anew
    done = bench(*command)
    assert done.returncode == 2, done.stdout + done.stderr
    said = " ".join(done.stderr.split())
    assert f"has format {FORMAT + 1}, and this is gapbench {__version__}, which reads formats up to {FORMAT}" in said
    assert "Install gapbench 9.7.5 or newer, which wrote it" in said
    assert os.path.basename(file) in said  # noqa: PTH119
    assert listing(file if "explain" in name else own) == before
