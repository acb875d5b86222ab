"""The experiment: every option of `bench run`, declared and checked, with its default."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WrapValidator, field_validator, model_validator

from backbones.convolutions import Rule
from backbones.names import absolute, registered_names
from bench.config.machine import DEVICES, Workers, checked_device, checked_workers
from bench.config.machines import Machines
from bench.config.texts import parse_columns, parse_externals, parse_list, parse_readers, parse_seeds, parse_slurm
from bench.data.images import MAX_PIXELS, Fit, PixelSettings, Slices
from bench.data.options import EVERY_SITE, MANIFEST_COLUMNS, READER_NAMES, GroupBy, MultiLabel
from bench.data.subgroups import Subgroup
from bench.data.tree.layout import Layout
from bench.data.windows import DEFAULT as DEFAULT_WINDOWS
from bench.data.windows import NAMED as NAMED_WINDOWS
from bench.data.windows import NONE as NO_WINDOW
from bench.data.windows import parse_windows
from bench.errors import RequestError
from bench.executors import AUTO, EXECUTORS
from bench.option import DATA, MACHINE, NETWORKS, RECIPE, RESULTS, RUN, TRAINING, option
from bench.plan.recipe import RECIPES, Recipe
from bench.plan.spec import Precision, Steps
from reports.statistics.group_pooling import Pool
from reports.statistics.intervals import Interval, chosen_interval

DEFAULT_IMAGE_SIZE = 224
PHANTOM_IMAGE_SIZE = 64
MOST_SEEDS = 10_000
MOST_EPOCHS = 10_000
MONITOR = {"auto": None, "every": 1, "last": 0}
LOOKING = ("data audit", "data show")
Level = Literal["case", "group"]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
SITES = "sites"
if TYPE_CHECKING:
    Executor = str
    Folds = int | Literal["sites"]
else:
    Executor = Literal[(AUTO, *EXECUTORS)]
    Folds = Annotated[
        int,
        Field(ge=2),
        WrapValidator(lambda value, number: value if value == SITES else number(value)),
        PlainSerializer(lambda value: value),
    ]
AS_IN_FOLDER = "as in the folder's experiment"


class FrozenBackbone(BaseModel):
    """What was decided when a backbone was first planned, and holds for the whole results folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    weights_digest: str
    precision: Precision
    device: Literal["cpu", "cuda", "mps"]
    parameters: int
    note: str = ""
    convolutions: Rule = "torch"
    steps: Steps = "eager"


