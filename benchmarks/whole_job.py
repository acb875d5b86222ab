"""How long a whole job takes: by `bench run`, by fastai (extra bench), and by a plain fp32 loop over DataLoaders.

resnet34 from random weights at 64 px on 600 and 240 JPEGs of 512 px: 5 folds × 2 seeds × 4 epochs. All three have the
same images, folds, batch size and number of updates, and score the held-out images after each epoch. `bench run` is a
new process with empty caches each time; its peers take turns with it. --trainings N: in each round the peers do so many
of the job's trainings, the next ones in the next round, and their time for the whole is start + trainings × mean.
Run: python -m benchmarks.whole_job [--rounds 5] [--trainings 10]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median, stdev

import numpy as np
from scipy.stats import t as student

from bench.processes import cores
from bench.store.runs import RunStore
from benchmarks.goals import at_least
from benchmarks.timing import bench, machine, options, seconds, versions
from benchmarks.whole_job_data import Trained, drawn_by_bench, write_images

WANTED = {"fastai": 4.0, "plain": 3.0}
CALLED = {"fastai": "fastai", "plain": "a plain fp32 DataLoader loop"}
PHASES = ("train", "validate", "predict", "build")
SITES = ("internal", "external")
BENCH = "bench run"


@dataclass(frozen=True)
class Turn:
    """One turn: seconds of the whole job, what was measured for that, and what was trained."""

    whole: float
    trained: list[Trained]
    measured: float


Turns = dict[str, list[Turn]]
"""Of `bench run` and each peer, one a round."""


def by_bench(given: argparse.Namespace, data: Path, results: Path, cache: Path) -> tuple[Turn, dict[str, float]]:
    """The command as it is typed, with empty caches; of all its workers seconds by phase, and images trained on."""
    os.environ["GAPBENCH_CACHE"] = str(cache)
    job = ("--backbone", given.backbone, "--weights", "random", "--image-size", given.size, "--epochs", given.epochs)
    job += ("--seeds", given.seeds, "--folds", given.folds, "--batch-size", given.batch, "--monitor", "every")
    wall = seconds(lambda: bench("run", "--data", data, *map(str, job), "--results", results))
    trained, phases = list[Trained](), dict.fromkeys((*PHASES, "total", "images"), 0.0)
    runs = sorted(RunStore(results / "runs").read_all(), key=lambda run: (run.record.spec.seed, run.record.spec.fold))
    for place, run in enumerate(runs):
        history, record = run.history(), run.record
        assert history is not None
        updates = sum(-(-images // given.batch) for images in history["images"])
        scores = (record.metrics[site]["accuracy"] for site in SITES)
        trained.append(Trained(place, record.seconds, updates, *scores))
        for phase in (*PHASES, "total"):
            phases[phase] += record.timings.get(phase, 0.0)
        phases["images"] += float(history["images"].sum())
    return Turn(wall, trained, wall), phases


def by_peer(name: str, job_file: Path, places: Sequence[int], n_trainings: int) -> Turn:
    """Some trainings in a new process, and from these the time of all."""
    out = job_file.with_name(f"{name}.json")
    command = [sys.executable, "-m", "benchmarks.whole_job_peers", name, str(job_file), str(out), *map(str, places)]
    wall = seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    trained = [Trained(**one) for one in json.loads(out.read_text())]
    inside = sum(one.seconds for one in trained)
    return Turn(wall - inside + inside * n_trainings / len(trained), trained, wall)


def refuse_other_updates(ours: Sequence[Trained], theirs: Sequence[Trained], name: str) -> None:
    """The peers leave out a last batch that is not full."""
    found, wanted = {one.updates for one in theirs}, {one.updates for one in ours}
    if found != wanted:
        sys.exit(f"{name} made {found} updates where bench made {wanted}: let training parts be whole batches.")


def compared(ours: Sequence[Trained], theirs: Sequence[Trained], site: str) -> tuple[float, float, float]:
    """Mean difference of accuracy over the trainings of both, and its 95 % interval as if these were independent."""
    by_place = {one.training: getattr(one, site) for one in ours}
    differences = [by_place[one.training] - getattr(one, site) for one in theirs]
    half = 0.0
    if len(differences) > 1:
        half = float(student.ppf(0.975, len(differences) - 1)) * stdev(differences) / len(differences) ** 0.5
    return mean(differences), mean(differences) - half, mean(differences) + half


def print_profile(profiles: Sequence[dict[str, float]], walls: Sequence[float], workers: int) -> None:
    """Where the seconds of `bench run` go, each worker's time being as long as the command's."""
    print(f"\nwhere the seconds of bench run go ({workers} workers; medians):")
    for phase in PHASES:
        taken = median(found[phase] / workers for found in profiles)
        share = median(found[phase] / workers / wall for found, wall in zip(profiles, walls, strict=True))
        print(f"  {phase:28s}{taken:7.1f} s {share:6.1%}")
    rest = [wall - found["total"] / workers for found, wall in zip(profiles, walls, strict=True)]
    print(f"  {'outside the runs':28s}{median(rest):7.1f} s {median(np.divide(rest, walls)):6.1%}")
    print(f"  a worker trains on {median(found['images'] / found['train'] for found in profiles):.1f} images/s")


def all_of(turns: Sequence[Turn]) -> list[Trained]:
    return [one for turn in turns for one in turn.trained]


def print_accuracies(turns: Turns) -> None:
    """Of all trainings, and what is between ours and theirs."""
    print("\naccuracy: mean over the trainings (standard deviation between them)")
    for name, of_name in turns.items():
        trained = turns[BENCH][0].trained if name == BENCH else all_of(of_name)
        cells = [f"{len(trained)} trainings"]
        for site in SITES:
            values = [getattr(one, site) for one in trained]
            cells.append(f"{site} {mean(values):.3f} ({stdev(values) if len(values) > 1 else 0:.3f})")
        print(f"  {name:12s}{'   '.join(cells)}")
    for name in turns:
        for site in SITES if name != BENCH else ():
            middle, low, high = compared(turns[BENCH][0].trained, all_of(turns[name]), site)
            print(f"  {BENCH} - {name}, {site}: {middle:+.3f} (95 % {low:+.3f} to {high:+.3f})")


def print_times(turns: Turns, share: int, n_trainings: int) -> None:
    """Of the whole job, and as ratios to `bench run` in the same round."""
    print()
    for name, of_name in turns.items():
        whole, ratios = [turn.whole for turn in of_name], sorted(ratios_to_bench(turns, name))
        spread = f"{median(ratios):.2f} times bench run ({ratios[0]:.2f}-{ratios[-1]:.2f})"
        print(f"  {name:12s}{median(whole):7.1f} s ({min(whole):.1f}-{max(whole):.1f})  {spread}")
        if share < n_trainings and name != BENCH:
            trainings = sum(len(turn.trained) for turn in of_name)
            print(f"  {'':12s}measured: {trainings} trainings in {sum(turn.measured for turn in of_name):.1f} s")


def ratios_to_bench(turns: Turns, name: str) -> list[float]:
    """One of each round."""
    return [theirs.whole / ours.whole for theirs, ours in zip(turns[name], turns[BENCH], strict=True)]


def print_goals(turns: Turns, peers: Sequence[str]) -> None:
    print()
    for name in peers:
        ratio = median(ratios_to_bench(turns, name))
        print(at_least(f"the whole job against {CALLED[name]}", ratio, WANTED[name]))
    for name in peers:
        _, _, high = compared(turns[BENCH][0].trained, all_of(turns[name]), "internal")
        print(at_least(f"accuracy minus that of {CALLED[name]}, upper end of 95 %", high, 0, "{:+.3f}"))


def take_rounds(given: argparse.Namespace, peers: Sequence[str], share: int) -> tuple[Turns, list[dict[str, float]]]:
    """All turns, and of `bench run` the seconds by phase in each."""
    turns: Turns = {name: [] for name in (BENCH, *peers)}
    profiles, n_trainings = [], given.seeds * given.folds
    with tempfile.TemporaryDirectory() as name:
        data, job_file = Path(name, "data"), Path(name, "job.json")
        write_images(data, given.cases, given.external, given.side)
        for number in range(given.rounds):
            results = Path(name, f"results-{number}")
            ours, profile = by_bench(given, data, results, Path(name, f"cache-{number}"))
            turns[BENCH].append(ours)
            profiles.append(profile)
            drawn_by_bench(results, data, given.backbone, given.size, given.epochs, given.batch).write(job_file)
            places = [(number * share + place) % n_trainings for place in range(share)]
            for peer in peers:
                theirs = by_peer(peer, job_file, places, n_trainings)
                refuse_other_updates(ours.trained, theirs.trained, peer)
                turns[peer].append(theirs)
    return turns, profiles


def main() -> None:
    sizes = {"rounds": 5, "seeds": 2, "folds": 5, "epochs": 4, "batch": 32}
    parser = options(__doc__, **sizes, cases=600, external=240, size=64, side=512)
    parser.add_argument("--trainings", type=int, help="of the peers in each round [all]")
    parser.add_argument("--backbone", default="resnet34", help="[resnet34]")
    given = parser.parse_args()
    peers = [name for name in CALLED if name != "fastai" or find_spec("fastai")]
    n_trainings = given.seeds * given.folds
    share = min(given.trainings or n_trainings, n_trainings)
    print(f"{machine()}; {versions('torch', 'timm', *(('fastai',) if 'fastai' in peers else ()))}")
    images = f"{given.cases} + {given.external} JPEGs of {given.side} px"
    runs = f"{given.folds} folds x {given.seeds} seeds x {given.epochs} epochs"
    print(f"{given.backbone}, random weights, {given.size} px, batch {given.batch}; {images}; {runs}")
    print(f"medians of {given.rounds} rounds in turns; in each the peers do {share} of the {n_trainings} trainings")
    if "fastai" not in peers:
        print("fastai is not installed (pip install 'gapbench[bench]'), and left out")
    turns, profiles = take_rounds(given, peers, share)
    print_times(turns, share, n_trainings)
    print_profile(profiles, [turn.whole for turn in turns[BENCH]], min(cores(), n_trainings))
    print_accuracies(turns)
    print_goals(turns, peers)


if __name__ == "__main__":
    main()
