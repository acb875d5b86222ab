"""`bench search`: find a learning rate, epochs and more with Optuna, on internal cases alone. Prints."""

from typing import Annotated, Any

import typer

from bench.cli import completion, options
from bench.cli.at_once import training_begins

SEARCH = "Search"


def search(
    backbone: options.Backbone = None,
    trials: Annotated[int | None, typer.Option(help="Trials of a study, those of others included. [40]")] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="Mean over the inner folds: macro_f1, accuracy, auroc, … [macro_f1]", autocompletion=completion.metrics
        ),
    ] = None,
    tune: Annotated[
        list[str] | None,
        typer.Option(
            help="Search this as well: weight_decay, batch_size, head_epochs, …; repeatable.",
            autocompletion=completion.TUNABLE,
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            help="tpe, random, grid, cma-es or gp. [tpe]", rich_help_panel=SEARCH, autocompletion=completion.SAMPLERS
        ),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(
            help="median, hyperband, wilcoxon or none. [median]",
            rich_help_panel=SEARCH,
            autocompletion=completion.PRUNERS,
        ),
    ] = None,
    nested: Annotated[
        bool | None, typer.Option("--nested", help="A study inside each outer fold.", rich_help_panel=SEARCH)
    ] = None,
    inner_folds: Annotated[
        int | None, typer.Option(help="Folds inside an outer fold, with --nested. [3]", rich_help_panel=SEARCH)
    ] = None,
    search_seed: Annotated[int | None, typer.Option(help="Of the sampler. [0]", rich_help_panel=SEARCH)] = None,
    study: Annotated[str | None, typer.Option(help="Its name. [the backbone's]", rich_help_panel=SEARCH)] = None,
    new_study: Annotated[
        bool | None,
        typer.Option("--new-study", help="Begin another beside those that ask something else.", rich_help_panel=SEARCH),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="GAPBENCH_STORAGE",
            help="sqlite:///FILE or postgresql://USER@HOST/DB. [study.db in the results folder]",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    heartbeat: Annotated[
        int | None,
        typer.Option(
            help="Seconds; a trial three times as long without a sign is tried again. [30]", rich_help_panel=SEARCH
        ),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds, or a list such as 3,5,8. [1]")] = None,
    folds: options.Folds = None,
    internal: options.Internal = None,
    external: options.External = None,
    data: options.Data = None,
    image_size: options.ImageSize = None,
    column: options.Column = None,
    root: options.Root = None,
    tree: options.Tree = None,
    group_by: options.GroupBy = None,
    group_duplicates: options.GroupDuplicates = None,
    allow_leaks: options.AllowLeaks = None,
    recipe: options.Recipe = None,
    epochs: options.Epochs = None,
    lr: options.Lr = None,
    batch_size: options.BatchSize = None,
    weights: options.Weights = None,
    precision: options.Precision = None,
    device: options.Device = None,
    deterministic: options.Deterministic = None,
    workers: options.Workers = None,
    executor: options.Executor = None,
    config: options.Config = None,
    results: options.Results = None,
) -> None:
    """Search learning rate, epochs and more by the mean inner-fold score, going on from what is stored.

    External cases are never opened. Options of the recipe give what is not searched.
    Example: bench search --backbone resnet34 --trials 40
    """
    training_begins()
    from bench.cli.search_request import search_from
    from bench.search.session import run_search

    recipe_options = {"epochs": epochs, "lr": lr, "batch_size": batch_size}
    given: dict[str, Any] = {
        "backbone": backbone,
        "seeds": seeds,
        "folds": folds,
        "internal": internal,
        "external": external,
        "data": data,
        "image_size": image_size,
        "columns": column,
        "root": root,
        "tree": tree,
        "group_by": group_by,
        "group_duplicates": group_duplicates,
        "allow_leaks": allow_leaks,
        "weights": weights,
        "precision": precision,
        "device": device,
        "deterministic": deterministic,
        "workers": workers,
        "executor": executor,
        "results": results,
    }
    of_search: dict[str, Any] = {
        "trials": trials,
        "metric": metric,
        "tune": tune,
        "sampler": sampler,
        "pruner": pruner,
        "nested": nested,
        "inner_folds": inner_folds,
        "seed": search_seed,
        "study": study,
        "new_study": new_study,
        "storage": storage,
        "heartbeat": heartbeat,
    }
    experiment, chosen, where = search_from(config, given, recipe, recipe_options, of_search)
    raise typer.Exit(run_search(experiment, chosen, where))
