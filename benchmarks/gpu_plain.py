"""What runs on a card are compared with: a bare step, a plain PyTorch loop, and a large matrix product.

All train the architecture of a run in bf16, channels last, with the fused AdamW.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import timm
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from bench.execution.batches import EVALUATION_BATCH
from bench.execution.resources import Resources
from bench.execution.setup import finish, set_up
from bench.plan.spec import RunSpec, Sample
from bench.scoring import class_numbers

WARM_UP, PRODUCTS = 5, 10
MEAN, SD = 127.5, 64.0


def matrix_product(side: int, device: torch.device, rounds: int) -> float:
    """Operations a second of products of two bf16 matrices."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))

    def multiply() -> None:
        for _ in range(PRODUCTS):
            a @ b

    multiply()
    return 2 * side**3 * PRODUCTS / median(seconds(multiply, device) for _ in range(rounds))


def bare_loop(spec: RunSpec, steps: int) -> float:
    """Images a second of so many steps on one batch that lies on the device."""
    device = set_up(spec.numerics)
    step = bare_step(spec, device)
    for _ in range(WARM_UP):
        step()

    def loop() -> None:
        for _ in range(steps):
            step()

    return steps * spec.recipe.batch_size / seconds(loop, device)


def operations(spec: RunSpec) -> float:
    """Of a training step, for each image."""
    with FlopCounterMode(display=False) as counter:
        bare_step(spec, set_up(spec.numerics))()
    return counter.get_total_flops() / spec.recipe.batch_size


def bare_step(spec: RunSpec, device: torch.device) -> Callable[[], None]:
    """Forward, backward and update, nothing else."""
    plain, batch, side = Plain(spec, device), spec.recipe.batch_size, spec.pixels.image_size
    images = torch.randn(batch, 3, side, side, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, len(spec.classes), (batch,), device=device)
    plain.model.train()
    return lambda: plain.step(images, labels)


@dataclass
class Plain:
    """A model and its optimiser, as a notebook has them."""

    spec: RunSpec
    device: torch.device
    model: nn.Module = field(init=False)
    optimiser: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        model = timm.create_model(self.spec.backbone, num_classes=len(self.spec.classes))
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=1e-3, fused=True)

    def logits(self, images: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16):
            output: Tensor = self.model(images)
        return output.float()

    def step(self, images: Tensor, labels: Tensor) -> None:
        loss = nn.functional.cross_entropy(self.logits(images), labels)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimiser.step()


def plain_runs(specs: Sequence[RunSpec], resources: Resources) -> float:
    """Seconds of these runs in a plain loop, one after the other: decoded images are in memory and are taken, copied
    and normalised batch by batch; after the last epoch everything is predicted."""
    device = set_up(specs[0].numerics)
    images = torch.from_numpy(np.array(resources.pixels.open())).permute(0, 3, 1, 2)

    def rows(samples: Sequence[Sample]) -> Tensor:
        return torch.tensor([resources.pixels.row[sample.digest] for sample in samples])

    def normalised(chosen: Tensor) -> Tensor:
        return images[chosen].to(device).float().sub(MEAN).div(SD).contiguous(memory_format=torch.channels_last)

    def one(spec: RunSpec) -> None:
        plain, train, predicted = Plain(spec, device), rows(spec.train), rows(spec.predicted)
        labels = torch.from_numpy(class_numbers([sample.label for sample in spec.train], spec.classes))
        for _ in range(spec.recipe.epochs):
            plain.model.train()
            for chosen in _batches(len(train), spec.recipe.batch_size):
                plain.step(normalised(train[chosen]), labels[chosen].to(device))
        plain.model.eval()
        with torch.inference_mode():
            for chosen in predicted.split(EVALUATION_BATCH):
                plain.logits(normalised(chosen)).softmax(1).cpu()

    def loop() -> None:
        for spec in specs:
            one(spec)

    one(specs[0])
    return seconds(loop, device)


def seconds(work: Callable[[], None], device: torch.device) -> float:
    """Of work and of waiting until the device has done it."""
    finish(device)
    started = time.perf_counter()
    work()
    finish(device)
    return time.perf_counter() - started


def _batches(n: int, size: int) -> Iterator[Tensor]:
    return (chosen for chosen in torch.randperm(n).split(size) if len(chosen) > 1)
