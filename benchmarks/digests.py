"""What digests of the weights cost beside the training steps after which they are taken.

    python -m benchmarks.digests [--rounds 15]

Steps and digests take turns, in one thread; medians. The shares are of the steps alone, without validation.
"""

import hashlib
from collections.abc import Callable
from statistics import median

import timm
import torch
from torch import nn

from backbones.build import faster_precision, traits
from bench.execution.digests import digest
from bench.plan.trace import EVERY_STEP_UP_TO
from benchmarks.timing import options, processor, take_turns, versions

BATCH, SIDE = 32, 64
STEPS, EPOCHS = 15, 5  # 480 training images: 600 cases in five folds, and the recipe's five epochs


def main() -> None:
    rounds = options(__doc__, rounds=15).parse_args().rounds
    torch.set_num_threads(1)
    print(f"{processor()}, one thread, {versions('torch')}; {SIDE} px, batch {BATCH}; medians of {rounds} rounds")
    print(
        f"of {STEPS * EPOCHS} steps in {EPOCHS} epochs: bench run takes {EPOCHS + 2} digests, bench nondeterminism "
        f"{EVERY_STEP_UP_TO + EPOCHS}"
    )
    for name in ("resnet34", "tf_efficientnet_lite0"):
        print(_line(name, rounds))


def _line(name: str, rounds: int) -> str:
    model = timm.create_model(name, num_classes=6).to(memory_format=torch.channels_last)
    precision = faster_precision(traits(model).depthwise, "cpu")
    step = _step(model, precision)
    ways: dict[str, Callable[[], object]] = {
        "step": step,
        "digest": lambda: [digest(tensor) for tensor in model.state_dict().values()],
        "SHA-256": lambda: [hashlib.sha256(_raw(tensor)).digest() for tensor in model.state_dict().values()],
    }
    found = {way: median(taken) for way, taken in take_turns(ways, rounds, warm_up=1).items()}
    share = found["digest"] / (found["step"] * STEPS * EPOCHS)
    return (
        f"{name}, {precision}: step {1e3 * found['step']:.0f} ms, digest {1e3 * found['digest']:.1f} ms (SHA-256 "
        f"{1e3 * found['SHA-256']:.0f} ms); share of bench run {(EPOCHS + 2) * share:.2%}, of bench nondeterminism "
        f"{(EVERY_STEP_UP_TO + EPOCHS) * share:.2%}"
    )


def _step(model: nn.Module, precision: str) -> Callable[[], None]:
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    images = torch.randn(BATCH, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 6, (BATCH,))

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = model(images)
        optimiser.zero_grad()
        torch.autograd.backward(nn.functional.cross_entropy(logits.float(), labels))
        optimiser.step()

    return step


def _raw(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()


if __name__ == "__main__":
    main()
