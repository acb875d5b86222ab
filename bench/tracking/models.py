"""From a stored run to what trackers are told of it. Reads the run."""

import math
from collections.abc import Iterator
from pathlib import Path

from backbones.names import wherever
from bench.store.records import FILE, TrainedSpec
from bench.store.runs import StoredRun
from bench.tracking.tracker import Epoch, Model, Value, name_of

OF_EPOCHS = ("train_loss", "val_loss", "val_accuracy", "val_macro_f1", "lr", "seconds")


def model_of(run: StoredRun) -> Model | None:
    """None where it is no trained model of the plan: predictions that were imported, a trial, a repetition.

    Raises:
        BenchError: it is damaged.
    """
    record = run.record
    spec = record.spec
    if not (isinstance(spec, TrainedSpec) and record.is_ranked):
        return None
    scores = {
        name_of("final", site, metric): value
        for site, of_site in record.metrics.items()
        for metric, value in of_site.items()
    }
    return Model(
        run_id=run.run_id,
        name=f"{wherever(spec.backbone)} seed {spec.seed} fold {spec.fold}",
        settings=dict(_settings(run, spec)),
        epochs=tuple(_epochs(run)),
        scores=scores,
        ended=(run.folder / FILE).stat().st_mtime,
        seconds=record.seconds,
    )


def _settings(run: StoredRun, spec: TrainedSpec) -> Iterator[tuple[str, Value]]:
    record = run.record
    yield "backbone", wherever(spec.backbone)
    yield "weights", Path(record.weights.source).name
    yield "parameters", record.parameters
    yield "seed", spec.seed
    yield "fold", spec.fold
    yield "recipe", spec.recipe_label
    for name, value in spec.recipe.model_dump(exclude={"name"}, exclude_none=True).items():
        yield f"recipe.{name}", value if isinstance(value, Value) else str(value)
    yield "image_size", spec.pixels.image_size
    yield "precision", spec.numerics.precision
    yield "device", spec.numerics.device
    yield "training_cases", spec.n_train
    yield "held_out_cases", spec.n_validation
    yield "external_cases", spec.n_external


def _epochs(run: StoredRun) -> Iterator[Epoch]:
    history = run.history()
    for row in [] if history is None else history.to_dict("records"):
        known = {name: float(row[name]) for name in OF_EPOCHS if row.get(name) is not None}
        yield Epoch(int(row["epoch"]), {name: value for name, value in known.items() if math.isfinite(value)})
