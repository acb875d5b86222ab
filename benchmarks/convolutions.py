"""What the ways of a convolution gain over torch's own, layer by layer and in whole training steps.

Everything takes turns in one process with one thread; times are those of the processor, so that other work on the
machine counts little. ONEDNN_MAX_CPU_ISA=AVX2 or AVX512_CORE shows what older processors would do.
Run: python -m benchmarks.convolutions [--turns 9] [--model-turns 5] [--batch 32] [--no-layers]
"""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backbones.convolutions import NEWEST, Rule
from backbones.convolutions.geometry import Shape
from backbones.convolutions.layers import use
from backbones.convolutions.processor import instruction_set
from backbones.convolutions.rule import Precision, WayName, choose
from backbones.convolutions.ways import WAYS
from bench.execution.allocation import keep_freed
from bench.execution.optimisation import Optimisation
from bench.plan.recipe import Recipe
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
DTYPES: dict[str, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}
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
    dtype = DTYPES[precision]
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


def step_operations(name: str, size: int) -> float:
    """Of the convolutions of one image in training: two for each multiplication forward, as many for each gradient;
    images have none.
    """
    found: list[int] = []
    model = timm.create_model(name, num_classes=6)
    for part in model.modules():
        if isinstance(part, nn.Conv2d):
            part.register_forward_hook(lambda of, given, out: found.append(out.numel() * of.weight[0].numel()))
    with torch.no_grad():
        model(torch.zeros(2, 3, size, size))
    return 3 * sum(found) - found[0]  # of two images, which the two operations make up for


def product_rate(dtype: torch.dtype, turns: int, side: int = 2048) -> float:
    """Operations a second of a matrix product."""
    matrix = torch.randn(side, side).to(dtype)
    taken = take_turns({"product": lambda: matrix @ matrix}, turns, warm_up=2, clock=time.process_time)
    return 2.0 * side**3 / median(taken["product"])


def model_lines(name: str, size: int, batch: int, turns: int) -> Iterator[str]:
    """Images a second of a bare loop, and of the rule with the engine's update of the weights; the ratio of both."""
    images = torch.randn(batch, 3, size, size).to(memory_format=LAST)
    operations = step_operations(name, size)
    rates = {precision: product_rate(DTYPES[precision], turns) for precision in precisions()}
    steps: Work = {}
    passes: Work = {}
    for precision in precisions():
        for rule in RULES:
            torch.manual_seed(0)
            model = timm.create_model(name, num_classes=6).to(memory_format=LAST)
            use(rule, model)
            engine = Optimisation(model, Recipe(), 1000, torch.device("cpu")).step
            optimise = plain_adamw(model) if rule == "torch" else engine
            cast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
            steps[f"{precision} {rule}"] = lambda of=(model, optimise, cast): step(*of, images)
            passes[f"{precision} {rule}"] = lambda of=(model, cast): evaluate(*of, images)
    of_steps, of_passes = (take_turns(work, turns, warm_up=2, clock=time.process_time) for work in (steps, passes))
    for key in of_steps:
        precision = key.partition(" ")[0]
        own = precision + " torch"
        cells = []
        for taken in (of_steps, of_passes):
            ratio = median(a / b for a, b in zip(taken[own], taken[key], strict=True))
            cells.append(f"{batch / median(taken[key]):6.1f} images/s  x {ratio:.2f}")
        share = batch * operations / median(of_steps[key]) / rates[precision]
        yield f"  {name:22s} {size:3d} px  {key:16s}  training {cells[0]} {share:4.0%}   evaluation {cells[1]}"


def main() -> None:
    parser = options(__doc__, turns=9, batch=32)
    parser.add_argument("--model-turns", type=int, default=5, help="[5]")
    parser.add_argument("--no-layers", action="store_true", help="whole models only")
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
    print("%: operations of the convolutions a second, as a share of what a matrix product of side 2048 reaches")
    keep_freed()
    for name, size in MODELS:
        batch = given.batch if size < 100 else max(given.batch // 4, 2)
        for line in model_lines(name, size, batch, given.model_turns):
            print(line, flush=True)


if __name__ == "__main__":
    main()
