"""Executes one run: build, train, predict; or fit a probe."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from backbones.build import build, classifier, ran_out_of_memory, traits
from backbones.stages import divide
from backbones.state import as_bytes, restore
from bench.errors import disk_failed
from bench.execution.adaptation.covariance import Target
from bench.execution.adaptation.entropy import adapted_logits
from bench.execution.adaptation.standardised import Standardised
from bench.execution.adaptation.statistics import with_statistics
from bench.execution.allocation import give_back
from bench.execution.augmentation import LightAugmentation
from bench.execution.batches import ImageBatches
from bench.execution.cuda_graphs import CudaGraphs
from bench.execution.environment import environment
from bench.execution.features import Features, load_features, pooled, refuse_other_heads
from bench.execution.image_source import source_of
from bench.execution.prediction import Logits, Validation, evaluate, probabilities, validation
from bench.execution.resources import Resources
from bench.execution.setup import free_memory, seed_everything, set_up
from bench.execution.stage_features import load_stage_features
from bench.execution.step import StepRecorder
from bench.execution.timings import Timings
from bench.execution.training import Inputs, NonFiniteLossError, Phase, StoppedError, TrainingPart, train
from bench.execution.watch import Recorder, StepWatch
from bench.execution.weight_cache import stored_weights
from bench.plan.adaptation import BY_BATCH_NORM
from bench.plan.spec import EpochRecord, RunResult, RunSpec, Sample
from bench.plan.trace import EVERY_STEP_UP_TO
from bench.scoring import class_numbers
from bench.seeds import derive

NOTHING = np.zeros((0, 0), dtype=np.float32)


def execute(spec: RunSpec, resources: Resources, on_epoch: Callable[[EpochRecord], bool]) -> RunResult:
    """Train and predict as `spec` says. On one machine the same spec gives the same bytes.

    A loss that is not finite, or a stop asked for by `on_epoch`, is a result with its status, not an exception.
    """
    if spec.recipe.probes:
        return _execute_probe(spec, resources)
    timings, history = Timings(), list[EpochRecord]()

    def record(epoch: EpochRecord) -> bool:
        history.append(epoch)
        return on_epoch(epoch)

    result = RunResult("done", NOTHING)
    try:
        with timings.phase("total"):
            run = PreparedRun(spec, resources, timings)
            recorder = Recorder(run.model, EVERY_STEP_UP_TO if spec.role == "nondeterminism" else 1)
            further = resources.watch(spec, run.model) if resources.watch else None
            run.watches = (recorder, further) if further else (recorder,)
            run.train_all(record)
            result = replace(result, probabilities=run.predict())
            result = replace(result, trace=recorder.trace, moved=further.finish() if further else None)
            timings.seconds["digests"] = recorder.seconds
            if resources.keep_models:
                result = replace(result, model=as_bytes(run.model, spec.run_id))
    except NonFiniteLossError as error:
        result = RunResult("failed", NOTHING, error=str(error))
    except StoppedError:
        result = RunResult("stopped", NOTHING)
    timings.seconds["train"] = sum(epoch.seconds for epoch in history)
    return replace(result, history=tuple(history), timings=timings.seconds, environment=environment(spec.numerics))


def _execute_probe(spec: RunSpec, resources: Resources) -> RunResult:
    """Fit to the features of the frozen body, which is only built where the cache has none.

    Among the timings, "body" is how long computing the features took whichever run did, in this call or before.
    """
    if spec.recipe.probe == "attention":
        from bench.execution.attention import fit_and_predict
    else:
        from bench.execution.probe import fit_and_predict  # scikit-learn, which takes a second to load

    timings, pixels = Timings(), resources.pixels
    pixels.refuse_other_neighbours(spec.pixels, (*spec.train, *spec.predicted))  # where features are there already

    def compute() -> Features:
        run = PreparedRun(spec, resources, timings)
        return pooled(run.model, run.images, pixels.n_seen, run.autocast)

    with timings.phase("total"):
        set_up(spec.numerics, resources.card)
        with timings.phase("features"):
            features = load_features(resources.caches.features, spec, pixels, compute)
        with timings.phase("fit"):
            found = fit_and_predict(spec, features.values, pixels.rows)
    if features.seconds is not None:
        timings.seconds["body"] = features.seconds
    return RunResult("done", found, timings=timings.seconds, environment=environment(spec.numerics))


def execute_guarded(spec: RunSpec, resources: Resources, on_epoch: Callable[[EpochRecord], bool]) -> RunResult:
    """As `execute`; an exception (no memory left, an operator that a device lacks) becomes a failed result."""
    try:
        return execute(spec, resources, on_epoch)
    except Exception as error:  # the other runs go on
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({where.filename}, line {where.lineno})"
        failed = RunResult(
            "failed", NOTHING, error=text, short_of_memory=ran_out_of_memory(error), disk_failed=disk_failed(error)
        )
    finally:
        give_back()
    if failed.short_of_memory:
        free_memory()
    return failed


class PreparedRun:
    """The model, the images and the labels of a spec; `watches` are told of each step of training.

    The model is as it starts, or as `trained` (a safetensors file) has it.
    """

    watches: Sequence[StepWatch] = ()
    _logits: Logits | None = None

    def __init__(
        self, spec: RunSpec, resources: Resources, timings: Timings | None = None, *, trained: bytes | None = None
    ) -> None:
        self.spec, self.resources, self.timings = spec, resources, timings or Timings()
        self.device = set_up(spec.numerics, resources.card)
        with self.timings.phase("build"):
            self.model = self._build(trained)
        pixels, channels_last = resources.pixels, spec.numerics.layout == "channels_last"
        pixels.refuse_other_neighbours(spec.pixels, (*spec.train, *spec.predicted))
        array = pixels.open()
        source = source_of(array, self.device, pixels.threes)
        if spec.adaptation == "histogram":
            source = Standardised(source, self.rows(spec.train))
        self.images = ImageBatches(array, traits(self.model), self.device, channels_last, source)
        recorded = spec.numerics.steps == "graph" and self.device.type == "cuda"
        self.recorder: StepRecorder | None = CudaGraphs(self.device) if recorded else None
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=spec.numerics.precision == "bf16")

    def _build(self, trained: bytes | None) -> nn.Module:
        spec = self.spec
        seed_everything(spec.body_seed)
        body = None if trained else stored_weights(self.resources.caches.weights, spec.weights.digest)
        size, rule = spec.pixels.image_size, spec.numerics.convolutions
        model = build(spec.backbone, len(spec.classes), size, body, convolutions=rule)
        if trained:
            restore(model, trained, spec.run_id)
        model = model.to(self.device)
        if spec.numerics.layout == "channels_last":
            model = model.to(memory_format=torch.channels_last)
        return model

    @cached_property
    def trained(self) -> tuple[nn.Module, Inputs]:
        """What is trained in the phase of everything, with its inputs: the model and images, or behind frozen stages
        the tail and their features. It shares the model's tensors.

        Raises:
            NoStageError: the backbone has no such stages.
            TooLargeError: the disk has no place for their features.
        """
        spec, resources = self.spec, self.resources
        if not spec.recipe.frozen_stages:
            return self.model, self.images
        body, tail = divide(self.model, spec.backbone, spec.recipe.frozen_stages, spec.pixels.image_size)
        with self.timings.phase("features"):
            features = load_stage_features(
                resources.caches.features, spec, body, resources.pixels, self.images, self.autocast
            )
        return tail, features

    def rows(self, samples: tuple[Sample, ...]) -> NDArray[np.int64]:
        """Which of the images that models see they are."""
        return self.resources.pixels.rows(samples)

    def labels(self, samples: tuple[Sample, ...]) -> NDArray[np.int64]:
        """Class numbers."""
        return class_numbers([sample.label for sample in samples], self.spec.classes)

    def train_all(self, on_epoch: Callable[[EpochRecord], bool]) -> None:
        """The frozen phase on cached features where weights are pretrained, then everything."""
        recipe = self.spec.recipe
        head_epochs = recipe.head_epochs if self.spec.weights.pretrained else 0
        if head_epochs:
            self._train_head(head_epochs, on_epoch)
        seed_everything(derive(self.spec.seeds.order, "fold", self.spec.fold, "dropout"))
        self._train(*self.trained, "full", recipe.epochs, head_epochs, on_epoch)

    def _train_head(self, epochs: int, on_epoch: Callable[[EpochRecord], bool]) -> None:
        with self.timings.phase("features"):
            if self.spec.adaptation == "histogram":  # whose images are other ones in each fold
                found = self._features()
            else:
                found = load_features(self.resources.caches.features, self.spec, self.resources.pixels, self._features)
            features = torch.from_numpy(np.array(found.values)).to(self.device)
        head = classifier(self.model)
        self._train(head, lambda rows: features[torch.from_numpy(rows).to(self.device)], "head", epochs, 0, on_epoch)

    def _features(self) -> Features:
        refuse_other_heads(self.spec.backbone, self.model, self.images, self.autocast)
        return pooled(self.model, self.images, self.resources.pixels.n_seen, self.autocast)

    def _train(
        self,
        module: nn.Module,
        inputs: Inputs,
        phase: Phase,
        epochs: int,
        first_epoch: int,
        on_epoch: Callable[[EpochRecord], bool],
    ) -> None:
        spec = self.spec
        order_seed = derive(spec.seeds.order, "fold", spec.fold)
        part = TrainingPart(inputs, self.rows(spec.train), self.labels(spec.train))
        if phase == "full":
            unlabelled = spec.external if spec.adaptation == "coral" else ()
            looked_at = spec.train + unlabelled
            part = replace(
                part,
                rows=self.rows(looked_at),
                cases=[sample.digest for sample in looked_at],
                augmentation=LightAugmentation(order_seed) if spec.recipe.augmentation == "light" else None,
                target=Target(len(unlabelled), order_seed) if unlabelled else None,
            )
        held_out, truth = self.rows(spec.validation).tolist(), self.labels(spec.validation)

        def validate(epoch: int) -> Validation | None:
            if not spec.is_monitored(epoch):
                return None
            if epoch == spec.all_epochs - 1:
                return validation(self._last_logits()[: len(truth)], truth)
            with self.timings.phase("validate"):
                return validation(evaluate(module, inputs, held_out, self.autocast), truth)

        train(
            module,
            part,
            spec.recipe,
            len(spec.classes),
            phase=phase,
            epochs=epochs,
            first_epoch=first_epoch,
            order_seed=order_seed,
            autocast=self.autocast,
            device=self.device,
            validate=validate,
            on_epoch=on_epoch,
            watches=self.watches,
            recorder=self.recorder,
        )

    def _last_logits(self) -> Logits:
        """Of all that is predicted, by the model as it is now; kept, since `predict` comes next.

        Where copies of it are adapted to sites, each of these is predicted by its own.
        """
        spec, of_sites = self.spec, self.spec.adaptation in BY_BATCH_NORM
        with self.timings.phase("predict"):
            rows = self.rows(spec.validation if of_sites else spec.predicted).tolist()
            logits = evaluate(*self.trained, rows, self.autocast)
        if of_sites:
            with self.timings.phase("adapt"):
                sites = groupby(spec.external, key=lambda sample: sample.site)
                logits = np.concatenate([logits, *(self._at_site(site, tuple(cases)) for site, cases in sites)])
        self._logits = logits
        return logits

    def _at_site(self, site: str, cases: tuple[Sample, ...]) -> Logits:
        """By a copy of the model that is adapted to all cases of a site, whose labels play no part."""
        spec, rows = self.spec, self.rows(cases)
        if spec.adaptation == "tent":
            seed = derive(spec.seeds.order, "fold", spec.fold, "tent", site)
            return adapted_logits(self.model, self.images, rows, self.autocast, spec.recipe.batch_size, seed)
        adapted = with_statistics(self.model, self.images, rows.tolist(), self.autocast)
        return evaluate(adapted, self.images, rows.tolist(), self.autocast)

    def predict(self) -> NDArray[np.float32]:
        """Class probabilities (n_predicted, n_classes)."""
        return probabilities(self._last_logits() if self._logits is None else self._logits)
