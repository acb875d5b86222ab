"""The arguments of `bench.Experiment`. Written by `make page NAME=command-line`, not by hand."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal, TypedDict

Anywhere = str | PathLike[str]


class Options(TypedDict, total=False):
    """The options of `bench run`, under their names there with underscores; those not given have its defaults."""

    backbone: str | Sequence[str]
    seeds: int | Sequence[int]
    folds: int | Literal["sites"]
    holdout: float
    training_draws: int
    internal: Anywhere
    external: Anywhere | Mapping[str, Anywhere]
    data: Anywhere
    image_size: int
    fit: Literal["pad", "stretch", "crop"]
    white16: int
    windows: str | Sequence[str]
    slices: Literal["1", "3"]
    reader: str | Mapping[str, str]
    columns: str | Mapping[str, str]
    root: Anywhere
    tree: Literal["auto", "any/class", "class/patient", "class/any"]
    group_by: Literal["patient", "study", "series"]
    multilabel: Literal["single-only", "priority", "others"]
    allow_outside: bool
    max_pixels: int
    group_duplicates: bool
    allow_leaks: bool
    skip_unreadable: bool
    recipe: Anywhere
    epochs: int
    lr: float
    batch_size: int
    frozen_stages: int
    adapt: str | Sequence[str]
    weights: Anywhere
    monitor: str
    precision: Literal["auto", "fp32", "bf16"]
    device: str
    steps: Literal["auto", "eager", "graph"]
    deterministic: bool
    workers: int | Literal["auto"]
    executor: Literal["auto", "in-process", "processes", "ray", "slurm"]
    address: str
    node_cache: str
    gpu_share: float
    slurm: str | Mapping[str, str]
    job_minutes: float
    same_cpu: bool
    config: Anywhere
    interval: Literal["jackknife-t", "bias-corrected", "percentile", "bca"]
    stratify: bool
    level: Literal["case", "group"]
    pool: str
    label_order: str | Sequence[str]
    subgroups: str | Sequence[str]
    events: str | Sequence[str] | Mapping[str, Sequence[str]]
    thresholds: str | Sequence[str]
    prevalences: float | Sequence[float]
    save_models: bool
    track: str | Sequence[str]
    results: Anywhere
    class_order: Sequence[str]
    classes: Mapping[str, str]
