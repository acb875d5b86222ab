"""`bench nondeterminism`: what varies when nothing should, and how much each source of randomness adds. Prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import completion, options
from bench.cli.at_once import reading_begins, training_begins


def nondeterminism(
    backbone: options.Backbone = None,
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
    """Repeat one seed in fresh processes, which must give the same bits, and vary each source of randomness alone.

    Ends with 3 where the control fails. Example: bench nondeterminism --backbone resnet34 --repeats 5
    """
    if compare is None:
        training_begins()
    else:
        reading_begins(" and ".join(map(str, compare)))
    from bench.cli.request import COMMAND_LINE, as_option, experiment_from
    from bench.config.experiment import checked
    from bench.nondeterminism.options import NondeterminismOptions

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
    designs = {"repeats": repeats, "vary": vary and [name.strip() for name in vary.split(",")]}
    asked = {key: value for key, value in designs.items() if value is not None}
    chosen = checked(NondeterminismOptions, asked, COMMAND_LINE, {key: as_option(key) for key in asked})
    raise typer.Exit(run_nondeterminism(experiment_from(config, given, recipe, recipe_options), chosen))
