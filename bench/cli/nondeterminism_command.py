"""`bench nondeterminism`: what varies when nothing should, and how much each source of randomness adds. Prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import completion

DATA = "Data"
MACHINE = "Machine"
RESULTS = "Results"


def nondeterminism(
    backbone: Annotated[
        list[str] | None,
        typer.Option(help="timm model name; repeat for several. [resnet34]", autocompletion=completion.backbones),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Runs of each design; a run is a seed with all folds. [5]")
    ] = None,
    vary: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="split, init, order, none (the control), threads, precision, layout, device. "
            "[none,init,order,split,threads]",
            autocompletion=completion.VARIED,
        ),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="A B", help="Instead: what differs between two results folders, and where runs part."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The seed from which all others are varied. [0]")] = None,
    folds: Annotated[int | None, typer.Option(help="Stratified folds a seed. [5]")] = None,
    internal: Annotated[
        str | None, typer.Option(help="Tree or manifest of the internal site.", rich_help_panel=DATA)
    ] = None,
    external: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PATH", help="Tree or manifest of another site; repeatable.", rich_help_panel=DATA),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Tree holding internal/ and external*/. [the phantom]", rich_help_panel=DATA)
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Side in pixels. [224; 64 for the phantom]", rich_help_panel=DATA)
    ] = None,
    group_duplicates: Annotated[
        bool | None, typer.Option("--group-duplicates", help="Hold copies out together.", rich_help_panel=DATA)
    ] = None,
    allow_leaks: Annotated[
        bool | None, typer.Option("--allow-leaks", help="Run in spite of leaks.", rich_help_panel=DATA)
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="How to train. [fine-tune]", autocompletion=completion.RECIPES),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of everything. [5]")] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate. [0.001]")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step. [32]")] = None,
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
        typer.Option(help="TOML file; each option is a key. Options win.", rich_help_panel=RESULTS),
    ] = None,
    results: Annotated[
        str | None, typer.Option(help="Folder for the results. [results]", rich_help_panel=RESULTS)
    ] = None,
) -> None:
    """Repeat one seed in fresh processes, which must give the same bits, and vary each source of randomness alone.

    Ends with 3 where the control fails. Example: bench nondeterminism --backbone resnet34 --repeats 5
    """
    from bench.cli.request import experiment_from
    from bench.config.experiment import checked
    from bench.config.nondeterminism import NondeterminismOptions

    if compare is not None:
        from bench.nondeterminism.compare_session import compare_folders

        raise typer.Exit(compare_folders(*compare))
    from bench.nondeterminism.session import run_nondeterminism

    recipe_options = {"epochs": epochs, "lr": lr, "batch_size": batch_size}
    given: dict[str, Any] = {
        "backbone": backbone,
        "seeds": f"{seed or 0},",
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
    chosen = {"repeats": repeats, "vary": vary and [name.strip() for name in vary.split(",")]}
    options = {key: value for key, value in chosen.items() if value is not None}
    checked_options = checked(NondeterminismOptions, options, "the command line")
    raise typer.Exit(run_nondeterminism(experiment_from(config, given, recipe, recipe_options), checked_options))
