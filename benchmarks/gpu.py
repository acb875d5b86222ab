"""Whether runs repeat to the last bit on a GPU, and how fast the engine trains there beside a bare loop.

    python -m benchmarks.gpu [--device cuda] [--rounds 3] [--quick]

Prints Markdown: the card and versions; the control of `bench nondeterminism`, deterministic and `--fast`, with what
initial weights and other numerics change; whether one run at a time and eight at once write the same bytes, and steps
that are recorded those of steps that are computed; the table of benchmarks/gpu_speed.py; and seconds of 50 runs beside
a plain loop (benchmarks/gpu_job.py). Ends with 1 where a check fails, with 2 where the device is not there. `--quick`
is for trying the script.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.execution.environment import environment
from bench.execution.setup import Device, resolve_device
from bench.nondeterminism.report import nondeterminism_tables
from bench.phantom import write_phantom
from bench.plan.spec import Numerics
from bench.store.folder import ResultsFolder
from benchmarks.gpu_job import whole_job
from benchmarks.gpu_speed import Scale, recorded_steps, throughput
from benchmarks.timing import BENCH, options, processor
from reports.draw.markdown_table import table_markdown

SHOWN = ("control", "spread", "tooling")
QUICK = Scale(
    *("test_resnet", (32,), 60, 48),
    epochs=1,
    matrix=256,
    seeds=1,
    folds=2,
    crowd=2,
    plain=1,
    repeats=2,
    varied="none",
    ways=("--deterministic",),
)


def main() -> int:
    parser = options(__doc__, rounds=3)
    parser.add_argument("--device", default="cuda", choices=["cuda", "mps", "cpu"])
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    try:
        device = resolve_device(given.device)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    scale = QUICK if given.quick else Scale()
    with tempfile.TemporaryDirectory() as name:
        os.environ["GAPBENCH_CACHE"] = f"{name}/cache"
        data = Path(name, "phantom")
        write_phantom(data, cases=scale.cases, external_cases=scale.external, seed=0)
        print(card(device))
        print(f"{scale.backbone}, random weights; phantom of {scale.cases} and {scale.external} cases.\n")
        started, failed = time.perf_counter(), list[str]()
        for section in (
            repeatability(scale, data, device, failed),
            workers(scale, data, device, failed),
            recorded_steps(scale, data, device, failed),
            throughput(scale, data, device, given.rounds),
            whole_job(scale, data, device),
        ):
            for text in section:
                print(text, flush=True)
        minutes = (time.perf_counter() - started) / 60
        print(f"All of this took {minutes:.1f} minutes. Checks that failed: {'; '.join(failed) or 'none'}.")
    return 1 if failed else 0


def card(device: Device) -> str:
    """The card and its software, then the processor."""
    seen = environment(Numerics("bf16", device))
    names = [seen[key] for key in ("gpu", "driver") if seen.get(key)]
    versions = [f"{key} {seen[key]}" for key in ("torch", "cuda", "cudnn", "timm", "python") if seen.get(key)]
    return f"{', '.join([*names, *versions])}; {processor()}, {os.cpu_count()} cores."


def bench(command: str, scale: Scale, data: Path, device: Device, results: Path, *further: str) -> int:
    """The exit code of a small call of `bench`; what it prints goes to standard error."""
    small = ("--image-size", str(scale.sides[0]), "--folds", "2", "--epochs", "2", "--weights", "random")
    where = ("--data", str(data), "--device", device, "--results", str(results), "--backbone", scale.backbone)
    return subprocess.run([*BENCH, command, *small, *where, *further], stdout=sys.stderr).returncode


def repeatability(scale: Scale, data: Path, device: Device, failed: list[str]) -> Iterator[str]:
    """The tables of `bench nondeterminism` in both ways, which are asked for at once."""

    def ask(way: str) -> int:
        varied = f"{scale.varied},device" if way == "--deterministic" and device != "cpu" else scale.varied
        how = (way, "--repeats", str(scale.repeats), "--vary", varied)
        return bench("nondeterminism", scale, data, device, data.with_name(way), *how)

    with ThreadPoolExecutor() as threads:
        codes = dict(zip(scale.ways, threads.map(ask, scale.ways), strict=True))
    for way, code in codes.items():
        yield f"## `bench nondeterminism {way}`: exit code {code}\n"
        if code and way == "--deterministic":
            failed.append("deterministic runs do not repeat")
        for table in nondeterminism_tables(ResultsFolder(data.with_name(way))):
            if table.name.removeprefix("nondeterminism_") in SHOWN:
                yield table_markdown(table).replace("## ", "### ", 1)


def workers(scale: Scale, data: Path, device: Device, failed: list[str]) -> Iterator[str]:
    """The predictions of runs trained one at a time in the main process, and of many at once in others."""
    codes, written = [], []
    for number in ("1", str(scale.crowd)):
        folder = data.with_name(f"workers-{number}")
        how = ("--seeds", str((scale.crowd + 1) // 2), "--workers", number)  # two folds each: a run for every worker
        codes.append(bench("run", scale, data, device, folder, *how))
        files = folder.glob("runs/*/predictions.parquet")
        written.append({path.parent.name: path.read_bytes() for path in files})
    one, many = written
    same = sum(predicted == many.get(name) for name, predicted in one.items())
    yield f"## `bench run --workers 1` and `--workers {scale.crowd}`\n"
    total = len(one | many)
    yield f"Exit codes {codes[0]} and {codes[1]}; of {total} files of predictions {same} are the same bytes.\n"
    if any(codes) or not total or same < total:
        failed.append("runs of several workers are not those of one")


if __name__ == "__main__":
    sys.exit(main())
