"""`bench data audit`, `clean` and `show`: look through images and put aside what is wrong. Prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import completion
from bench.cli.at_once import reading_begins

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.data.images import PixelSettings
    from bench.data.options import ReadOptions
    from bench.terminal import Terminal

Paths = Annotated[
    list[str], typer.Argument(metavar="[SITE=]PATH…", help="Trees, folders that hold internal/, or manifests.")
]
Reader = Annotated[
    str,
    typer.Option(help="auto, tree, manifest, rsna-2019, cq500, ct-ich or bhsd.", autocompletion=completion.READERS),
]
Columns = Annotated[
    list[str] | None, typer.Option("--column", metavar="OURS=YOURS", help="A manifest's name for path, label, …")
]
Root = Annotated[Path | None, typer.Option(metavar="DIR", help="Where a manifest's paths begin. [its folder]")]
Tree = Annotated[
    str,
    typer.Option(
        metavar="any/class|class/patient|class/any",
        help="What a tree's folders name.",
        autocompletion=completion.TREES,
    ),
]
Windows = Annotated[str, typer.Option(help="CT windows, as for bench run.", autocompletion=completion.WINDOWS)]
Outside = Annotated[bool, typer.Option("--allow-outside", help="Follow links and paths that leave the folder.")]
MaxPixels = Annotated[int, typer.Option(min=1, help="Larger images are refused.")]
WINDOWS = "brain,subdural,soft"
MAX_PIXELS = 100_000_000


def audit(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder for audit.md, audit.json and audit.png.")] = Path("audit"),
    reader: Reader = "auto",
    column: Columns = None,
    root: Root = None,
    tree: Tree = "auto",
    windows: Windows = WINDOWS,
    allow_outside: Outside = False,
    max_pixels: MaxPixels = MAX_PIXELS,
) -> None:
    """Find unreadable, wrongly named, blank and copied images, conflicting labels, and patients in several splits."""
    reading_begins(", ".join(paths))
    from bench.audit.conduct import FILES, conduct_audit
    from bench.engine.progress import DecodingProgress

    console = _console()
    with DecodingProgress(console, "Looking at images") as progress:
        found = conduct_audit(
            paths,
            out,
            reader=reader,
            options=_options(column, root, tree, allow_outside),
            settings=_settings(windows),
            max_pixels=max_pixels,
            on_done=progress.update,
        )
    say = _printer(console)
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
    """
    reading_begins(path)
    from bench.audit.session import clean as clean_path
    from bench.audit.session import undo_cleaning
    from bench.errors import RequestError

    say = _printer(_console())
    if not undo:
        clean_path(path, audited, only, apply, say)
    elif only:
        raise RequestError("--undo takes everything back; it goes without --only.")
    else:
        undo_cleaning(path, say)


def show(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder for the sheets.")] = Path("contact-sheets"),
    most: Annotated[int, typer.Option(min=1, max=2000, help="Images a sheet.")] = 64,
    reader: Reader = "auto",
    column: Columns = None,
    root: Root = None,
    tree: Tree = "auto",
    windows: Windows = WINDOWS,
    allow_outside: Outside = False,
    max_pixels: MaxPixels = MAX_PIXELS,
) -> None:
    """Draw a contact sheet (PNG) for each class and site."""
    reading_begins(", ".join(paths))
    from bench.audit.contact_sheet import write_sheets
    from bench.audit.inventory import take_inventory
    from bench.audit.output import make_output

    settings, say = _settings(windows), _printer(_console())
    inventory = take_inventory(paths, reader, _options(column, root, tree, allow_outside))
    make_output(out, inventory.roots.values())
    for file in write_sheets(inventory.images, out, most=most, settings=settings, max_pixels=max_pixels):
        say(str(file))
    if inventory.problems:
        say(f"Not shown: {len(inventory.problems)} file(s) or link(s) that cannot be used; see bench data audit.")


def _console() -> "Terminal":
    from bench.terminal import Terminal

    return Terminal()


def _printer(console: "Terminal") -> "Callable[[str], None]":
    """Prints lines as they are, but for control characters in names."""
    from bench.data.names import visible

    return lambda text: console.print(visible(text), markup=False, soft_wrap=True)


def _options(columns: list[str] | None, root: Path | None, tree: str, allow_outside: bool) -> "ReadOptions":
    from bench.cli.request import parse_columns
    from bench.data.options import MANIFEST_COLUMNS, ReadOptions
    from bench.data.pseudonyms import Pseudonyms
    from bench.data.tree.layout import LAYOUTS
    from bench.errors import RequestError

    parsed = parse_columns(columns or [])
    unknown = sorted(set(parsed) - set(MANIFEST_COLUMNS))
    if unknown:
        raise RequestError(f"--column {unknown[0]!r} is none of {', '.join(MANIFEST_COLUMNS)}.")
    layout = next((layout for layout in LAYOUTS if layout == tree), None)
    if layout is None:
        raise RequestError(f"--tree {tree!r} is none of {', '.join(LAYOUTS)}.")
    return ReadOptions(Pseudonyms.fresh(), parsed, allow_outside=allow_outside, tree=layout, root=root)


def _settings(windows: str) -> "PixelSettings":
    from bench.data.images import PixelSettings
    from bench.data.windows import parse_windows

    names = tuple(name.strip() for name in windows.split(","))
    parse_windows(names)
    return PixelSettings(windows=names)