class Tuned(BaseModel):
    """That a recipe was chosen by a score on cases; `cases` are the first digits of their digests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    metric: str
    score: float
    trials: int
    cases: list[str]


class Experiment(BaseModel):
    """Options of `bench run`; each is a key of the TOML file.

    `data`, or `internal` and `external` (site name → path), say where the images lie; without any of them the embedded
    phantom is used. `reader` is by site (`*`: all others), `columns` maps our names to a manifest's, `classes` found
    labels to wanted ones. `interval`, `stratify`, `level`, `pool`, `label_order` and `subgroups` change the
    leaderboard, not the runs. `frozen` and `tuned` (what the recipe's file says of the cases it was tuned on) are
    written by the program.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    internal: str | None = option(None, "Tree or manifest of the internal site.", panel=DATA, path=True)
    external: dict[str, str] = option(
        {},
        "Tree or manifest of another site; repeatable. A search never opens it.",
        panel=DATA,
        metavar="[NAME=]PATH",
        path=True,
        parse=parse_externals,
    )
    data: str | None = option(
        None, "Folder that holds internal/ and external*/.", panel=DATA, shown="the embedded phantom", path=True
    )
    backbone: list[str] = option(
        ["resnet34"],
        "A timm model, hf-hub:ORGANISATION/NAME or local-dir:PATH; repeatable.",
        NETWORKS,
        names=registered_names,
        limits={"min_length": 1},
    )
    seeds: list[Seed] = option(
        list(range(5)),
        "How many seeds (0, 1, …), or a list such as 3,5,8.",
        (*RUN, "search"),
        shown={"run": "5", "screen": "10", "search": "1"},
        joined=True,
        parse=parse_seeds,
        limits={"min_length": 1},
    )
    folds: Folds = option(
        5,
        "Stratified folds of each seed; in a nested search the outer ones. With sites each fold is one site.",
        metavar="N|sites",
        choices=(SITES,),
        parse=str.strip,
    )
    holdout: float | None = option(
        None, "Instead of folds: one split that holds out this share, such as 0.2.", RUN, limits={"gt": 0, "lt": 1}
    )
    recipe: Recipe = option(
        Recipe(),
        "How to train: a recipe's name, or a TOML file.",
        NETWORKS,
        panel=RECIPE,
        metavar="NAME|FILE",
        choices=tuple(RECIPES),
        shown="fine-tune",
        path=True,
    )
    image_size: int | None = option(
        None,
        "Side of the images in pixels.",
        panel=DATA,
        shown=f"{DEFAULT_IMAGE_SIZE}; {PHANTOM_IMAGE_SIZE} for the phantom",
        limits={"ge": 16, "le": 2048},
    )
    fit: Fit = option("pad", "What becomes of images that are not square: {choices}.", RUN, DATA)
    white16: int = option(
        65535, "The value that is white in 16-bit grey images.", RUN, DATA, limits={"ge": 1, "le": 65535}
    )
    windows: list[str] = option(
        list(DEFAULT_WINDOWS),
        f"CT windows as colour channels: {', '.join(NAMED_WINDOWS)}, LEVEL/WIDTH; or {NO_WINDOW}.",
        (*RUN, *LOOKING),
        DATA,
        metavar="A,B,C",
        choices=(",".join(DEFAULT_WINDOWS), *NAMED_WINDOWS, NO_WINDOW),
        joined=True,
        limits={"min_length": 1},
    )
    slices: Slices = option(
        "1", "A slice alone, or between its neighbours, as the three channels: {choices}.", panel=DATA
    )
    reader: dict[str, str] = option(
        {},
        "How the files of a site are laid out: {choices}; repeatable.",
        RUN,
        DATA,
        metavar="[SITE=]NAME",
        choices=READER_NAMES,
        shown="auto",
        parse=parse_readers,
    )
    columns: dict[str, str] = option(
        {},
        "What a manifest calls path, label, group, …; repeatable.",
        (*TRAINING, *LOOKING),
        DATA,
        flag="--column",
        metavar="OURS=YOURS",
        parse=parse_columns,
    )
    root: str | None = option(
        None,
        "Where the paths of a manifest begin.",
        (*TRAINING, *LOOKING),
        DATA,
        metavar="DIR",
        shown="its folder",
        path=True,
    )
    tree: Layout = option(
        "auto",
        "What the folders of a tree name: {choices}.",
        (*TRAINING, *LOOKING),
        DATA,
        shown="auto: as they are called",
    )
    group_by: GroupBy = option("patient", "Which DICOM identifier holds images together: {choices}.", panel=DATA)
    multilabel: MultiLabel = option("single-only", "What becomes of slices with several bleeds: {choices}.", RUN, DATA)
    allow_outside: bool = option(False, "Follow links and paths that leave the folder.", (*RUN, *LOOKING), DATA)
    max_pixels: int = option(
        MAX_PIXELS, "Larger images are refused.", (*RUN, *LOOKING), DATA, shown=f"{MAX_PIXELS:,}", limits={"ge": 1}
    )
    group_duplicates: bool = option(False, "Keep internal copies of an image in one fold.", panel=DATA)
    allow_leaks: bool = option(False, "Go on in spite of leaks; every table says so.", panel=DATA)
    class_order: list[str] | None = option(None, "All classes, in the order of tables.", (), shown="as found, sorted")
    classes: dict[str, str] = option({}, 'Renames or merges labels, as in EDH = "epidural".', ())
    weights: str = option(
        "auto",
        "What models start from.",
        panel=RECIPE,
        metavar="auto|imagenet|random|PATH",
        choices=("auto", "imagenet", "random"),
        path=True,
    )
    precision: Literal["auto", "fp32", "bf16"] = option(
        "auto", "Number format: {choices}.", panel=MACHINE, shown="auto: the faster for the architecture"
    )
    device: str = option(
        AUTO,
        "Where to train: {choices}; or on certain cards, as in cuda:0,cuda:1.",
        panel=MACHINE,
        metavar="auto|cpu|cuda|mps|CARDS",
        choices=(AUTO, *DEVICES),
        shown="auto; cuda: all cards",
    )
    steps: Literal["auto", "eager", "graph"] = option(
        "auto",
        "Steps on a GPU: {choices} (recorded once, then replayed).",
        panel=MACHINE,
        shown="auto: graph on CUDA",
    )
    deterministic: bool = option(
        True,
        "Repeat bit for bit, or be as fast as possible.",
        panel=MACHINE,
        flag="--deterministic/--fast",
        shown="deterministic",
    )
    skip_unreadable: bool = option(False, "Leave out unreadable images and list them.", RUN, DATA)
    interval: Interval | None = option(
        None,
        "How intervals are made: {choices}.",
        (*RUN, "report"),
        RESULTS,
        shown={**dict.fromkeys(RUN, "jackknife-t"), "report": AS_IN_FOLDER},
    )
    stratify: bool = option(
        False,
        "Draw cases within their classes for intervals.",
        (*RUN, "report"),
        RESULTS,
        flag="--stratify/--no-stratify",
        shown={"report": AS_IN_FOLDER},
    )
    level: Level = option(
        "case",
        "What is ranked: {choices}, each patient or volume as one.",
        (*RUN, "report"),
        RESULTS,
        shown={"report": AS_IN_FOLDER},
    )
    pool: str = option(
        "mean",
        "How cases become one prediction of their group: mean, max, or the mean of a share of the highest.",
        (*RUN, "report"),
        RESULTS,
        metavar="mean|max|topk:SHARE",
        choices=("mean", "max", "topk:0.1"),
        shown={"report": AS_IN_FOLDER},
    )
    label_order: list[str] = option(
        [],
        "The class of a group whose cases have several: the first of these that it has.",
        (*RUN, "report"),
        RESULTS,
        metavar="CLASS,CLASS",
        joined=True,
        shown={**dict.fromkeys(RUN, "refused"), "report": AS_IN_FOLDER},
        parse=parse_list,
    )
    subgroups: list[str] = option(
        [],
        "Attributes to report apart: columns of a manifest; sex, age, vendor, slice_thickness also of DICOM files.",
        (*RUN, "report"),
        RESULTS,
        metavar="COLUMN,COLUMN:FROM:FROM",
        joined=True,
        shown={**dict.fromkeys(RUN, "none are kept"), "report": AS_IN_FOLDER},
        parse=parse_list,
    )
    monitor: str = option(
        "auto",
        "Epochs after which held-out cases are scored, to look at: {choices}, or every N.",
        ("run",),
        RECIPE,
        metavar="auto|every|last|N",
        choices=tuple(MONITOR),
        shown="auto: every where it takes at most 5 % of the time, else last",
    )
    workers: Workers | None = option(
        None,
        "Runs at once; {choices}: as many as pay on a GPU.",
        panel=MACHINE,
        metavar="N|auto",
        choices=(AUTO,),
        shown="cores; 1 a GPU",
    )
    executor: Executor = option(AUTO, "What executes runs: {choices}.", panel=MACHINE)
    address: str | None = option(
        None,
        "A Ray cluster, with --executor ray.",
        panel=MACHINE,
        metavar="HOST:PORT",
        shown="one that is begun on this machine",
    )
    node_cache: str | None = option(
        None,
        "Where other machines find pixels and weights: a URL that all read, such as s3://BUCKET/FOLDER.",
        panel=MACHINE,
        metavar="URL",
        shown="sent to them",
    )
    gpu_share: float = option(
        1.0, "Share of a GPU that a worker takes on a Ray cluster.", panel=MACHINE, limits={"gt": 0, "le": 1}
    )
    slurm: dict[str, str] = option(
        {},
        "What sbatch is asked for, with --executor slurm: partition=gpu,time=2:00:00,gpus_per_node=1.",
        panel=MACHINE,
        metavar="KEY=VALUE,…",
        joined=True,
        parse=parse_slurm,
    )
    job_minutes: float = option(
        30.0, "About how long a job of Slurm should take; runs are packed into it.", panel=MACHINE, limits={"gt": 0}
    )
    same_cpu: bool = option(
        False, "Leave out machines whose processors have other instructions than most.", panel=MACHINE
    )
    save_models: bool = option(False, "Keep trained models, for bench explain.", ("run",), RESULTS)
    results: str = option("results", "Folder for the results.", panel=RESULTS, path=True)
    frozen: dict[str, FrozenBackbone] = Field(default_factory=dict)
    tuned: Tuned | None = None

    @field_validator("seeds", mode="before")
    @classmethod
    def _count_or_list(cls, value: Any) -> Any:
        """A count N means the seeds 0 … N−1."""
        if isinstance(value, int) and not isinstance(value, bool):
            if value > MOST_SEEDS:
                raise ValueError(f"{value} seeds are more than {MOST_SEEDS}")
            return list(range(value))
        return value

    @field_validator("monitor", mode="before")
    @classmethod
    def _when_to_score(cls, value: Any) -> Any:
        text = str(value)
        if text in MONITOR or (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MOST_EPOCHS):
            return text
        raise ValueError(f"must be {', '.join(MONITOR)}, or a number of epochs, not {text[:40]!r}")

    @field_validator("pool")
    @classmethod
    def _known_pool(cls, value: str) -> str:
        if value == "attention":
            raise ValueError("attention is trained, not only pooled: give --recipe attention-probe instead")
        Pool.parse(value)
        return value

    @field_validator("device", mode="before")
    @classmethod
    def _known_device(cls, value: Any) -> str:
        return checked_device(value)

    @field_validator("workers", mode="before")
    @classmethod
    def _number_or_auto(cls, value: Any) -> Workers | None:
        return checked_workers(value)

    @field_validator("reader", mode="before")
    @classmethod
    def _one_reader(cls, value: Any) -> Any:
        """A name alone is the reader of every site."""
        return {EVERY_SITE: value} if isinstance(value, str) else value

    @field_validator("windows", mode="before")
    @classmethod
    def _windows(cls, value: Any) -> Any:
        """Names separated by commas, or a list of them."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            try:
                parse_windows(names)
            except RequestError as error:
                raise ValueError(str(error)) from None
        return names

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(MANIFEST_COLUMNS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(MANIFEST_COLUMNS)}")
        return value

    @field_validator("backbone")
    @classmethod
    def _whole_paths(cls, value: list[str]) -> list[str]:
        return list(map(absolute, value))

    @field_validator("subgroups")
    @classmethod
    def _attributes(cls, value: list[str]) -> list[str]:
        try:
            found = [Subgroup.parse(text) for text in value]
        except RequestError as error:
            raise ValueError(str(error)) from None
        if repeated := [one.name for one in found if [other.name for other in found].count(one.name) > 1]:
            raise ValueError(f"{repeated[0]} is asked for twice; one subgroup has one set of bands")
        return [one.text for one in found]

    @field_validator("seeds", "backbone", "label_order")
    @classmethod
    def _once_each(cls, value: list[Any]) -> list[Any]:
        return list(dict.fromkeys(value))

    @model_validator(mode="after")
    def _one_source(self) -> "Experiment":
        if self.data is not None and (self.internal is not None or self.external):
            raise ValueError("give either data (a tree with internal/ and external*/) or internal and external")
        if self.external and self.internal is None:
            raise ValueError("external needs internal as well: the paths of both are required")
        if "internal" in self.external:
            raise ValueError("an external site cannot be called 'internal'; give it another name, as in bern=PATH")
        return self

    @model_validator(mode="after")
    def _draws_to_stratify(self) -> "Experiment":
        chosen_interval(self.interval, stratify=self.stratify)
        return self

    @model_validator(mode="after")
    def _sites_as_they_are(self) -> "Experiment":
        if self.by_site and self.holdout is not None:
            raise ValueError("folds that are sites and a hold-out split exclude each other: give one of them")
        if self.by_site and self.group_duplicates:
            raise ValueError(
                "copies at two sites cannot be held out together where folds are sites: leave out --group-duplicates "
                "(group_duplicates), and remove one of each pair"
            )
        return self

    @model_validator(mode="after")
    def _models_to_save(self) -> "Experiment":
        if self.save_models and self.recipe.probes:
            raise ValueError("a probe leaves no model to save: leave out --save-models (save_models)")
        return self

    @property
    def machines(self) -> Machines:
        """What executors of other machines need to know."""
        return Machines(
            self.address,
            self.node_cache,
            self.gpu_share,
            self.same_cpu,
            self.slurm,
            self.job_minutes,
            self.results,
        )

    @property
    def leaves_machine(self) -> bool:
        """Whether runs are executed elsewhere, so that processors and memory of this machine say nothing."""
        return self.executor == "slurm" or (self.executor == "ray" and self.address is not None)

    @property
    def by_site(self) -> bool:
        """Whether each site is held out as a whole."""
        return self.folds == SITES

    @property
    def drawn_folds(self) -> int:
        """How many folds are drawn for a seed; 0 where each is a site."""
        return self.folds if isinstance(self.folds, int) else 0

    @property
    def uses_phantom(self) -> bool:
        """Whether no data was named, so that the embedded phantom stands in."""
        return self.data is None and self.internal is None

    @property
    def wanted_workers(self) -> int | None:
        """How many runs at once; None where that is found out."""
        return None if self.workers == AUTO else self.workers

    @property
    def monitored(self) -> int | None:
        """After how many epochs held-out cases are scored: 0 for the last alone, None as it is cheap."""
        return MONITOR[self.monitor] if self.monitor in MONITOR else int(self.monitor)

    @property
    def pixels(self) -> PixelSettings:
        """Pixel settings with the default size filled in: 224, or 64 for the embedded phantom."""
        default = PHANTOM_IMAGE_SIZE if self.uses_phantom else DEFAULT_IMAGE_SIZE
        return PixelSettings(self.image_size or default, self.fit, self.white16, tuple(self.windows), self.slices)
