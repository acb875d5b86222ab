"""The runs of a study: which differ in what. Pure."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace

from bench.folds.table import FoldOfCase, FoldTable
from bench.nondeterminism.options import CONTROL, NondeterminismOptions, SeedSource, ToolingSetting
from bench.plan.identity import run_id
from bench.plan.plan import seeds_of
from bench.plan.spec import RunSpec, Tooling
from bench.seeds import derive

ALL = "all"
Repeat = tuple[RunSpec, ...]
"""The folds of one seed."""


@dataclass(frozen=True)
class Group:
    """Runs that are compared with each other. Of other tooling there is one repeat, which is compared with the base.

    `setting` and `changed`: what tooling differs from the base, and its value; without a setting, `changed` names the
    seeds that vary.
    """

    name: str
    repeats: tuple[Repeat, ...]
    setting: ToolingSetting | None = None
    changed: str = ""

    @property
    def specs(self) -> list[RunSpec]:
        """Fold by fold, so that those that are compared end together."""
        return [spec for fold in zip(*self.repeats, strict=True) for spec in fold]


PlanFolds = Callable[[FoldTable], Sequence[RunSpec]]
"""The runs of one backbone and the base seed in the folds of a table."""


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


def pending(specs: Iterable[RunSpec], stored: Set[str]) -> list[RunSpec]:
    """Those whose ids are not among `stored`."""
    return [spec for spec in specs if run_id(spec) not in stored]


def designs_of(
    options: NondeterminismOptions,
    seed: int,
    folds: FoldOfCase,
    draw: Callable[[int], FoldOfCase],
    plan: PlanFolds,
    devices: Sequence[str],
) -> Designs:
    """The control, each source of seeds alone, all of them together, and each other setting of the tooling.

    folds: those of the base seed; draw: folds under another seed; devices: those that this machine has.
    """

    def repeat(varied: Sequence[SeedSource], number: int) -> Repeat:
        other = derive(seed, "nondeterminism", number)
        table = FoldTable({seed: draw(other) if "split" in varied else folds})
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
        for value in others(base[0].tooling, setting, devices)
    )
    return Designs(control, varied, changed)


def others(tooling: Tooling, setting: ToolingSetting, devices: Sequence[str]) -> list[str | int]:
    """What else a setting of the tooling may be; nothing where this machine has no other device."""
    values: dict[ToolingSetting, list[str | int]] = {
        "threads": [2 if tooling.threads == 1 else 1],
        "precision": ["fp32", "bf16"],
        "layout": ["channels_last", "contiguous"],
        "device": list(devices),
    }
    return [value for value in values[setting] if value != getattr(tooling, setting)]


def _with(base: Repeat, setting: ToolingSetting, value: str | int) -> Repeat:
    changes: dict[str, str | int] = {setting: value}
    return tuple(replace(spec, tooling=_changed(spec.tooling, changes)) for spec in base)


def _changed(tooling: Tooling, changes: dict[str, str | int]) -> Tooling:
    return Tooling(**{**vars(tooling), **changes})
