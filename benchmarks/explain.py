"""How many importance maps a second one core makes, beside plain predictions of the same model in the same process.

Batches of 32 as `bench explain` makes them, fp32, one thread; seconds are the processor's, so that other work on the
machine counts little. Run: python -m benchmarks.explain [--rounds 3]
"""

import os
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import torch

from backbones.build import build
from backbones.cam import METHODS, Cam
from backbones.cam_layers import cam_layer
from benchmarks.timing import options, processor, take_turns, versions

SIZE, BATCH, BATCHES, CLASSES = 64, 32, 2, 6
BACKBONES = ("resnet34", "tf_efficientnet_lite0", "convnext_atto", "vit_tiny_patch16_224")


def rate(action: Callable[[], object], rounds: int) -> float:
    """Images a second of the processor, median over rounds of some batches, after one of warm-up."""

    def batches() -> None:
        for _ in range(BATCHES):
            action()

    taken = take_turns({"batches": batches}, rounds, warm_up=1, clock=time.process_time)
    return BATCH * BATCHES / median(taken["batches"])


def main() -> None:
    rounds = options(__doc__, rounds=3).parse_args().rounds
    torch.set_num_threads(1)
    print(
        f"{processor()}, 1 of {os.cpu_count()} cores, {versions('torch', 'timm')}; {SIZE} px, batch {BATCH}, fp32; "
        f"medians of {rounds} times {BATCHES} batches"
    )
    print(f"  {'maps/s':22s}" + "".join(f"{method:>12s}" for method in METHODS) + f"{'predictions/s':>16s}")
    for name in BACKBONES:
        torch.manual_seed(0)
        model = build(name, CLASSES, SIZE).eval().to(memory_format=torch.channels_last)
        layer = cam_layer(model, name, SIZE)
        images = torch.randn(BATCH, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
        classes = [number % CLASSES for number in range(BATCH)]
        rates = []
        for method in METHODS:
            with Cam(model, layer, method) as cam:
                rates.append(rate(partial(cam, images, classes), rounds))
        with torch.inference_mode():
            bare = rate(partial(model, images), rounds)
        print(f"  {name:22s}" + "".join(f"{found:12.0f}" for found in rates) + f"{bare:16.0f}")


if __name__ == "__main__":
    main()
