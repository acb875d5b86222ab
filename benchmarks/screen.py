"""What `bench screen` costs: features beside a bare timm loop, and where the time of a whole screen goes.

The loop has the same model, precision, layout, thread and batch, on images that lie in memory already normalised.
Features and loop take turns. Then a screen of the backbones of the extra lite on the phantom: 600 and 240 images,
10 seeds × 5 folds.
Run: python -m benchmarks.screen [--rounds 5] [--size 64]
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import timm
import torch

from backbones.build import build, faster_precision, traits
from backbones.weights import PACKAGES
from bench.execution.batches import EVALUATION_BATCH, ImageBatches
from bench.execution.features import pooled
from benchmarks.timing import bench, machine, options, seconds, take_turns, versions

BACKBONES = ("resnet18", "resnet34", "tf_efficientnet_lite0", "mobilenetv3_small_100", "convnext_atto")
IMAGES = 10 * EVALUATION_BATCH
SEEDS, FOLDS = 10, 5


def both(name: str, size: int) -> dict[str, Callable[[], object]]:
    """The features of some images as a probe computes them, and by timm alone."""
    torch.manual_seed(0)
    ours, theirs = build(name, 6, size), timm.create_model(name, num_classes=0).eval()
    found = traits(ours)
    native = faster_precision(found.depthwise, "cpu") == "bf16"
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=native)
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, size, size, 3), dtype=np.uint8)
    images = ImageBatches(pixels, found, torch.device("cpu"), channels_last=True)
    batches = [images(np.arange(start, start + EVALUATION_BATCH)) for start in range(0, IMAGES, EVALUATION_BATCH)]
    ours, theirs = (model.to(memory_format=torch.channels_last) for model in (ours, theirs))

    def loop() -> None:
        with torch.inference_mode(), autocast:
            for batch in batches:
                theirs(batch)

    return {"features": lambda: pooled(ours, images, IMAGES, autocast), "loop": loop}


def print_features(size: int, rounds: int) -> None:
    torch.set_num_threads(1)
    print(f"Images a second of one thread, {size} px; medians of {rounds} rounds in turns")
    for name in BACKBONES:
        taken = take_turns(both(name, size), rounds, warm_up=1)
        features, loop = (IMAGES / median(taken[which]) for which in ("features", "loop"))
        print(f"  {name:24} features {features:6.0f}   bare timm loop {loop:6.0f}   ratio {features / loop:.2f}")


def print_screen(size: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ["GAPBENCH_CACHE"] = f"{name}/cache"
        data, folder = Path(name, "phantom"), Path(name, "results")
        bench("data", "phantom", "--out", data)
        chosen = [part for one in PACKAGES for part in ("--backbones", one)]
        fixed = ("--seeds", str(SEEDS), "--folds", str(FOLDS), "--image-size", str(size), "--results", folder)
        wall = seconds(lambda: bench("screen", "--data", data, *chosen, *fixed))
        records = [json.loads(path.read_text()) for path in folder.glob("runs/*/run.json")]
    features, fits = (sum(one["timings"][phase] for one in records) for phase in ("features", "fit"))
    what = f"{len(PACKAGES)} pretrained backbones × {SEEDS} seeds × {FOLDS} folds"
    print(f"\nA screen of {what}, {len(records)} runs: {wall:.0f} s")
    print(f"  by worker: features {features:.0f} s, fits {fits:.0f} s ({fits / len(records):.2f} s a run)")


def main() -> None:
    given = options(__doc__, rounds=5, size=64).parse_args()
    print(f"{machine()}; {versions('torch', 'timm', 'scikit-learn')}")
    print_features(given.size, given.rounds)
    print_screen(given.size)


if __name__ == "__main__":
    main()
