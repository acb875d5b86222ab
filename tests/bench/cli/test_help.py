"""What `--help` shows is what was written."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from processes import Bench
from typer.models import ArgumentInfo, OptionInfo

from bench.cli.app import app
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


def test_the_table_of_a_search_is_named(bench: Bench) -> None:
    shown = " ".join(bench("run", "--help").stdout.split())
    assert "those of a search under [search]. Options win." in shown
