"""An option is declared once; everything else that knows of it follows."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from bench.cli.command import AsWritten, Parameter, takes
from bench.config.experiment import Experiment
from bench.config.faults import checked
from bench.config.request import ConfigFile, options_from
from bench.errors import RequestError
from bench.option import DATA, TRAINING, declared, option
from docs.command_line import table, tables_text
from docs.options import ARGUMENTS, MODELS, PARAMETERS, arguments_text, parameters, parameters_text

PAGE = Path(__file__).parents[3] / "docs" / "command-line.md"
TO_DO = "write it anew: make page NAME=command-line"


def test_what_is_generated_is_up_to_date() -> None:
    assert PARAMETERS.read_text(encoding="utf-8") == parameters_text(), TO_DO
    assert ARGUMENTS.read_text(encoding="utf-8") == arguments_text(), TO_DO
    page = PAGE.read_text(encoding="utf-8").partition("<!-- command-line -->\n\n")[2]
    assert page.partition("\n\n<!-- end of command-line -->")[0] == tables_text(), TO_DO


class Toy(Experiment):
    """An experiment with one option more: this field is the only edit."""

    colour: Literal["red", "green"] = option("red", "Colour of everything: {choices}.", panel=DATA)


TOYS = {**{model: place for model, place in MODELS.items() if model is not Experiment}, Toy: ""}


@pytest.mark.parametrize("command", TRAINING)
def test_a_new_field_is_an_option_wherever_options_are_known(command: str) -> None:
    rows = [Parameter(**row) for row in json.loads(parameters_text(TOYS))[command]]
    told: list[dict[str, Any]] = []

    @takes(rows)
    def toy(**given: Any) -> None:
        told.append(given)

    app = typer.Typer()
    app.command(cls=AsWritten)(toy)
    done = CliRunner().invoke(app, ["--colour", "green", "--seeds" if command != "nondeterminism" else "--seed", "7"])
    assert done.exit_code == 0, done.output
    assert options_from(Toy, told[0]).colour == "green"
    assert "Colour of everything: red or green. [red]" in " ".join(
        CliRunner().invoke(app, ["--help"], env={"COLUMNS": "300"}).output.split()
    )
    (complete,) = [one.complete for one in rows if one.name == "colour"]
    assert complete is not None
    assert complete("g") == ["green"]
    line = "| `--colour` | `red`, `green` | red | Colour of everything. | `colour` |"
    assert line in table(toy, {"colour": "colour"}).splitlines()


def test_a_new_field_is_a_key_of_the_file_and_an_argument_in_python() -> None:
    assert checked(Toy, {"colour": "green"}, "e.toml").colour == "green"
    with pytest.raises(RequestError, match=r"in the command line: --colour must be 'red' or 'green', not 'blue'"):
        options_from(Toy, {"colour": "blue"})
    assert '    colour: Literal["red", "green"]\n' in arguments_text(TOYS)


def test_no_two_options_of_a_command_have_one_name() -> None:
    for command in json.loads(parameters_text()):
        names = [row["name"] for row in parameters(command)]
        assert len(names) == len(set(names)), command


def test_every_option_names_commands_that_are_there(tmp_path: Path) -> None:
    known = {*TRAINING, "explain", "report", "dashboard", "data audit", "data show"}
    for model in MODELS:
        for one in declared(model):
            assert set(one.option.commands) <= known, one.key
    assert [one.flag for one in declared(ConfigFile)] == ["--config"]
