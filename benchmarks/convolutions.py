"""What the ways of a convolution gain over torch's own, layer by layer and in whole training steps.

Everything takes turns in one process with one thread; times are those of the processor, so that other work on the
machine counts little. ONEDNN_MAX_CPU_ISA=AVX2 or AVX512_CORE shows what older processors would do.
Run: python -m benchmarks.convolutions [--turns 9] [--model-turns 5] [--batch 32] [--no-layers]
     [--model resnet34:64]
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backbones.convolutions import NEWEST, Rule
from backbones.convolutions.geometry import Shape
from backbones.convolutions.layers import use
from backbones.convolutions.processor import InstructionSet, instruction_set
from backbones.convolutions.rule import Precision, WayName, choose
from backbones.convolutions.ways import WAYS
from bench.execution.allocation import keep_freed
from bench.execution.optimisation import Optimisation
from bench.plan.recipe import Recipe
from benchmarks.goals import Goal, at_least
from benchmarks.timing import machine, options, take_turns, versions

LAST = torch.channels_last
LAYERS = [
    *[(64, 64, 16, 3, 1), (64, 128, 16, 3, 2), (128, 128, 8, 3, 1), (128, 256, 8, 3, 2), (256, 256, 4, 3, 1)],
    *[(256, 512, 4, 3, 2), (512, 512, 2, 3, 1), (128, 256, 8, 1, 2), (256, 512, 4, 1, 2), (128, 512, 8, 1, 1)],
    *[(1024, 256, 4, 1, 1), (512, 2048, 2, 1, 1), (192, 1152, 2, 1, 1)],
    *[(128, 128, 16, 3, 1), (256, 256, 8, 3, 1), (64, 64, 56, 3, 1), (256, 256, 14, 3, 1), (512, 512, 7, 3, 1)],
]
"""In, out, side of the images, kernel, stride: of resnet34, resnet50 and efficientnet_lite0 on images of 64 px, and of
resnet34 on larger ones."""
DEPTHWISE = [
    *[(144, 16, 3, 1), (144, 16, 5, 2), (240, 8, 5, 1), (240, 8, 3, 2), (480, 4, 5, 1), (1152, 2, 5, 1)],
    *[(1152, 2, 3, 1), (240, 28, 5, 1), (80, 8, 7, 1), (320, 2, 7, 1)],
]
"""Channels, side, kernel, stride: of efficientnet_lite0 and convnext_atto."""
MODELS = [
    *[("resnet34", 64), ("resnet50", 64), ("tf_efficientnet_lite0", 64), ("convnext_atto", 64)],
    *[("resnet34", 224), ("tf_efficientnet_lite0", 224)],
]
RULES: tuple[Rule, ...] = ("torch", NEWEST)
WANTED: dict[tuple[InstructionSet, Precision], float] = {
    ("amx_bf16", "bf16"): 1.9,
    **dict.fromkeys((("amx_bf16", "fp32"), ("avx512_bf16", "fp32"), ("avx512", "fp32")), 1.4),
    ("avx2", "fp32"): 1.3,
}
"""How many times as fast a step of the first model is to be."""
PARTS = ("forward", "input_gradient", "weight_gradient")
Work = dict[str, Callable[[], object]]


def shapes() -> Iterator[Shape]:
    """Of all layers."""
    for channels_in, channels_out, side, kernel, stride in LAYERS:
        yield _shape(channels_in, channels_out, side, kernel, stride, 1)
    for channels, side, kernel, stride in DEPTHWISE:
        yield _shape(channels, channels, side, kernel, stride, channels)


def _shape(channels_in: int, channels_out: int, side: int, kernel: int, stride: int, groups: int) -> Shape:
    around = (kernel // 2, kernel // 2)
    return Shape((side, side), channels_in, channels_out, (kernel, kernel), (stride, stride), around, groups)


def precisions() -> tuple[Precision, ...]:
    """Those that this processor computes natively."""
    return ("fp32", "bf16") if instruction_set() in ("avx512_bf16", "amx_bf16") else ("fp32",)


def layer_lines(precision: Precision, batch: int, turns: int) -> Iterator[str]:
    """Of each layer the milliseconds of torch's own, and how many times faster the other ways are."""
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    for shape in shapes():
        images = torch.randn(batch, shape.channels_in, *shape.size, dtype=dtype).to(memory_format=LAST)
        wide = (shape.channels_out, shape.channels_in // shape.groups, *shape.kernel)
        weight = torch.randn(wide, dtype=dtype).to(memory_format=LAST)
        gradient = torch.randn(batch, shape.channels_out, *shape.output_size, dtype=dtype).to(memory_format=LAST)
        cells = []
        for part in PARTS:
            chosen = getattr(choose(NEWEST, shape, precision, instruction_set()), part)
            cells.append(_cell(_work(part, shape, images, weight, gradient), chosen, turns))
        title = f"{shape.channels_in}-{shape.channels_out} {shape.size[0]} px, {shape.kernel[0]} x {shape.kernel[0]}"
        depthwise = " depthwise" if shape.depthwise else ""
        yield f"  {title + f' / {shape.stride[0]}' + depthwise:36s}" + "".join(f"{cell:52s}" for cell in cells).rstrip()


def _work(part: str, shape: Shape, images: Tensor, weight: Tensor, gradient: Tensor) -> Work:
    ways: tuple[WayName, ...] = ("torch", "shifts", "strips") if shape.depthwise else ("torch", "places", "columns")
    if (shape.kernel, shape.stride) == ((3, 3), (1, 1)) and not shape.depthwise:
        ways += ("tiles",)
    found: Work = {}
    for name in ways:
        compute: Any = getattr(WAYS[name], part)
        given = (images, weight, None, shape) if part == "forward" else (gradient, images, weight, shape)
        found[name] = lambda compute=compute, given=given: compute(*given)
    if shape.depthwise and part != "weight_gradient":
        del found["strips"]  # as shifts
        if part == "forward":
            del found["shifts"]  # torch's own
    return found


def _cell(work: Work, chosen: str, turns: int) -> str:
    taken = take_turns(work, turns, warm_up=2, clock=time.process_time)
    own = taken.pop("torch")
    ratios = {name: median(a / b for a, b in zip(own, of_way, strict=True)) for name, of_way in taken.items()}
    found = "".join(f"  {name} {ratio:.2f}{'*' if name == chosen else ''}" for name, ratio in ratios.items())
    return f"{median(own) * 1e3:6.2f} ms{'*' if chosen == 'torch' else ' '}{found}"


def step(model: nn.Module, optimise: Callable[[Tensor], None], cast: torch.autocast, images: Tensor) -> None:
    """One of training."""
    model.train()
    with cast:
        logits = model(images)
    optimise(F.cross_entropy(logits.float(), torch.arange(len(images)) % 6))


def plain_adamw(model: nn.Module) -> Callable[[Tensor], None]:
    """The update of a bare loop."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def optimise(loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return optimise


def evaluate(model: nn.Module, cast: torch.autocast, images: Tensor) -> None:
    """One batch."""
    model.eval()
    with torch.inference_mode(), cast:
        model(images)


@dataclass(frozen=True)
class Speed:
    """Of a model in one precision by one rule: images a second, and as ratios to torch's own in the same precision."""

    name: str
    size: int
    precision: Precision
    rule: Rule
    training: float
    training_ratio: float
    evaluation: float
    evaluation_ratio: float

    def __str__(self) -> str:
        training = f"training {self.training:6.1f} images/s  x {self.training_ratio:.2f}"
        evaluation = f"evaluation {self.evaluation:6.1f} images/s  x {self.evaluation_ratio:.2f}"
        way = f"{self.precision} {self.rule}"
        return f"  {self.name:22s} {self.size:3d} px  {way:16s}  {training}   {evaluation}"


def model_speeds(name: str, size: int, batch: int, turns: int) -> Iterator[Speed]:
    """By a bare loop, and by the rule with the engine's update of the weights."""
    images = torch.randn(batch, 3, size, size).to(memory_format=LAST)
    steps: dict[tuple[Precision, Rule], Callable[[], object]] = {}
    passes = dict(steps)
    for precision in precisions():
        for rule in RULES:
            torch.manual_seed(0)
            model = timm.create_model(name, num_classes=6).to(memory_format=LAST)
            use(rule, model)
            engine = Optimisation(model, Recipe(), 1000, torch.device("cpu")).step
            optimise = plain_adamw(model) if rule == "torch" else engine
            cast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
            steps[precision, rule] = lambda of=(model, optimise, cast): step(*of, images)
            passes[precision, rule] = lambda of=(model, cast): evaluate(*of, images)
    of_steps, of_passes = (take_turns(work, turns, warm_up=2, clock=time.process_time) for work in (steps, passes))
    for precision, rule in of_steps:
        found = []
        for taken in (of_steps, of_passes):
            ratio = median(a / b for a, b in zip(taken[precision, "torch"], taken[precision, rule], strict=True))
            found += [batch / median(taken[precision, rule]), ratio]
        yield Speed(name, size, precision, rule, *found)


def goals(speeds: Sequence[Speed], instructions: InstructionSet) -> Iterator[Goal]:
    """What steps by the rule were to gain on this instruction set; that no model is slower."""
    by_rule = [speed for speed in speeds if speed.rule != "torch"]

    def against_torch(speed: Speed, wanted: float, what: str) -> Goal:
        title = f"{what}, {speed.name}, {speed.size} px, {speed.precision}, {instructions}, against torch's own"
        return at_least(title, speed.training_ratio, wanted)

    for speed in by_rule:
        wanted = WANTED.get((instructions, speed.precision))
        if wanted and (speed.name, speed.size) == MODELS[0]:
            yield against_torch(speed, wanted, "a step")
    yield against_torch(min(by_rule, key=lambda speed: speed.training_ratio), 1, "the slowest step")


def model_and_size(text: str) -> tuple[str, int]:
    """`resnet34:64`."""
    name, _, size = text.partition(":")
    return name, int(size)


def main() -> None:
    parser = options(__doc__, turns=9, batch=32)
    parser.add_argument("--model-turns", type=int, default=5, help="[5]")
    parser.add_argument("--no-layers", action="store_true", help="whole models only")
    parser.add_argument("--model", action="append", type=model_and_size, metavar="NAME:SIZE", help="[five]")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"{machine()}; {versions('torch', 'timm')}; convolutions for {instruction_set()}")
    turns = f"{given.turns} turns of layers and {given.model_turns} of models"
    print(f"batch {given.batch}, one thread, time of the processor, medians of {turns}")
    if not given.no_layers:
        print("\nms by torch's own, and how many times faster other ways are; * by the rule")
        for precision in precisions():
            print(f"{precision + ':':38s}{PARTS[0]:52s}{PARTS[1]:52s}{PARTS[2]}".replace("_", " "))
            for line in layer_lines(precision, given.batch, given.turns):
                print(line, flush=True)
    print(f"\nwhole models, by torch's own convolutions and AdamW, and by {NEWEST} and the engine's")
    keep_freed()
    found = []
    for name, size in given.model or MODELS:
        batch = given.batch if size < 100 else max(given.batch // 4, 2)
        for speed in model_speeds(name, size, batch, given.model_turns):
            found.append(speed)
            print(speed, flush=True)
    print()
    for goal in goals(found, instruction_set()):
        print(goal)


if __name__ == "__main__":
    main()
