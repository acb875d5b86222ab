"""Entry point: commands, and what becomes of errors. Prints; ends the process."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Annotated, NoReturn

import typer

from bench.cli.command import AsWritten
from bench.cli.dashboard_command import dashboard
from bench.cli.data_command import data_app
from bench.cli.hidden_arguments import hide_passwords
from bench.cli.import_command import import_predictions
from bench.cli.init_command import init
from bench.cli.paragraphs import paragraph
from bench.cli.printable import make_printable
from bench.cli.report_command import report
from bench.cli.status_command import status
from bench.cli.supervised import INTERRUPTED, in_child
from bench.cli.training_commands import explain, nondeterminism, run, screen, search
from bench.cli.verify_command import verify
from bench.errors import BenchError, Interrupted
from bench.printing import to_errors, to_output
from bench.processes import TO_END
from bench.version import __version__

EPILOG = "Research use only, never for diagnosis."
COMPLETING = "_BENCH_COMPLETE"  # set where a shell asks what may follow

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    help="Cross-validate image classifiers on small, noisy sets: intervals, external gaps, noise of seeds.",
)
app.command(cls=AsWritten, epilog=EPILOG)(init)
app.command(cls=AsWritten, epilog=EPILOG)(run)
app.command(cls=AsWritten, epilog=EPILOG)(screen)
app.command(cls=AsWritten, epilog=EPILOG)(search)
app.command(cls=AsWritten, epilog=EPILOG)(dashboard)
app.command(cls=AsWritten, epilog=EPILOG)(nondeterminism)
app.command("import", cls=AsWritten, epilog=EPILOG)(import_predictions)
app.command(cls=AsWritten, epilog=EPILOG)(report)
app.command(cls=AsWritten, epilog=EPILOG)(status)
app.command(cls=AsWritten, epilog=EPILOG)(verify)
app.command(cls=AsWritten, epilog=EPILOG)(explain)
app.add_typer(data_app, name="data")


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
        app(standalone_mode=True)
    except SystemExit as end:
        if end.code == Interrupted.exit_code:  # as typer ends an interrupt that no command had words for
            _end(end, INTERRUPTED, Interrupted.exit_code)
        raise
    except BenchError as error:
        _end(error, str(error), error.exit_code)
    except Exception as error:
        _end(error, *paragraph(error))


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
