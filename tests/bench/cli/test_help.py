"""What `--help` shows is what was written."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from processes import Bench
from typer.models import ArgumentInfo, OptionInfo

from bench.cli.app import DATA, FIRST, OUTCOME, SURE, WHICH, app
from bench.cli.data_command import data_app


def commands() -> Iterator[Any]:
    for prefix, group in (((), app), (("data",), data_app)):
        for known in group.registered_commands:
            callback = known.callback
            assert callback is not None
            yield pytest.param(callback, id=" ".join((*prefix, known.name or callback.__name__)))


@pytest.mark.parametrize("callback", commands())
def test_every_text_and_placeholder_is_shown(
    callback: Callable[..., Any], bench: Bench, request: pytest.FixtureRequest
) -> None:
    done = bench(*request.node.callspec.id.split(), "--help", COLUMNS="400")
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    for name, parameter in inspect.signature(callback).parameters.items():
        (about,) = parameter.annotation.__metadata__
        assert isinstance(about, OptionInfo | ArgumentInfo)
        for text in (about.help, about.metavar):
            assert " ".join((text or "").split()) in shown, (name, text)
    first = (inspect.getdoc(callback) or "").partition("\n")[0]
    assert first in shown
    example = f"Example: bench {request.node.callspec.id}"
    assert example in shown
    assert shown.index(example) < shown.index(first)


def test_commands_stand_under_the_question_that_they_answer(bench: Bench) -> None:
    shown = bench("--help").stdout
    headings = [FIRST, WHICH, SURE, OUTCOME, DATA]
    assert [shown.index(heading) for heading in headings] == sorted(shown.index(heading) for heading in headings)
    of_command = {known.name or known.callback.__name__: known.rich_help_panel for known in app.registered_commands}
    assert all(panel in headings for panel in of_command.values())
    assert (of_command["run"], of_command["search"], of_command["nondeterminism"]) == (FIRST, WHICH, SURE)
    first = shown[shown.index(FIRST) : shown.index(WHICH)]
    assert [name for name in of_command if f" {name} " in first and of_command[name] == FIRST] == [
        "demo",
        "init",
        "run",
    ]


def test_the_table_of_a_search_is_named(bench: Bench) -> None:
    shown = " ".join(bench("run", "--help").stdout.split())
    assert "those of a search under [search]. Options win." in shown
