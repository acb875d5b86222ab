"""`bench init`: a first configuration for a folder of images or a manifest. Prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.command import options_of, reading_begins, takes


@takes(options_of("data audit"))
def init(
    path: Annotated[
        Path, typer.Argument(metavar="DIR|MANIFEST", help="A folder of images, or a table that names them.")
    ],
    out: Annotated[Path, typer.Option(help="Configuration file to write.")] = Path("experiment.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what an earlier call wrote.")] = False,
    **given: Any,
) -> None:
    """Look at images and write experiment.toml for bench run, with the reason for each choice.

    Patients, sites, classes, sizes and copies are found; nothing is asked. Example: bench init scans/
    """
    reading_begins(path)
    from bench.config.request import experiment_from
    from bench.engine.progress import DecodingProgress
    from bench.initial.conduct import conduct_init
    from bench.terminal import Terminal

    terminal, look = Terminal(), experiment_from(given)
    with DecodingProgress(terminal, "Looking at images") as progress:
        done = conduct_init(path, out, look, force=force, on_done=progress.update)
    for line in done.lines:
        terminal.say(line)
