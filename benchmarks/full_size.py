"""How much of the processor training at 224 px uses: operations a second beside a large matrix product, and a profile.

A step is the engine's, of one run on one thread, in the precision that `bench run` would choose; the product is one of
square matrices in the same precision. Both take turns in one process, in the time of the processor. What a step needs
is counted by torch's own convolutions, forward and backward.
Run: python -m benchmarks.full_size [--rounds 5] [--size 224] [--batch 16] [--matrix 2048]
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from statistics import median

import timm
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from backbones.build import faster_precision, traits
from backbones.convolutions import NEWEST
from backbones.convolutions.layers import use
from backbones.convolutions.processor import instruction_set
from bench.execution.optimisation import Optimisation
from bench.plan.recipe import Recipe
from benchmarks.convolutions import LAST, step
from benchmarks.goals import at_least
from benchmarks.timing import machine, options, take_turns, versions

WANTED, WITH_AMX = 0.85, 0.60
GROUPS = {
    "convolutions and products": ("convolution", "mm", "mkldnn", "_Convolution"),
    "batch norm": ("batch_norm",),
    "ReLU": ("relu", "threshold", "clamp"),
    "casts and copies": ("copy", "to_copy", "contiguous", "clone"),
    "additions": ("aten::add", "aten::sum"),
    "update of the weights": ("adam",),
    "pooling": ("pool",),
}
"""By parts of the names of torch's operators; the first group that fits counts."""


def group_of(operator: str) -> str:
    """Of the groups above, else the rest."""
    name = operator.lower()
    return next((group for group, parts in GROUPS.items() if any(part.lower() in name for part in parts)), "the rest")


def operations(name: str, images: Tensor) -> int:
    """Of a forward and a backward pass by torch's own convolutions."""
    model = timm.create_model(name, num_classes=6)
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(model(images).sum())
    return counter.get_total_flops()


def profiled(work: Callable[[], object]) -> Iterator[str]:
    """Which operators the time goes to, by group."""
    with profile(activities=[ProfilerActivity.CPU]) as found:
        work()
    taken = Counter[str]()
    for event in found.key_averages():
        taken[group_of(event.key)] += event.self_cpu_time_total
    for group, spent in taken.most_common():
        yield f"  {group:28s}{spent / 1e3:8.1f} ms {spent / taken.total():6.1%}"


def main() -> None:
    parser = options(__doc__, rounds=5, size=224, batch=16, matrix=2048)
    parser.add_argument("--backbone", default="resnet34", help="[resnet34]")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model: nn.Module = timm.create_model(given.backbone, num_classes=6).to(memory_format=LAST)
    precision = faster_precision(traits(model).depthwise, "cpu", NEWEST)
    use(NEWEST, model)
    optimise = Optimisation(model, Recipe(), 1000, torch.device("cpu")).step
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    cast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
    images = torch.randn(given.batch, 3, given.size, given.size).to(memory_format=LAST)
    left, right = (torch.randn(given.matrix, given.matrix, dtype=dtype) for _ in range(2))
    work = {"step": lambda: step(model, optimise, cast, images), "product": lambda: left @ right}
    taken = take_turns(work, given.rounds, warm_up=1, clock=time.process_time)
    needed = {"step": operations(given.backbone, images), "product": 2 * given.matrix**3}
    rates = {name: [needed[name] / spent for spent in of_work] for name, of_work in taken.items()}
    shares = sorted(a / b for a, b in zip(rates["step"], rates["product"], strict=True))
    print(f"{machine()}; {versions('torch', 'timm')}; {instruction_set()}")
    what = f"{given.size} px, {precision}"
    print(f"{given.backbone}, {what}, batch {given.batch}, one thread; medians of {given.rounds} rounds in turns")
    print(f"  a product of {given.matrix} x {given.matrix}: {median(rates['product']) / 1e9:.1f} GFLOP/s")
    speed = f"{given.batch / median(taken['step']):.1f} images/s"
    print(f"  training: {speed}, {median(rates['step']) / 1e9:.1f} GFLOP/s")
    print(f"  share {median(shares):.1%} ({shares[0]:.1%}-{shares[-1]:.1%})")
    print("where a step goes (one under torch's profiler):")
    for line in profiled(work["step"]):
        print(line)
    wanted = WITH_AMX if instruction_set() == "amx_bf16" else WANTED
    print()
    print(at_least(f"{what}, of the operations a second of a matrix product", median(shares), wanted, "{:.1%}"))


if __name__ == "__main__":
    main()
