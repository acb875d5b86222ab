"""Ways of convolutions beside torch's own, tiny, and the goals of each instruction set."""

from benchmark_process import benchmark

from backbones.convolutions import NEWEST, Rule
from backbones.convolutions.rule import Precision
from benchmarks.convolutions import Speed, goals, precisions
from benchmarks.goals import goals_in


def test_whole_models_are_timed() -> None:
    printed = benchmark("convolutions", "--no-layers", "--model", "resnet18:32", "--model-turns", 1, "--batch", 4)
    assert printed.count("images/s  x") == 2 * 2 * len(precisions())
    (goal,) = goals_in(printed)
    assert goal.what.startswith("the slowest step, resnet18, 32 px, ")


def speed(name: str, precision: Precision, rule: Rule, ratio: float) -> Speed:
    return Speed(name, 64, precision, rule, 100, ratio, 300, 1.1)


def test_goals_are_those_of_the_instruction_set() -> None:
    speeds = [
        *(speed("resnet34", precision, "torch", 1) for precision in ("fp32", "bf16")),
        speed("resnet34", "fp32", NEWEST, 1.45),
        speed("resnet34", "bf16", NEWEST, 1.8),
        speed("convnext_atto", "bf16", NEWEST, 0.98),
    ]
    assert [(goal.found, goal.wanted, goal.reached) for goal in goals(speeds, "amx_bf16")] == [
        ("1.45 times", "at least 1.40 times", True),
        ("1.80 times", "at least 1.90 times", False),
        ("0.98 times", "at least 1.00 times", False),
    ]
    assert [goal.wanted for goal in goals(speeds[:3], "avx2")] == ["at least 1.30 times", "at least 1.00 times"]
