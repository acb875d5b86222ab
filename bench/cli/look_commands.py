"""`bench data audit`, `clean` and `show`: look through images and put aside what is wrong. Prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.command import among, options_of, reading_begins, takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.config.experiment import Experiment
    from bench.data.options import ReadOptions
    from bench.terminal import Terminal

Paths = Annotated[
    list[str], typer.Argument(metavar="[SITE=]PATH…", help="Trees, folders that hold internal/, or manifests.")
]
READERS = next(one.choices for one in options_of("run") if one.name == "reader")
Reader = Annotated[
    str,
    typer.Option(
        help=f"How files are laid out: {', '.join(READERS[:-1])} or {READERS[-1]}.", autocompletion=among(*READERS)
    ),
]


@takes(options_of("data audit"))
def audit(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder for audit.md, audit.json and audit.png.")] = Path("audit"),
    reader: Reader = "auto",
    **given: Any,
) -> None:
    """Find unreadable, wrongly named, blank and copied images, conflicting labels, and patients in several splits."""
    reading_begins(", ".join(paths))
    from bench.audit.conduct import FILES, conduct_audit
    from bench.config.request import experiment_from
    from bench.data.images import PixelSettings
    from bench.engine.progress import DecodingProgress
    from bench.terminal import Terminal

    terminal, look = Terminal(), experiment_from(given)
    with DecodingProgress(terminal, "Looking at images") as progress:
        found = conduct_audit(
            paths,
            out,
            reader=reader,
            options=_options(look),
            settings=PixelSettings(windows=tuple(look.windows)),
            max_pixels=look.max_pixels,
            on_done=progress.update,
        )
    say = _printer(terminal)
    for site, classes in found.classes.items():
        counts = ", ".join(f"{label or '(no class)'} {number}" for label, number in classes.items())
        say(f"{site}: {counts}")
    for entry in found.passed_over:
        say(entry.line())
    for kind, number in found.kinds().items():
        say(f"{kind}: {number}")
    if not found.findings:
        say("Nothing is wrong.")
    say(f"Written: {', '.join(str(out / name) for name in FILES)}")


def clean(
    path: Annotated[Path, typer.Argument(help="The folder or manifest that was audited, or a folder in it.")],
    audited: Annotated[Path | None, typer.Option("--from", metavar="audit.json", help="What the audit wrote.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only show what would be done.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Move everything back.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Findings to act on; repeatable. [all that can be moved]")
    ] = None,
) -> None:
    """Move what an audit named into a quarantine folder beside PATH; nothing is deleted.

    A manifest is not changed: a copy without the rows that were named is written beside it.
    Example: bench data clean DIR --from audit/audit.json
    """
    reading_begins(path)
    from bench.audit.clean import clean as clean_path
    from bench.audit.clean import undo_cleaning
    from bench.errors import RequestError

    say = _printer()
    if not undo:
        clean_path(path, audited, only, apply, say)
    elif only:
        raise RequestError("--undo takes everything back; it goes without --only.")
    else:
        undo_cleaning(path, say)


@takes(options_of("data show"))
def show(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder for the sheets.")] = Path("contact-sheets"),
    most: Annotated[int, typer.Option(min=1, max=2000, help="Images a sheet.")] = 64,
    reader: Reader = "auto",
    **given: Any,
) -> None:
    """Draw a contact sheet (PNG) for each class and site.

    Example: bench data show DIR --out contact-sheets
    """
    reading_begins(", ".join(paths))
    from bench.audit.contact_sheet import write_sheets
    from bench.audit.inventory import make_output, take_inventory
    from bench.config.request import experiment_from
    from bench.data.images import PixelSettings

    look, say = experiment_from(given), _printer()
    settings = PixelSettings(windows=tuple(look.windows))
    inventory = take_inventory(paths, reader, _options(look))
    make_output(out, inventory.roots.values())
    for file in write_sheets(inventory.images, out, most=most, settings=settings, max_pixels=look.max_pixels):
        say(str(file))
    if inventory.problems:
        say(f"Not shown: {len(inventory.problems)} file(s) or link(s) that cannot be used; see bench data audit.")


def _printer(terminal: "Terminal | None" = None) -> "Callable[[str], None]":
    """Prints lines as they are, but for control characters in names."""
    from bench.data.names import visible
    from bench.terminal import Terminal

    shown_on = terminal or Terminal()
    return lambda text: shown_on.say(visible(text))


def _options(look: "Experiment") -> "ReadOptions":
    from bench.data.options import ReadOptions
    from bench.data.pseudonyms import Pseudonyms

    root = Path(look.root) if look.root else None
    return ReadOptions(Pseudonyms.fresh(), look.columns, allow_outside=look.allow_outside, tree=look.tree, root=root)
