"""Every file that CONTRIBUTING.md names is there, and the tests that it points to are tests."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in PAGE.partition("## To add")[2].splitlines() if line.startswith("| ")][1:]


def named(text: str) -> list[str]:
    """Files and folders in code."""
    return re.findall(r"`((?:bench|reports|backbones|studies|benchmarks|tests|docs)/[^` ]*)`", text)


def test_every_file_that_is_named_is_there() -> None:
    files = named(PAGE)
    assert len(files) > 20
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_every_way_to_add_points_to_tests_of_it() -> None:
    assert len(ROWS) == 9
    for row in ROWS:
        tests = [file for file in named(row[-1]) if Path(file).name.startswith("test_")]
        assert tests, row[0]
        assert all("def test_" in (ROOT / file).read_text(encoding="utf-8") for file in tests)


def test_every_name_in_capitals_is_in_a_file_of_its_row() -> None:
    """Registries and the like, as they are called in the code."""
    for row in ROWS:
        files = [ROOT / file for file in named(row[1]) if file.endswith(".py")]
        texts = "".join(file.read_text(encoding="utf-8") for file in files)
        for name in re.findall(r"`([A-Z_]{4,}|[A-Z][a-z]+[A-Za-z]*)`", row[1]):
            assert name in texts or name == "FoundImage", (row[0], name)


def test_the_targets_of_make_that_are_named_are_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    asked = {name for page in pages for name in re.findall(r"make ([a-z-]+)", code_of(page))}
    assert asked - targets == set()


def code_of(page: Path) -> str:
    """What stands in code, in lines or blocks."""
    text = page.read_text(encoding="utf-8")
    return "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^    (.*)$", text, re.MULTILINE)])
