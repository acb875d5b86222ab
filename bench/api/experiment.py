"""An experiment from Python: the options of `bench run` as arguments, and its driver behind them."""

import sys
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from bench.errors import BenchError, RequestError

if TYPE_CHECKING:
    from bench.api.results import Results
    from bench.config.experiment import Experiment as Settings

Anywhere = str | PathLike[str]
RECIPE_OPTIONS = ("epochs", "lr", "batch_size")


class Options(TypedDict, total=False):
    """The options of `bench run`, under their names there with underscores; those not given have its defaults.

    `backbone` is one name or several, `seeds` a count or a list. `external` is the path of one site (called
    as its folder) or paths by name. `reader` is one for all sites or readers by site; `columns` says what a manifest
    calls our columns and `root` where its paths begin. `classes` renames or merges labels, as `[classes]` of the TOML
    file. `recipe` is a name or a file. `config` is a TOML file that the other options override.
    """

    backbone: str | Sequence[str]
    seeds: int | Sequence[int]
    folds: int
    holdout: float
    data: Anywhere
    internal: Anywhere
    external: Anywhere | Mapping[str, Anywhere]
    image_size: int
    fit: Literal["pad", "stretch", "crop"]
    white16: int
    windows: str | Sequence[str]
    reader: str | Mapping[str, str]
    columns: Mapping[str, str]
    classes: Mapping[str, str]
    class_order: Sequence[str]
    root: Anywhere
    tree: Literal["auto", "any/class", "class/patient", "class/any"]
    group_by: Literal["patient", "study", "series"]
    multilabel: Literal["single-only", "priority", "others"]
    group_duplicates: bool
    allow_leaks: bool
    allow_outside: bool
    max_pixels: int
    skip_unreadable: bool
    recipe: Anywhere
    epochs: int
    lr: float
    batch_size: int
    weights: Anywhere
    precision: Literal["auto", "fp32", "bf16"]
    device: Literal["auto", "cpu", "cuda", "mps"]
    deterministic: bool
    workers: int
    executor: Literal["auto", "in-process", "processes"]
    interval: Literal["jackknife-t", "bias-corrected", "percentile", "bca"]
    stratify: bool
    save_models: bool
    results: Anywhere
    config: Anywhere


class Experiment:
    """What `bench run` does, from Python.

    >>> bench.Experiment(data="digits", backbone=["resnet18", "resnet34"], seeds=10).run().leaderboard()

    One option differs: without `executor` and `workers`, runs are trained one after another in this process, which
    needs no care in notebooks and scripts. `executor="auto"` trains as many at once as there are cores, in processes
    that import the script anew; so a script then needs `if __name__ == "__main__":`. The results are the same bytes.

    Raises:
        RequestError: an option or a value is wrong.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        given: dict[str, Any] = {name: _plain(value) for name, value in options.items()}
        unknown = sorted(set(given) - set(Options.__annotations__))
        if unknown:
            known = ", ".join(Options.__annotations__)
            raise RequestError(f"bench.Experiment has no option {unknown[0]!r}. Known: {known}.")
        for name in ("backbone", "external"):
            if isinstance(given.get(name), str):
                given[name] = [given[name]]
        if "executor" not in given and "workers" not in given:
            given["executor"] = "in-process"
        config, recipe = given.pop("config", None), given.pop("recipe", None)
        of_recipe = {name: given.pop(name, None) for name in RECIPE_OPTIONS}
        from bench.cli.request import experiment_from

        self.settings: Settings = experiment_from(
            Path(config) if config else None, given, recipe, of_recipe, called="bench.Experiment"
        )

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
        from bench.run import complete
        from bench.terminal import Terminal

        done = complete(self.settings, Terminal(quiet=quiet))
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
    importing = sys.modules.get("__mp_main__")  # which multiprocessing makes the main module when it is whole
    if importing is not None and importing is not sys.modules["__main__"]:
        raise RequestError(
            "A worker process has come to Experiment.run() while importing this script. Put that call below "
            'if __name__ == "__main__":, or leave out executor and workers.'
        )
