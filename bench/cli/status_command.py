"""`bench status`: what is done, running, left and failed in a results folder. Prints; never writes to the folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.command import reading_begins
from bench.printing import shown, to_output

if TYPE_CHECKING:
    from rich.table import Table as Drawn

    from reports.tables.table import Table


def status(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
    as_json: Annotated[bool, typer.Option("--json", help="For programs; docs/command-line.md has the keys.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the digest of every stored file instead; ends with 3 on damage.")
    ] = False,
) -> None:
    """Say what is done, running, left and failed; also while another process is at work there.

    Trains nothing and writes nothing. Example: bench status results
    """
    reading_begins(results)
    import json

    if verify:
        from bench.store.check import check_folder
        from bench.terminal import Terminal

        checked = check_folder(results.expanduser())
        for line in checked.lines():
            Terminal().say(line)
        raise typer.Exit(3 if checked.damaged else 0)
    from bench.status.read import read_status

    found = read_status(results.expanduser())
    if as_json:
        to_output(json.dumps(found.to_dict(), indent=1, allow_nan=False))
        return
    from bench.status.tables import lines, tables
    from bench.terminal import Terminal
    from reports.draw.markdown_table import table_markdown

    terminal = Terminal()
    for table in tables(found):
        if terminal.is_interactive:
            terminal.print(_drawn(table))
        else:
            to_output(table_markdown(table))
    for line in lines(found):
        terminal.say(line)


def _drawn(table: "Table") -> "Drawn":
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    from reports.draw.notation import plain

    table = table.for_readers()
    drawn = Drawn(title=Text(shown(table.title)), title_justify="left", box=box.SIMPLE_HEAD)
    for column in table.columns:
        drawn.add_column(Text(shown(column.title)), justify="left" if column.kind == "text" else "right")
    for row in table.rows:
        drawn.add_row(*(Text(shown(plain(item, column))) for item, column in zip(row, table.columns, strict=True)))
    return drawn
