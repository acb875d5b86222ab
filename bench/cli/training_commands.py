"""The commands that train, and `bench explain`: from what was given to the feature that does it. Prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.command import options_of, reading_begins, takes, training_begins
from bench.errors import RequestError
from bench.printing import to_output

NOTHING_GIVEN = (
    "bench run needs images, or an option. Your own images: bench run DIR, where DIR holds internal/CLASS/… and for "
    "each other hospital external-NAME/CLASS/…; one folder a class does as well, and a table (.csv) with the columns "
    "path and label. To see it work first, on synthetic images: bench demo. A first configuration: bench init DIR. All "
    "options: bench run --help"
)


@takes(options_of("run"))
def run(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Images: as --data where it holds internal/, else as --internal."),
    ] = None,
    **given: Any,
) -> None:
    """Train and evaluate: backbones × seeds × folds, going on from what is stored.

    With options and no data, the embedded head-CT phantom is used.
    Example: bench run DIR --backbone resnet34 --seeds 10
    """
    if directory is None and not any(value is not None and value != [] for value in given.values()):
        raise RequestError(NOTHING_GIVEN)
    training_begins()
    from bench.config.given_folder import overlooked_by, with_source
    from bench.config.request import experiment_from
    from bench.engine.load_early import load_early

    experiment = experiment_from(with_source(given, directory))
    load_early(experiment)
    if unused := overlooked_by(experiment):
        to_output(unused)
    from bench.running import run_experiment

    raise typer.Exit(run_experiment(experiment))


@takes(options_of("screen"))
def screen(**given: Any) -> None:
    """Try many backbones fast: a probe on features that each computes once, over seeds × folds.

    Into the same folder and leaderboard as bench run. Example: bench screen --backbones 'efficientnet*' --data DIR
    """
    training_begins()
    from bench.engine.load_early import load_early
    from bench.screen.options import screen_from

    load_early(experiment := screen_from(given))
    from bench.screen.session import run_screen

    raise typer.Exit(run_screen(experiment))


@takes(options_of("search"))
def search(**given: Any) -> None:
    """Search learning rate, epochs and more by the mean inner-fold score, going on from what is stored.

    External cases are never opened. Options of the recipe give what is not searched.
    Example: bench search --backbone resnet34 --trials 40
    """
    training_begins()
    from bench.engine.load_early import load_early
    from bench.search.options import search_from

    experiment, options, where = search_from(given)
    load_early(experiment)
    from bench.search.session import run_search

    raise typer.Exit(run_search(experiment, options, where))


@takes(options_of("nondeterminism"))
def nondeterminism(**given: Any) -> None:
    """Repeat one seed in fresh processes, which must give the same bits, and vary each source of randomness alone.

    Ends with 3 where the control fails. Example: bench nondeterminism --backbone resnet34 --repeats 5
    """
    folders = given["compare"]
    if folders is not None:
        reading_begins(" and ".join(map(str, folders)))
        from bench.nondeterminism.compare import compare_folders

        raise typer.Exit(compare_folders(*folders))
    training_begins()
    from bench.config.request import experiment_from, options_from, refuse_probe, refuse_site_folds
    from bench.nondeterminism.options import NondeterminismOptions
    from bench.nondeterminism.session import run_nondeterminism

    options = options_from(NondeterminismOptions, given)
    experiment = experiment_from({**given, "seeds": [options.seed]})
    refuse_probe(experiment, "bench nondeterminism")
    refuse_site_folds(experiment, "bench nondeterminism")
    raise typer.Exit(run_nondeterminism(experiment, options))


@takes(options_of("explain"))
def explain(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"), **given: Any
) -> None:
    """Show where models look, and measure it: lesions hit, sanity checks, deletion and insertion, agreement.

    Models that were not kept (bench run --save-models) are trained again, bit for bit. Research use only.
    Example: bench explain results --cases worst
    """
    training_begins()
    from bench.config.request import options_from
    from bench.explain.options import ExplainOptions
    from bench.explain.session import run_explain

    raise typer.Exit(run_explain(options_from(ExplainOptions, given, {"results": results})))
