"""An experiment from Python: the options of `bench run` as arguments, and its driver behind them."""

import warnings
from collections.abc import Mapping, Sequence
from multiprocessing import current_process
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from bench.api.notebook import progress_terminal
from bench.api.options import Anywhere, Options
from bench.errors import BenchError, RequestError
from bench.printing import to_output

if TYPE_CHECKING:
    from bench.api.results import Results
    from bench.config.experiment import Experiment as Settings

CALLED = "bench.Experiment"


class Experiment:
    """What `bench run` does, from Python. Its options are the arguments: docs/command-line.md, and docs/python.md.

    Examples:
        >>> bench.Experiment("digits", backbone=["resnet18", "resnet34"], seeds=10).run().leaderboard()

    folder: as `bench run DIR`, so `data` where it holds `internal/` or is a manifest that names sites, else
    `internal`.

    One option differs: without `executor` and `workers`, runs are trained one after another in this process, which
    needs no care in notebooks and scripts. `executor="auto"` trains as many at once as there are cores, in processes
    that import the script anew; so a script then needs `if __name__ == "__main__":`. The results are the same bytes.

    Raises:
        RequestError: an option, a value or the folder is wrong.
    """

    def __init__(self, folder: Anywhere | None = None, /, **options: Unpack[Options]) -> None:
        given: dict[str, Any] = {name: _plain(value) for name, value in options.items()}
        unknown = sorted(set(given) - set(Options.__annotations__))
        if unknown:
            known = ", ".join(Options.__annotations__)
            raise RequestError(f"bench.Experiment has no option {unknown[0]!r}. Known: {known}.")
        if "executor" not in given and "workers" not in given:
            given["executor"] = "in-process"
        from bench.config.given_folder import with_source
        from bench.config.request import experiment_from

        given = with_source(given, None if folder is None else Path(folder), CALLED)
        self.settings: Settings = experiment_from(given, CALLED)

    def run(self, *, quiet: bool = False) -> "Results":
        """Train what is not stored yet, by the code behind `bench run`, and compile the leaderboard.

        Progress is printed as there, the leaderboard is not; quiet: nothing is printed. Where some runs fail, a
        RuntimeWarning says so, and `Results.failures()` lists them.

        Raises:
            RequestError: the data or the results folder do not go with the options.
            WriteError: a write failed; what had finished is stored.
            BenchError: every run failed.
        """
        _refuse_second_start()
        from bench.api.results import Results
        from bench.config.given_folder import overlooked_by
        from bench.running import complete

        if not quiet and (unused := overlooked_by(self.settings)):
            to_output(unused)
        done = complete(self.settings, progress_terminal(quiet=quiet))
        if done.text is None:
            raise BenchError(f"All {len(done.failed)} runs failed; the first: {done.failed[0]}")
        if done.failed:
            warnings.warn(
                f"{len(done.failed)} run(s) failed and are left out, the first: {done.failed[0]}. Run again to try "
                f"them again.",
                RuntimeWarning,
                stacklevel=2,
            )
        return Results(self.settings.results)

    def __repr__(self) -> str:
        chosen = self.settings.model_dump(exclude_defaults=True)
        return f"bench.Experiment({', '.join(f'{name}={value!r}' for name, value in chosen.items())})"


def run(folder: Anywhere | None = None, /, *, quiet: bool = False, **options: Unpack[Options]) -> "Results":
    """`Experiment(folder, **options).run(quiet=quiet)`: train what is missing, and open the results.

    Examples:
        >>> bench.run("digits", backbone="resnet18", seeds=5)

    Raises: as `Experiment` and `Experiment.run`.
    """
    return Experiment(folder, **options).run(quiet=quiet)


def _plain(value: Any) -> Any:
    """Paths as texts and sequences as lists, as a TOML file has them."""
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value


def _refuse_second_start() -> None:
    """A worker process imports the script that started it; there the experiment must not start again."""
    if getattr(current_process(), "_inheriting", False):  # which multiprocessing sets meanwhile
        raise RequestError(
            "A worker process has come to Experiment.run() while importing this script. Put that call below "
            'if __name__ == "__main__":, or leave out executor and workers.'
        )
