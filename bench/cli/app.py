"""Entry point: commands, and what becomes of errors. Prints; ends the process."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Annotated, Any, NoReturn, cast

import typer

from bench.cli.command import AsWritten
from bench.cli.dashboard_command import dashboard
from bench.cli.data_command import data_app
from bench.cli.demo_command import demo
from bench.cli.hidden_arguments import hide_passwords
from bench.cli.import_command import import_predictions
from bench.cli.init_command import init
from bench.cli.mistyped import is_usage, usage_paragraph
from bench.cli.paragraphs import EXIT_REQUEST, paragraph
from bench.cli.report_command import report
from bench.cli.status_command import status
from bench.cli.supervised import INTERRUPTED, in_child
from bench.cli.training_commands import explain, nondeterminism, run, screen, search
from bench.cli.verify_command import verify
from bench.errors import BenchError, Interrupted, of_an_interrupt
from bench.printable import make_printable
from bench.printing import to_errors, to_output
from bench.processes import TO_END
from bench.version import __version__

EPILOG = "Research use only, never for diagnosis."
FIRST = "First steps"
DATA = "What is in my data?"
WHICH = "Which backbone, and which settings?"
SURE = "How sure, and how much is noise?"
OUTCOME = "What came out, and why?"
COMPLETING = "_BENCH_COMPLETE"  # set where a shell asks what may follow

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    help="Cross-validate image classifiers on small, noisy sets: intervals, external gaps, noise of seeds.",
)


def add(panel: str, command: Callable[..., Any], name: str | None = None) -> None:
    """A command below a heading of `bench --help`; headings and commands stand there in the order of these calls."""
    app.command(name, cls=AsWritten, epilog=EPILOG, rich_help_panel=panel)(command)


add(FIRST, demo)
add(FIRST, init)
add(FIRST, run)
app.add_typer(data_app, name="data", rich_help_panel=DATA)
add(WHICH, screen)
add(WHICH, search)
add(WHICH, dashboard)
add(WHICH, import_predictions, "import")
add(SURE, nondeterminism)
add(SURE, verify)
add(OUTCOME, report)
add(OUTCOME, status)
add(OUTCOME, explain)


def _show_version(wanted: bool) -> None:
    if wanted:
        to_output(f"gapbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Cross-validate image classifiers on small, noisy sets: intervals, external gaps, noise of seeds."""


def start() -> None:
    """`bench` as the shell starts it: ends within 5 s of an interrupt, whatever it is doing then."""
    if COMPLETING in os.environ:
        main()
    else:
        hide_passwords(sys.argv[1:])
        in_child(main)


def main() -> None:
    """Run the command line in this process; end with the documented exit code."""
    make_printable()
    for number in TO_END:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _as_interrupt)
    if "--debug" in sys.argv[1:]:  # wherever it stands
        sys.argv[1:] = ["--debug", *(part for part in sys.argv[1:] if part != "--debug")]
    try:
        code = app(prog_name="bench", standalone_mode=False)
    except BenchError as error:
        _end(error, str(error), error.exit_code)
    except Exception as error:
        if not sys.argv[1:] and is_usage(error):  # no command: the help is printed
            cast(Any, error).show()
            sys.exit(EXIT_REQUEST)
        if is_usage(error):
            _end(error, usage_paragraph(error, sys.argv[1:]), EXIT_REQUEST)
        if of_an_interrupt(error):
            _end(error, INTERRUPTED, Interrupted.exit_code)
        _end(error, *paragraph(error))
    if code == Interrupted.exit_code:  # as typer ends an interrupt that no command had words for
        _end(SystemExit(code), INTERRUPTED, Interrupted.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(error: BaseException, message: str, code: int) -> NoReturn:
    if "--debug" in sys.argv:
        raise error
    interrupted = code == Interrupted.exit_code
    with suppress(OSError):  # the terminal was closed
        sys.stdout.flush()
    to_errors(message if interrupted else f"Error: {message}")
    if interrupted:
        os._exit(code)  # no waiting for threads that still decode images
    sys.exit(code)
