"""From a results folder to the models that can be explained. Reads run.json and predictions."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.errors import RequestError
from bench.folds.table import FoldTable
from bench.plan.adaptation import BY_BATCH_NORM
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.spec import RunSpec
from bench.report.entries import distinguishing, settings
from bench.store.folder import ResultsFolder
from bench.store.records import RunRecord, TrainedSpec
from bench.store.runs import StoredRun
from bench.store.snapshot import FolderSnapshot


@dataclass(frozen=True)
class ModelSet:
    """The runs of one backbone, recipe, weights, pixels and numerics, by seed and fold."""

    name: str
    backbone: str
    pixels: PixelSettings
    runs: tuple[tuple[StoredRun, RunSpec], ...]


def find_models(
    folder: ResultsFolder, snapshot: FolderSnapshot, backbones: Sequence[str], say: Callable[[str], None]
) -> list[ModelSet]:
    """Every set of comparable models, or those of the backbones asked for.

    A stored run is planned anew from its record; where that gives another run id, folds or cases have been edited, and
    the run is left out, which is said.

    Raises:
        RequestError: no results folder, no run that can be explained, or no such backbone.
    """
    cases, folds = snapshot.cases, snapshot.folds
    if cases is None or folds is None:
        raise RequestError(f"{folder.root} is no results folder. Give the one that `bench run` wrote.")
    if folds.sites:
        raise RequestError(
            f"{folder.root} was made with --folds sites, whose models bench explain does not show. Give a folder that "
            f"was made with a number of folds."
        )
    runs = folder.runs.read_all()
    own = [run for run in runs if run.record.is_ranked and _has_model(run.record)]
    if not own:
        without = any(run.record.is_ranked for run in runs)
        why = (
            "its runs are imported or probes, and there is no model of them" if without else "it holds no finished run"
        )
        raise RequestError(f"Nothing in {folder.root} can be explained: {why}. Train models by bench run.")
    known = list(dict.fromkeys(run.record.spec.backbone for run in own))
    for name in backbones:
        if name not in known:
            nearest = ", ".join(get_close_matches(name, known, n=3, cutoff=0.0))
            raise RequestError(
                f"No run of backbone {name!r} is stored in {folder.root} (--backbone). Nearest: {nearest}."
            )
    alike: dict[Hashable, list[StoredRun]] = defaultdict(list)
    for run in own:
        alike[settings(run.record)].append(run)
    records = [group[0].record for group in alike.values()]
    found, left_out = list[ModelSet](), 0
    for group in sorted(alike.values(), key=lambda group: group[0].record.spec.backbone):
        if backbones and group[0].record.spec.backbone not in backbones:
            continue
        models = _planned(group, cases, folds, _name(group[0].record, records))
        left_out += len(group) - len(models.runs)
        if models.runs:
            found.append(models)
    if left_out:
        say(f"{left_out} stored run(s) belong to cases or folds that {folder.root} no longer has, and are left out.")
    if not found:
        raise RequestError(f"No run in {folder.root} fits its cases and folds. Give the bench run command again.")
    return found


def _has_model(record: RunRecord) -> bool:
    """Whether a network was trained here: not of external predictions, nor of probes; nor of copies that were adapted
    to sites, whose model is that of the row without adaptation."""
    trained = record.spec.role == "main" and not record.spec.recipe.probes
    return trained and record.adaptation not in BY_BATCH_NORM


def _planned(group: Sequence[StoredRun], cases: Sequence[Case], folds: FoldTable, name: str) -> ModelSet:
    spec = group[0].record.spec
    assert isinstance(spec, TrainedSpec)
    backbone = PlannedBackbone(spec.backbone, group[0].record.weights, spec.numerics)
    seeds = sorted({run.record.spec.seed for run in group} & set(folds.by_seed))
    planned_by = (cases, folds, spec.classes, [backbone], seeds, spec.recipe, spec.pixels)
    specs = plan_runs(*planned_by, adaptations=[spec.adaptation])
    stored = {run.run_id: run for run in group}
    planned = {spec.run_id: spec for spec in specs}
    runs = tuple((stored[identity], spec) for identity, spec in planned.items() if identity in stored)
    return ModelSet(name, spec.backbone, spec.pixels, runs)


def _name(record: RunRecord, records: Sequence[RunRecord]) -> str:
    """The backbone, and what sets it apart where the folder has several rows of it."""
    backbone = record.spec.backbone
    if sum(other.spec.backbone == backbone for other in records) == 1:
        return backbone
    parts = [record.weights.source, record.spec.recipe_label, *distinguishing(record, records)]
    return f"{backbone} ({', '.join(parts)})"
