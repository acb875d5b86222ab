"""`bench dashboard`: the Optuna dashboard on the studies of a results folder. Prints; serves HTTP."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.command import options_of, reading_begins, takes
from bench.printing import to_errors, to_output


@takes(options_of("dashboard"))
def dashboard(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
    host: Annotated[str, typer.Option(help="Address to serve on; any other than this shows trials to others.")] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to serve on. [the first free one from 8080 on]")
    ] = None,
    **given: Any,
) -> None:
    """Serve the Optuna dashboard until Ctrl-C. Example: bench dashboard results"""
    reading_begins(results)
    from bench.errors import BenchError, RequestError
    from bench.extras import require_extra

    require_extra("dashboard", "bench dashboard")
    from studies.dashboard import LOCAL, serve, study_names
    from studies.errors import StorageLostError, StudyError
    from studies.storage import forget, masked, open_storage, sqlite_url, translated

    storage: str | None = given["storage"]
    file = results.expanduser() / "study.db"
    if storage is None and not file.is_file():
        raise RequestError(
            f"{results} holds no study.db. Give the folder that `bench search --results` wrote, or --storage where "
            f"its trials are kept elsewhere."
        )
    url = storage or sqlite_url(file)
    try:
        opened = open_storage(url)
        try:
            with translated(url):
                names = study_names(opened)
            if not names:
                raise RequestError(f"There is no study in {masked(url)} yet. Begin one: bench search.")
            if host not in (LOCAL, "localhost"):
                to_errors(
                    f"Warning: on {host} everybody who reaches this machine can see and change these studies; there is "
                    f"no password."
                )
            serve(opened, host, port, lambda address: _say(address, names))
        finally:
            forget(opened)
    except StorageLostError as error:
        raise BenchError(str(error)) from None
    except StudyError as error:
        raise RequestError(str(error)) from None


def _say(address: str, names: list[str]) -> None:
    to_output(f"Studies: {', '.join(names)}. Stop with Ctrl-C.")
    to_output(f"Dashboard: {address}")
