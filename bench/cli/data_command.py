"""`bench data`: make, fetch, look through and clean data sets. Prints."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.command import AsWritten, reading_begins
from bench.cli.look_commands import audit, clean, show
from bench.printing import to_output

data_app = typer.Typer(
    no_args_is_help=True,
    help="Make, fetch, look through and clean data sets.\n\n"
    "Your images: bench data audit DIR. Synthetic ones: bench data phantom --out heads.",
)


@data_app.command(cls=AsWritten)
def phantom(
    out: Annotated[Path, typer.Option(help="New folder.")],
    cases: Annotated[int, typer.Option(min=6, help="Internal heads.")] = 600,
    external_cases: Annotated[int, typer.Option(min=6, help="Heads of each external site.")] = 240,
    slices: Annotated[int, typer.Option(help="Slices of each head, 1 to 9; the head is then a group.")] = 1,
    sites: Annotated[int, typer.Option(min=2, help="More than two are drawn from a population of scanners.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes. [cores]")] = None,
) -> None:
    """Head-CT phantom of six classes and two sites or more, with lesion masks and a manifest. For research use only.

    Example: bench data phantom --out phantom
    """
    from bench.engine.progress import DecodingProgress
    from bench.errors import RequestError
    from bench.phantom import CLASSES, write_phantom
    from bench.terminal import Terminal

    terminal = Terminal()
    try:
        with DecodingProgress(terminal, "Making slices") as progress:
            write_phantom(
                out,
                cases=cases,
                external_cases=external_cases,
                seed=seed,
                slices=slices,
                sites=sites,
                workers=workers,
                on_done=progress.update,
            )
    except ValueError as error:
        raise RequestError(str(error)) from None
    others, by_site = ("external-hospital-*", " --folds sites") if sites > 2 else ("external", "")
    drawn = f" {out}/sites.csv (what was drawn of each site)," if sites > 2 else ""
    data = f"{out}"
    if slices > 1:  # a diseased head has slices that are normal
        data += f"/manifest.csv --level group --label-order {','.join(sorted(CLASSES, key='normal'.__eq__))}"
    terminal.say(
        f"Written: {out}/internal, {out}/{others}, {out}/masks,{drawn} {out}/manifest.csv. "
        f"Next: bench run --data {data} --image-size 64{by_site}"
    )


@data_app.command(cls=AsWritten)
def fetch(
    name: Annotated[str, typer.Argument(help="hematoma: the head-CT slices of the study that began this project.")],
    out: Annotated[Path, typer.Option(help="Folder; given again, it goes on from what is there.")],
) -> None:
    """Download a public set. Research use only, never for diagnosis.

    Example: bench data fetch hematoma --out hematoma
    """
    reading_begins(name)
    from bench.data.fetch import fetch_hematoma
    from bench.errors import RequestError

    if name != "hematoma":
        raise RequestError(f"No set is called {name!r}. Known: hematoma.")
    fetch_hematoma(out, to_output)


@data_app.command(cls=AsWritten)
def digits(out: Annotated[Path, typer.Option(help="New folder.")]) -> None:
    """Real handwriting from two sources: UCI digits (internal) and MNIST digits (external).

    Example: bench data digits --out digits
    """
    reading_begins("digits")
    from bench.data.digits import write_digits

    internal, external = write_digits(out)
    to_output(
        f"Written: {out}/internal ({internal} UCI digits), {out}/external ({external} MNIST digits). "
        f"Next: bench run --data {out} --image-size 32"
    )


data_app.command(cls=AsWritten)(audit)
data_app.command(cls=AsWritten)(clean)
data_app.command(cls=AsWritten)(show)
