"""`bench explain`: importance maps of stored models, their galleries and figures. Prints."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.at_once import training_begins


def explain(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder.")] = Path("results"),
    method: Annotated[str, typer.Option(help="gradcam, gradcam++, hirescam, layercam or eigencam.")] = "gradcam",
    cases: Annotated[
        str, typer.Option(metavar="worst|best|random|FILE", help="What galleries show; a file has case ids.")
    ] = "worst",
    backbone: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable. [all]")] = None,
    number: Annotated[int, typer.Option(min=1, max=100, help="Cases of each class and site in a gallery.")] = 4,
    target: Annotated[str, typer.Option(help="Explain the predicted or the true class.")] = "predicted",
    masks: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Lesion masks, DIR/<case_id>. [the manifest's, or masks/ beside the sites]"),
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="Measure a random sample of so many cases a site. [all]")
    ] = None,
    checks: Annotated[int, typer.Option(min=0, help="Cases a model and site to perturb; 0: none.")] = 4,
    save_models: Annotated[bool, typer.Option("--save-models", help="Keep models that are trained again.")] = False,
) -> None:
    """Show where models look, and measure it: lesions hit, sanity checks, deletion and insertion, agreement.

    Models that were not kept (bench run --save-models) are trained again, bit for bit. Research use only.
    Example: bench explain results --cases worst
    """
    training_begins()
    from bench.explain.options import ExplainOptions, checked_method, checked_target
    from bench.explain.session import run_explain

    options = ExplainOptions(
        results=results,
        method=checked_method(method),
        target=checked_target(target),
        cases=cases,
        backbones=tuple(backbone or ()),
        number=number,
        most=most,
        checks=checks,
        masks=masks,
        save_models=save_models,
    )
    raise typer.Exit(run_explain(options))
