"""`bench search`: find a learning rate, epochs and more with Optuna, on internal cases alone. Prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import completion

SEARCH = "Search"
DATA = "Data"
MACHINE = "Machine"
RESULTS = "Results"


def search(
    backbone: Annotated[
        list[str] | None,
        typer.Option(help="timm model name; a study for each. [resnet34]", autocompletion=completion.backbones),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Trials of a study, those of others included. [40]")] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="Mean over the inner folds: macro_f1, accuracy, auroc, … [macro_f1]", autocompletion=completion.METRICS
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
    folds: Annotated[int | None, typer.Option(help="Folds a seed; the outer ones with --nested. [5]")] = None,
    internal: Annotated[
        str | None, typer.Option(help="Tree or manifest of the internal site.", rich_help_panel=DATA)
    ] = None,
    external: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PATH", help="Kept for bench run; never opened here.", rich_help_panel=DATA),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Tree holding internal/. [the embedded phantom]", rich_help_panel=DATA)
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Side in pixels. [224; 64 for the phantom]", rich_help_panel=DATA)
    ] = None,
    group_duplicates: Annotated[
        bool | None, typer.Option("--group-duplicates", help="Hold copies out together.", rich_help_panel=DATA)
    ] = None,
    allow_leaks: Annotated[
        bool | None, typer.Option("--allow-leaks", help="Search in spite of leaks.", rich_help_panel=DATA)
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="What is not searched. [fine-tune]", autocompletion=completion.RECIPES),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Of the recipe, where not searched. [5]")] = None,
    lr: Annotated[float | None, typer.Option(help="Of the recipe, where not searched. [0.001]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Of the recipe, where not searched. [32]")] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="auto|imagenet|random|PATH", help="Where models start. [auto]", autocompletion=completion.WEIGHTS
        ),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="auto, fp32 or bf16. [auto]", rich_help_panel=MACHINE, autocompletion=completion.PRECISIONS),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="auto, cpu, cuda or mps. [auto]", rich_help_panel=MACHINE, autocompletion=completion.DEVICES),
    ] = None,
    deterministic: Annotated[
        bool | None,
        typer.Option(
            "--deterministic/--fast",
            help="Repeat bit for bit, or as fast as it goes. [deterministic]",
            rich_help_panel=MACHINE,
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Runs at once. [cores]", rich_help_panel=MACHINE)] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="auto, in-process or processes. [auto]", rich_help_panel=MACHINE, autocompletion=completion.EXECUTORS
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file; options are keys, those of a search under [search].", rich_help_panel=RESULTS),
    ] = None,
    results: Annotated[
        str | None, typer.Option(help="Folder for the results. [results]", rich_help_panel=RESULTS)
    ] = None,
) -> None:
    """Search learning rate, epochs and more by the mean inner-fold score, going on from what is stored.

    External cases are never opened. Example: bench search --backbone resnet34 --trials 40
    """
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
    experiment, options, where = search_from(config, given, recipe, recipe_options, of_search)
    raise typer.Exit(run_search(experiment, options, where))
