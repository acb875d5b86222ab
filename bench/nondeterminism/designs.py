"""The runs of a study: which differ in what. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.data.cases import internal
from bench.engine.prepare import Prepared
from bench.errors import RequestError
from bench.folds.draw import draw_folds
from bench.folds.table import FoldOfCase, FoldTable
from bench.nondeterminism.options import CONTROL, NondeterminismOptions, NumericsSetting, SeedSource
from bench.plan.adaptation import NONE
from bench.plan.plan import PlannedBackbone, plan_runs, seeds_of
from bench.plan.spec import Numerics, RunSpec
from bench.seeds import derive

ALL = "all"
Repeat = tuple[RunSpec, ...]
"""The folds of one seed."""


@dataclass(frozen=True)
class Group:
    """Runs that are compared with each other. Of other numerics there is one repeat, which is compared with the base.

    `setting` and `changed`: what numerics differs from the base, and its value; without a setting, `changed` names the
    seeds that vary.
    """

    name: str
    repeats: tuple[Repeat, ...]
    setting: NumericsSetting | None = None
    changed: str = ""

    @property
    def specs(self) -> list[RunSpec]:
        """Fold by fold, so that those that are compared end together."""
        return [spec for fold in zip(*self.repeats, strict=True) for spec in fold]


@dataclass(frozen=True)
class Designs:
    """Everything that is run for one backbone; the first repeat of the control is the base of all comparisons."""

    control: Group
    varied: tuple[Group, ...]
    changed: tuple[Group, ...]

    @property
    def base(self) -> Repeat:
        return self.control.repeats[0]

    @property
    def specs(self) -> list[RunSpec]:
        return [spec for group in (self.control, *self.varied, *self.changed) for spec in group.specs]


def designs_of(
    prepared: Prepared, backbone: PlannedBackbone, options: NondeterminismOptions, devices: Sequence[str]
) -> Designs:
    """The control, each source of seeds alone, all of them together, and each other setting of the numerics.

    The first of the experiment's seeds is the base; devices: those that this machine has.

    Raises:
        RequestError: there is no other device to vary, or several adaptations are asked for.
    """
    experiment, data, seed = prepared.experiment, prepared.dataset, prepared.experiment.seeds[0]
    if "device" in options.settings and not others(backbone.numerics, "device", devices):
        raise RequestError(
            f"--vary device: {backbone.numerics.device} is the only device of this machine. Leave it out."
        )

    if len(experiment.adapted) > 1:
        raise RequestError(
            f"bench nondeterminism studies one way of training at a time, and was asked for --adapt "
            f"{', '.join(experiment.adapted)} (adapt). Give one of them."
        )

    def plan(table: FoldTable) -> Sequence[RunSpec]:
        recipe, how = experiment.recipe, experiment.adapted or [NONE]
        given = (data.cases, table, data.classes, [backbone], [seed], recipe, data.settings)
        return plan_runs(*given, order=data.pixels.order, adaptations=how)

    def draw(other: int) -> FoldOfCase:
        return draw_folds(internal(data.cases), other, folds=experiment.drawn_folds, holdout=experiment.holdout)

    def repeat(varied: Sequence[SeedSource], number: int) -> Repeat:
        other = derive(seed, "nondeterminism", number)
        table = FoldTable({seed: draw(other) if "split" in varied else prepared.folds.by_seed[seed]})
        changed = {source: getattr(seeds_of(other), source) for source in varied}
        seeds = replace(seeds_of(seed), **changed)
        return tuple(replace(spec, seeds=seeds, replicate=number, role="nondeterminism") for spec in plan(table))

    numbers = range(options.repeats)
    controls = options.repeats if CONTROL in options.vary else 1
    control = Group(CONTROL, tuple(repeat((), number) for number in range(controls)))
    sources: dict[str, Sequence[SeedSource]] = {source: (source,) for source in options.sources}
    if len(sources) > 1:
        sources[ALL] = options.sources
    varied = tuple(
        Group(name, tuple(repeat(which, n) for n in numbers), changed=", ".join(which))
        for name, which in sources.items()
    )
    base = control.repeats[0]
    changed = tuple(
        Group(f"{setting} {value}", (_with(base, setting, value),), setting, str(value))
        for setting in options.settings
        for value in others(base[0].numerics, setting, devices)
    )
    return Designs(control, varied, changed)


def others(numerics: Numerics, setting: NumericsSetting, devices: Sequence[str]) -> list[str | int]:
    """What else a setting of the numerics may be; nothing where this machine has no other device."""
    values: dict[NumericsSetting, list[str | int]] = {
        "threads": [2 if numerics.threads == 1 else 1],
        "precision": ["fp32", "bf16"],
        "layout": ["channels_last", "contiguous"],
        "device": list(devices),
    }
    return [value for value in values[setting] if value != getattr(numerics, setting)]


def _with(base: Repeat, setting: NumericsSetting, value: str | int) -> Repeat:
    changes: dict[str, Any] = {setting: value}
    return tuple(replace(spec, numerics=replace(spec.numerics, **changes)) for spec in base)
