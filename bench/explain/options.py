"""The options of `bench explain`, checked."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bench.option import option

Method = Literal["gradcam", "gradcam++", "hirescam", "layercam", "eigencam"]
Target = Literal["predicted", "true"]
CHOICES = ("worst", "best", "random")
ONLY = ("explain",)


class ExplainOptions(BaseModel):
    """Which models of `results` are explained, how, and what is shown and measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results: Path
    method: Method = option("gradcam", "How maps are made: {choices}.", ONLY)
    cases: str = option(
        "worst",
        "What galleries show; a file has case ids.",
        ONLY,
        metavar="|".join((*CHOICES, "FILE")),
        choices=CHOICES,
    )
    backbones: list[str] = option([], "Only this one; repeatable.", ONLY, flag="--backbone", shown="all")
    number: int = option(4, "Cases of each class and site in a gallery.", ONLY, limits={"ge": 1, "le": 100})
    target: Target = option("predicted", "Explain this class: {choices}.", ONLY)
    masks: Path | None = option(
        None,
        "Lesion masks, DIR/<case_id>.",
        ONLY,
        metavar="DIR",
        shown="the manifest's, or masks/ beside the sites",
    )
    most: int | None = option(
        None, "Measure a random sample of so many cases of each site.", ONLY, shown="all", limits={"ge": 1}
    )
    checks: int = option(4, "Cases of each model and site that are perturbed; 0: none.", ONLY, limits={"ge": 0})
    save_models: bool = option(False, "Keep models that are trained again.", ONLY)
