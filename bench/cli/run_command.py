"""`bench run`: train and evaluate backbones × seeds × folds, resuming what is stored. Prints."""

from typing import Annotated, Any

import typer

from bench.cli import completion, options
from bench.cli.at_once import training_begins
from bench.cli.options import DATA, RESULTS


def run(
    backbone: options.Backbone = None,
    seeds: Annotated[str | None, typer.Option(help="How many seeds (0, 1, …), or a list such as 3,5,8. [5]")] = None,
    folds: options.Folds = None,
    holdout: Annotated[float | None, typer.Option(help="Instead of folds, one split holding out this share.")] = None,
    internal: options.Internal = None,
    external: options.External = None,
    data: options.Data = None,
    image_size: options.ImageSize = None,
    fit: Annotated[
        str | None,
        typer.Option(
            help="What becomes of oblong images: pad, stretch or crop. [pad]",
            rich_help_panel=DATA,
            autocompletion=completion.FITS,
        ),
    ] = None,
    white16: Annotated[
        int | None,
        typer.Option(help="Value of a 16-bit grey image that is white. [65535]", rich_help_panel=DATA),
    ] = None,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="CT windows as colour channels: brain, subdural, soft, bone, LEVEL/WIDTH; or none. "
            "[brain,subdural,soft]",
            rich_help_panel=DATA,
            autocompletion=completion.WINDOWS,
        ),
    ] = None,
    reader: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SITE=]NAME",
            help="auto, tree, manifest, rsna-2019, cq500, ct-ich or bhsd; repeatable. [auto]",
            rich_help_panel=DATA,
            autocompletion=completion.READERS,
        ),
    ] = None,
    column: options.Column = None,
    root: options.Root = None,
    tree: options.Tree = None,
    group_by: options.GroupBy = None,
    multilabel: Annotated[
        str | None,
        typer.Option(
            help="Slices with several bleeds: single-only, priority or others.",
            rich_help_panel=DATA,
            autocompletion=completion.MULTILABEL,
        ),
    ] = None,
    group_duplicates: options.GroupDuplicates = None,
    allow_leaks: options.AllowLeaks = None,
    allow_outside: Annotated[
        bool | None,
        typer.Option("--allow-outside", help="Follow links and paths that leave the folder.", rich_help_panel=DATA),
    ] = None,
    max_pixels: Annotated[
        int | None, typer.Option(help="Larger images are refused. [100,000,000]", rich_help_panel=DATA)
    ] = None,
    skip_unreadable: Annotated[
        bool | None,
        typer.Option("--skip-unreadable", help="Leave unreadable images out and list them.", rich_help_panel=DATA),
    ] = None,
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
    interval: Annotated[
        str | None,
        typer.Option(
            help="jackknife-t, bias-corrected, percentile or bca. [jackknife-t]",
            rich_help_panel=RESULTS,
            autocompletion=completion.INTERVALS,
        ),
    ] = None,
    stratify: Annotated[
        bool | None,
        typer.Option(
            "--stratify/--no-stratify",
            help="Draw cases within their classes for intervals.",
            rich_help_panel=RESULTS,
        ),
    ] = None,
    save_models: Annotated[
        bool | None,
        typer.Option("--save-models", help="Keep trained models, for bench explain.", rich_help_panel=RESULTS),
    ] = None,
    results: options.Results = None,
) -> None:
    """Train and evaluate: backbones × seeds × folds, going on from what is stored.

    Without data the embedded head-CT phantom is used. Example: bench run --backbone resnet34 --seeds 10
    """
    training_begins()
    from bench.cli.request import experiment_from
    from bench.run import run_experiment

    recipe_options = {"epochs": epochs, "lr": lr, "batch_size": batch_size}
    given: dict[str, Any] = {
        "backbone": backbone,
        "seeds": seeds,
        "folds": folds,
        "holdout": holdout,
        "internal": internal,
        "external": external,
        "data": data,
        "image_size": image_size,
        "fit": fit,
        "white16": white16,
        "windows": windows,
        "reader": reader,
        "columns": column,
        "root": root,
        "tree": tree,
        "group_by": group_by,
        "multilabel": multilabel,
        "group_duplicates": group_duplicates,
        "allow_leaks": allow_leaks,
        "allow_outside": allow_outside,
        "max_pixels": max_pixels,
        "skip_unreadable": skip_unreadable,
        "weights": weights,
        "precision": precision,
        "device": device,
        "deterministic": deterministic,
        "workers": workers,
        "executor": executor,
        "interval": interval,
        "stratify": stratify,
        "save_models": save_models,
        "results": results,
    }
    raise typer.Exit(run_experiment(experiment_from(config, given, recipe, recipe_options)))
