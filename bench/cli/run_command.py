"""`bench run`: train and evaluate backbones × seeds × folds, resuming what is stored. Prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import completion

RESULTS = "Results"
DATA = "Data"
TRAINING = "Training"
MACHINE = "Machine"


def run(
    backbone: Annotated[
        list[str] | None,
        typer.Option(help="timm model name; repeat for several. [resnet34]", autocompletion=completion.backbones),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="How many seeds (0, 1, …), or a list such as 3,5,8. [5]")] = None,
    folds: Annotated[int | None, typer.Option(help="Stratified folds a seed. [5]")] = None,
    holdout: Annotated[float | None, typer.Option(help="Instead of folds, one split holding out this share.")] = None,
    internal: Annotated[
        str | None, typer.Option(help="Class-per-folder tree to cross-validate on.", rich_help_panel=DATA)
    ] = None,
    external: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PATH", help="Tree of another site; repeatable.", rich_help_panel=DATA),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Tree holding internal/ and external*/. [the embedded phantom]", rich_help_panel=DATA),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Side in pixels. [224; 64 for the phantom]", rich_help_panel=DATA)
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option(
            help="What becomes of oblong images: pad, stretch or crop. [pad]",
            rich_help_panel=DATA,
            autocompletion=completion.FITS,
        ),
    ] = None,
    white16: Annotated[
        int | None, typer.Option(help="Value of a 16-bit grey image that is white. [65535]", rich_help_panel=DATA)
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
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=YOURS", help="A manifest's name for path, label, group…", rich_help_panel=DATA),
    ] = None,
    multilabel: Annotated[
        str | None,
        typer.Option(
            help="Slices with several bleeds: single-only, priority or others.",
            rich_help_panel=DATA,
            autocompletion=completion.MULTILABEL,
        ),
    ] = None,
    group_duplicates: Annotated[
        bool | None,
        typer.Option("--group-duplicates", help="Hold internal copies of an image out together.", rich_help_panel=DATA),
    ] = None,
    allow_leaks: Annotated[
        bool | None,
        typer.Option("--allow-leaks", help="Run in spite of leaks; every table says so.", rich_help_panel=DATA),
    ] = None,
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
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="How to train. [fine-tune]",
            rich_help_panel=TRAINING,
            autocompletion=completion.RECIPES,
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of everything. [5]", rich_help_panel=TRAINING)] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate. [0.001]", rich_help_panel=TRAINING)] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step. [32]", rich_help_panel=TRAINING)] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="auto|imagenet|random|PATH",
            help="Where models start. [auto]",
            rich_help_panel=TRAINING,
            autocompletion=completion.WEIGHTS,
        ),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            help="auto, fp32 or bf16. [auto: the faster for the architecture]",
            rich_help_panel=MACHINE,
            autocompletion=completion.PRECISIONS,
        ),
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
    workers: Annotated[
        int | None, typer.Option(help="Runs at once. [cores; 1 on a GPU]", rich_help_panel=MACHINE)
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="auto, in-process or processes. [auto]", rich_help_panel=MACHINE, autocompletion=completion.EXECUTORS
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file; each option is a key. Options win.", rich_help_panel=RESULTS)
    ] = None,
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
            "--stratify/--no-stratify", help="Draw cases within their classes for intervals.", rich_help_panel=RESULTS
        ),
    ] = None,
    save_models: Annotated[
        bool | None,
        typer.Option("--save-models", help="Keep trained models, for bench explain.", rich_help_panel=RESULTS),
    ] = None,
    results: Annotated[
        str | None, typer.Option(help="Folder for the results. [results]", rich_help_panel=RESULTS)
    ] = None,
) -> None:
    """Train and evaluate: backbones × seeds × folds, going on from what is stored.

    Without data the embedded head-CT phantom is used. Example: bench run --backbone resnet34 --seeds 10
    """
    from bench.cli.request import experiment_from
    from bench.driver.session import run_experiment

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
