"""What `bench run` costs beside its runs: help, a call with nothing left to do, a leaderboard, memory over tiny runs.

1,000 runs (a tiny model, 20 digits, two folds × 500 seeds, one epoch) are trained by two workers; memory of the command
and of each worker is looked at on the way. Then the same command is given again, which only finds that all is stored.
The leaderboard is that of simulated predictions: two backbones, ten seeds, five folds, 600 and 240 cases.
Run: python -m benchmarks.around [--rounds 5] [--seeds 500]
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from PIL import Image
from sklearn.datasets import load_digits

from bench.report.compiled import compile_results
from bench.store.folder import ResultsFolder
from benchmarks.goals import at_most
from benchmarks.simulated_runs import Size, write_runs
from benchmarks.timing import BENCH, machine, options, take_turns, versions

LOOKS = 10  # at memory
FLAT = 0.05  # growth of a process's memory that counts as none
HELP, RESUME, LEADERBOARD = 0.5, 3.0, 2.0
Memory = dict[tuple[str, int], float]
"""Megabytes by process: what it is, and its id."""
SERVER = b"multiprocessing.forkserver"


def write_digits(root: Path) -> None:
    """Ten images of each of two digits."""
    images, labels = load_digits(return_X_y=True)
    for digit in (0, 1):
        (root / str(digit)).mkdir(parents=True)
        for number, image in enumerate(images[labels == digit][:10]):
            Image.fromarray((image.reshape(8, 8) * 15).astype("uint8")).save(root / str(digit) / f"{number}.png")


def memory(pid: int) -> Iterator[tuple[str, int, float]]:
    """Of a command and what it has started: what it is, its process id, and megabytes that are in no file."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except OSError:  # it has just ended
            continue
    waiting = [(pid, "command")]
    while waiting:
        process, what = waiting.pop()
        try:
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        what = "server" if SERVER in command and what == "command" else what
        for line in status.splitlines():
            if line.startswith("RssAnon"):  # one that has just ended has none
                yield what, process, int(line.split()[1]) / 1e3
        waiting += [(child, "worker" if what == "server" else what) for child in children.get(process, [])]


def train(command: list[str], runs: Path, wanted: int) -> list[Memory]:
    """Run the command to its end and print its memory after each tenth of its runs."""
    started, looks = time.perf_counter(), [wanted * (look + 1) // LOOKS for look in range(LOOKS - 1)]
    process, found = subprocess.Popen(command, stdout=subprocess.DEVNULL), list[Memory]()
    while process.poll() is None:
        time.sleep(0.2)
        done = len(list(runs.glob("[0-9a-f]*"))) if runs.exists() else 0
        if looks and done >= looks[0]:
            looks.pop(0)
            sizes = {(what, pid): size for what, pid, size in memory(process.pid) if what != "server"}
            if not sizes:  # it has just ended
                break
            found.append(sizes)
            used = ", ".join(f"{what} {size:.0f} MB" for (what, _), size in sorted(found[-1].items()))
            print(f"  after {done:5d} runs: {used}", flush=True)
    assert process.wait() == 0
    print(f"  {wanted} runs in {time.perf_counter() - started:.0f} s")
    return found


def growth(looks: Sequence[Memory]) -> float:
    """From the second look, when all libraries are loaded, to the last: of the process that grew most, as a share.

    Processes of less than a tenth of the largest have nothing to do with runs, and do not count.
    """
    first, last = looks[min(1, len(looks) - 1)], looks[-1]
    least = max(last.values()) / 10
    return max(last[one] / first[one] - 1 for one in last if one in first and last[one] >= least)


def compiled(folder: ResultsFolder) -> None:
    """As `bench run` compiles it in the end; libraries are loaded."""
    with folder.locked():
        compile_results(folder)


def processor_seconds() -> float:
    """Of this process and of all that it has waited for."""
    return sum(os.times()[:4])


def main() -> None:
    parser = options(__doc__, rounds=5, seeds=500)
    asked = parser.parse_args()
    print(f"{machine()}; {versions('torch', 'timm')}")
    with tempfile.TemporaryDirectory() as name:
        os.environ["GAPBENCH_CACHE"] = f"{name}/cache"
        write_digits(Path(name, "digits"))
        tiny = ["--backbone", "test_resnet", "--weights", "random", "--image-size", "32", "--folds", "2"]
        tiny += ["--epochs", "1", "--seeds", str(asked.seeds), "--workers", "2", "--results", f"{name}/results"]
        command = [*BENCH, "run", "--internal", f"{name}/digits", *tiny]
        print("memory of each process, without files (RssAnon; what workers share with one another counts in each):")
        looks = train(command, Path(name, "results", "runs"), 2 * asked.seeds)

        def call(*given: str) -> None:
            subprocess.run(given, check=True, stdout=subprocess.DEVNULL)

        small = Path(name, "small")
        write_runs(small, Size(2, 10, 5, 600, 240))
        stored = f"a call with {2 * asked.seeds} runs stored"
        candidates = {
            "bench --help": lambda: call(*BENCH, "--help"),
            stored: lambda: call(*command),
            "the leaderboard of 100 runs": lambda: compiled(ResultsFolder(small)),
            "python -c ''": lambda: call(sys.executable, "-c", ""),
        }
        wanted = dict(zip(candidates, (HELP, RESUME, LEADERBOARD), strict=False))
        goals = [at_most(f"memory of any process over {2 * asked.seeds} runs, growth", growth(looks), FLAT, "{:.1%}")]
        clocks = {"s by the clock": time.perf_counter, "s of a processor": processor_seconds}
        for unit, clock in clocks.items():
            for what, taken in take_turns(candidates, asked.rounds, warm_up=1, clock=clock).items():
                print(f"{what}: {median(taken):.2f} {unit} ({min(taken):.2f}-{max(taken):.2f})", flush=True)
                if what in wanted and clock is time.perf_counter:
                    goals.append(at_most(what, median(taken), wanted[what]))
    print()
    for goal in goals:
        print(goal)


if __name__ == "__main__":
    main()
