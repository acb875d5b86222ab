"""How many importance maps a second one core makes, beside plain predictions of the same model in the same process.

Batches of 32 as `bench explain` makes them, fp32, one thread; seconds are the processor's, so that other work on the
machine counts little. Run: python benchmarks/explain.py [--repeats 3]
"""

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import timm
import torch
from machine import processor

from backbones.build import build
from backbones.cam import METHODS, Cam
from backbones.cam_layers import cam_layer

SIZE, BATCH, BATCHES, CLASSES = 64, 32, 2, 6
BACKBONES = ("resnet34", "tf_efficientnet_lite0", "convnext_atto", "vit_tiny_patch16_224")


def rate(action: Callable[[], object], repeats: int) -> float:
    """Images a second of the processor, median over repeats of some batches, after one of warm-up."""
    action()
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        for _ in range(BATCHES):
            action()
        seconds.append(time.process_time() - started)
    return BATCH * BATCHES / median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print(
        f"{processor()}, 1 of {os.cpu_count()} cores, torch {torch.__version__}, timm {timm.__version__}; {SIZE} px, "
        f"batch {BATCH}, fp32; medians of {repeats} times {BATCHES} batches"
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
                rates.append(rate(partial(cam, images, classes), repeats))
        with torch.inference_mode():
            bare = rate(partial(model, images), repeats)
        print(f"  {name:22s}" + "".join(f"{found:12.0f}" for found in rates) + f"{bare:16.0f}")


if __name__ == "__main__":
    main()
