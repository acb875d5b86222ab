"""The job of whole_job.py by others: fastai with its defaults, and a plain fp32 loop over DataLoaders.

A process of its own: python -m benchmarks.whole_job_peers fastai|plain JOB.json OUT.json PLACE [PLACE ...]
PLACE: of a training in the job. Each scores the held-out images after every epoch, as `bench run` does there, and
predicts the external ones at the end.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.whole_job_data import Job, Trained, Training

PEAK = 1e-3  # of the learning rate: the default of all three
Outcome = tuple[int, float, float]
"""Updates of the weights; accuracy on held-out and on external images."""


def by_fastai(job: Job, training: Training) -> Outcome:
    """As its tutorials do it, from random weights; the architecture is timm's, as for the others."""
    from fastai.vision.all import (
        CategoryBlock,
        DataBlock,
        ImageBlock,
        IndexSplitter,
        Resize,
        accuracy,
        parent_label,
        set_seed,
        vision_learner,
    )

    set_seed(training.seed)
    files = [Path(path) for path in job.internal]
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock(vocab=job.classes)),
        get_items=lambda source: files,
        get_y=parent_label,
        splitter=IndexSplitter(list(training.held_out)),
        item_tfms=Resize(job.size),
    )
    loaders = block.dataloaders(files[0].parents[1], bs=job.batch)
    learner = vision_learner(loaders, job.backbone, pretrained=False, metrics=accuracy)
    learner.fit_one_cycle(job.epochs, PEAK)
    updates, held_out = learner.train_iter, float(learner.recorder.values[-1][-1])
    external = loaders.test_dl([Path(path) for path in job.external], with_labels=True)
    return updates, held_out, float(accuracy(*learner.get_preds(dl=external)))


def by_plain_loop(job: Job, training: Training) -> Outcome:
    """What is written by hand: fp32, AdamW, one cycle, loaders with as many workers as cores."""
    import timm
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset
    from torchvision import transforms

    to_tensor = transforms.Compose(
        [
            transforms.Resize((job.size, job.size)),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )

    class Images(Dataset[tuple[torch.Tensor, int]]):
        def __init__(self, paths: list[str]) -> None:
            self.paths = paths

        def __len__(self) -> int:
            return len(self.paths)

        def __getitem__(self, place: int) -> tuple[torch.Tensor, int]:
            path = Path(self.paths[place])
            return to_tensor(Image.open(path).convert("RGB")), job.classes.index(path.parent.name)

    def loader(paths: list[str], train: bool) -> "DataLoader[tuple[torch.Tensor, int]]":
        workers = os.cpu_count() or 1
        return DataLoader(
            Images(paths), job.batch, shuffle=train, drop_last=train, num_workers=workers, persistent_workers=True
        )

    def accuracy(images: "DataLoader[tuple[torch.Tensor, int]]") -> float:
        model.eval()
        right = seen = 0
        with torch.inference_mode():
            for batch, labels in images:
                right += int((model(batch).argmax(1) == labels).sum())
                seen += len(labels)
        return right / seen

    torch.manual_seed(training.seed)
    out = set(training.held_out)
    train = loader([path for place, path in enumerate(job.internal) if place not in out], train=True)
    held_out = loader([job.internal[place] for place in training.held_out], train=False)
    model = timm.create_model(job.backbone, num_classes=len(job.classes))
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK, job.epochs * len(train))
    updates, internal = 0, 0.0
    for _ in range(job.epochs):
        model.train()
        for images, labels in train:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
            updates += 1
        internal = accuracy(held_out)
    return updates, internal, accuracy(loader(list(job.external), train=False))


PEERS: dict[str, Callable[[Job, Training], Outcome]] = {"fastai": by_fastai, "plain": by_plain_loop}
LIBRARIES = {"fastai": ("fastai.vision.all", "timm"), "plain": ("timm", "torchvision.transforms")}
"""Loaded once, before the first training is timed."""


def main() -> None:
    name, job_file, out, *places = sys.argv[1:]
    job = Job.read(Path(job_file))
    for library in LIBRARIES[name]:
        import_module(library)
    found = []
    for place in map(int, places):
        started = time.perf_counter()
        outcome = PEERS[name](job, job.trainings[place])
        found.append(asdict(Trained(place, time.perf_counter() - started, *outcome)))
    Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
