"""The table of what the docs quote, and the checks that `make docs` makes."""

import shlex
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import report
from docs import metrics_page, pages
from docs.short_screen import cut
from reports.statistics.metrics import METRICS

ROOT = Path(__file__).parents[1]


def test_every_place_has_its_command_and_every_link_leads_somewhere() -> None:
    assert list(pages.wrong_marks()) == []
    assert list(pages.dead_links()) == []


def test_a_dead_link_an_unknown_heading_and_a_place_of_nobody_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/pages.toml").write_text('[fig]\nwhat = "x"\ncommands = ["true"]\npage = "docs/a.md"\n')
    (tmp_path / "README.md").write_text("[a](docs/b.md), [b](docs/a.md#what), [c](docs/a.md#it-costs-2--more)\n")
    (tmp_path / "docs/a.md").write_text("## It costs `2` % more\n\n<!-- other -->\n<!-- end of other -->\n")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    assert list(pages.dead_links()) == [
        "README.md: the link to docs/b.md leads nowhere.",
        "README.md: docs/a.md has no heading #what.",
    ]
    assert list(pages.wrong_marks()) == [
        "docs/a.md: the place <!-- fig --> is not there.",
        "docs/a.md: the place <!-- other --> is in no entry of docs/pages.toml.",
    ]


def test_what_a_command_prints_is_written_as_it_is_to_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    page = tmp_path / "a.md"
    page.write_text("before\n<!-- fig of make -->\nold\n<!-- end of fig -->\nafter\n")
    commands = ["echo not this", "printf 'one\\n\\n two\\n'"]
    quoted = pages.Part("fig", "a figure", commands, "a.md", "quoted")
    assert quoted.write(quoted.printed())
    assert page.read_text() == "before\n<!-- fig of make -->\n\n> one\n>\n>  two\n\n<!-- end of fig -->\nafter\n"
    assert not quoted.write(quoted.printed())
    with pytest.raises(SystemExit, match="ended with exit code 3; nothing was changed"):
        pages.Part("fig", "a figure", ["exit 3"], "a.md").printed()


def test_every_metric_has_its_line_and_what_guessing_reaches() -> None:
    lines = metrics_page.tables_text().splitlines()
    for metric in METRICS.values():
        assert sum(line.startswith(f"| `{metric.name}` | {metric.title} | ") for line in lines) == 1, metric.name
    assert metrics_page.guessing(METRICS["accuracy"]) == "0.50 or 0.17"  # 1/2 and 1/6
    assert metrics_page.guessing(METRICS["brier"]) == "0.50 or 0.83"  # 1 − 1/K of two and six classes
    assert "(…" not in "".join(lines)


def test_the_answer_and_the_standings_are_cut_from_the_screen() -> None:
    screen = "Data: some.\n\n  a is best.\n\nRank  Backbone\n   1  a\n      (guessing)\nIn brackets\n\n! Few seeds.\n"
    shown = "".join(f"    {line}".rstrip() + "\n" for line in screen.splitlines())
    page = f"# Demo\n\n    make demo\n\n<!-- overview of make demo -->\n\n{shown}\n<!-- end of overview -->\n"
    assert cut(page) == "  a is best.\n\nRank  Backbone\n   1  a\n      (guessing)"


def programs() -> Iterator[str]:
    """The modules that commands of the table run."""
    for part in pages.parts().values():
        for command in part.commands:
            words = shlex.split(command.replace("\\\n", " "))
            if words[:2] == ["python", "-m"]:
                yield words[2]


def test_every_program_of_the_table_is_there() -> None:
    found = set(programs())
    assert len(found) > 20
    assert [name for name in found if find_spec(name) is None] == []


@pytest.mark.parametrize("name", sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py")))
def test_every_benchmark_finds_what_it_measures(name: str) -> None:
    import_module(f"benchmarks.{name}")


def test_the_parts_of_the_report_that_are_timed_are_there() -> None:
    for places in report.PARTS.values():
        for module, name in places:
            assert callable(getattr(import_module(module), name))
