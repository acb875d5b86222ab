"""Importance maps of one trained model, and what it makes of perturbed images and of random weights."""

import copy

import numpy as np
import torch
from torch import nn

from backbones.build import build
from backbones.cam import Cam
from backbones.cam_layers import CamLayer, cam_layer
from backbones.cascade import randomise
from bench.execution.batches import EVALUATION_BATCH
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun
from bench.explain.perturbation import curves
from bench.explain.task import Explained, ExplainTask, Positions
from bench.seeds import derive
from reports.explanation.agreement import coarse, spearman
from reports.explanation.measures import Maps, centre_prior
from reports.explanation.subject import CENTRE, MAP, RANDOM
from reports.statistics.confusion_counts import Floats


def explain(task: ExplainTask, resources: Resources) -> Explained:
    """Explain the model of a task; on one machine the same task gives the same bytes.

    Maps are computed in fp32 whatever the model was trained in, since the rank of small gradients matters.

    Raises:
        BackboneError: the file is not that of this model, or the architecture has no spatial layer.
    """
    spec = task.spec
    run = PreparedRun(spec, resources, trained=task.model)
    twin = _twin(run)
    layer = cam_layer(run.model, spec.backbone, spec.pixels.image_size)
    maps = _maps(run.model, run, layer, task, task.mapped)
    either = np.union1d(task.located, task.checked)
    of_twin = _maps(twin, run, layer, task, either)
    random_maps = of_twin[np.searchsorted(either, task.located)]
    checked = maps[np.searchsorted(task.mapped, task.checked)]
    probabilities = run.predict()
    found: dict[tuple[str, str], Floats] = {}
    if len(task.checked):
        orders = {
            MAP: checked,
            CENTRE: np.broadcast_to(centre_prior(spec.pixels.image_size), checked.shape),
            RANDOM: of_twin[np.searchsorted(either, task.checked)],
        }
        rows, targets = run.rows(spec.predicted)[task.checked], task.targets[task.checked]
        rng = np.random.default_rng(derive(spec.seeds.order, "fold", spec.fold, "perturbation"))
        for source, of_source in orders.items():
            for measure, curve in curves(run, rows, targets, of_source, rng).items():
                found[measure, source] = curve
    stages, similarity = _cascade(run, twin, layer, task, checked)
    return Explained(layer.name, layer.grid, probabilities, maps, random_maps, found, stages, similarity)


def _twin(run: PreparedRun) -> nn.Module:
    """The same architecture with random weights that have nothing to do with those it started from."""
    spec = run.spec
    torch.manual_seed(derive(spec.seeds.init, "fold", spec.fold, "random twin"))
    size, rule = spec.pixels.image_size, spec.numerics.convolutions
    twin = build(spec.backbone, len(spec.classes), size, convolutions=rule).to(run.device)
    return twin.to(memory_format=torch.channels_last) if spec.numerics.layout == "channels_last" else twin


def _maps(model: nn.Module, run: PreparedRun, layer: CamLayer, task: ExplainTask, positions: Positions) -> Maps:
    size = run.spec.pixels.image_size
    if not len(positions):
        return np.zeros((0, size, size), dtype=np.float32)
    rows, targets = run.rows(run.spec.predicted)[positions], task.targets[positions].tolist()
    batches = [slice(start, start + EVALUATION_BATCH) for start in range(0, len(rows), EVALUATION_BATCH)]
    with Cam(model, layer, task.method) as cam:
        return np.concatenate([cam(run.images(rows[batch]), targets[batch]) for batch in batches])


def _cascade(
    run: PreparedRun, twin: nn.Module, layer: CamLayer, task: ExplainTask, own: Maps
) -> tuple[tuple[str, ...], Floats]:
    """Similarity of the maps of the checked cases with those of ever more random models."""
    if not len(task.checked):
        return (), np.zeros((0, 0))
    model, names, columns = copy.deepcopy(run.model), list[str](), list[Floats]()
    for name in randomise(model, twin.state_dict()):
        names.append(name)
        columns.append(spearman(coarse(own), coarse(_maps(model, run, layer, task, task.checked))))
    return tuple(names), np.stack(columns, axis=1)
