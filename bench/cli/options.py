"""Options that several commands have: one name, one text, one completion each."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import completion

RESULTS = "Results"
DATA = "Data"
TRAINING = "Training"
MACHINE = "Machine"

Backbone = Annotated[
    list[str] | None,
    typer.Option(help="timm model name; repeat for several. [resnet34]", autocompletion=completion.backbones),
]
Folds = Annotated[int | None, typer.Option(help="Stratified folds a seed; with a nested search the outer ones. [5]")]
Internal = Annotated[str | None, typer.Option(help="Tree or manifest of the internal site.", rich_help_panel=DATA)]
External = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]PATH",
        help="Tree or manifest of another site; repeatable. A search never opens it.",
        rich_help_panel=DATA,
    ),
]
Data = Annotated[
    str | None,
    typer.Option(help="Tree holding internal/ and external*/. [the embedded phantom]", rich_help_panel=DATA),
]
ImageSize = Annotated[int | None, typer.Option(help="Side in pixels. [224; 64 for the phantom]", rich_help_panel=DATA)]
Column = Annotated[
    list[str] | None,
    typer.Option(metavar="OURS=YOURS", help="A manifest's name for path, label, group…", rich_help_panel=DATA),
]
Root = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Where a manifest's paths begin. [its folder]", rich_help_panel=DATA),
]
Tree = Annotated[
    str | None,
    typer.Option(
        metavar="any/class|class/patient|class/any",
        help="What a tree's folders name. [auto: as they are called]",
        rich_help_panel=DATA,
        autocompletion=completion.TREES,
    ),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        metavar="patient|study|series",
        help="Which DICOM identifier holds images together. [patient]",
        rich_help_panel=DATA,
        autocompletion=completion.GROUPINGS,
    ),
]
GroupDuplicates = Annotated[
    bool | None,
    typer.Option("--group-duplicates", help="Hold internal copies of an image out together.", rich_help_panel=DATA),
]
AllowLeaks = Annotated[
    bool | None,
    typer.Option("--allow-leaks", help="Go on in spite of leaks; every table says so.", rich_help_panel=DATA),
]
Recipe = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="How to train. [fine-tune]",
        rich_help_panel=TRAINING,
        autocompletion=completion.RECIPES,
    ),
]
Epochs = Annotated[int | None, typer.Option(help="Epochs of everything. [5]", rich_help_panel=TRAINING)]
Lr = Annotated[float | None, typer.Option(help="Peak learning rate. [0.001]", rich_help_panel=TRAINING)]
BatchSize = Annotated[int | None, typer.Option(help="Images a step. [32]", rich_help_panel=TRAINING)]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="auto|imagenet|random|PATH",
        help="Where models start. [auto]",
        rich_help_panel=TRAINING,
        autocompletion=completion.WEIGHTS,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        help="auto, fp32 or bf16. [auto: the faster for the architecture]",
        rich_help_panel=MACHINE,
        autocompletion=completion.PRECISIONS,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(help="auto, cpu, cuda or mps. [auto]", rich_help_panel=MACHINE, autocompletion=completion.DEVICES),
]
Deterministic = Annotated[
    bool | None,
    typer.Option(
        "--deterministic/--fast",
        help="Repeat bit for bit, or as fast as it goes. [deterministic]",
        rich_help_panel=MACHINE,
    ),
]
Workers = Annotated[int | None, typer.Option(help="Runs at once. [cores; 1 on a GPU]", rich_help_panel=MACHINE)]
Executor = Annotated[
    str | None,
    typer.Option(
        help="auto, in-process or processes. [auto]", rich_help_panel=MACHINE, autocompletion=completion.EXECUTORS
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        help="TOML file; each option is a key, those of a search under [search]. Options win.",
        rich_help_panel=RESULTS,
    ),
]
Results = Annotated[str | None, typer.Option(help="Folder for the results. [results]", rich_help_panel=RESULTS)]
