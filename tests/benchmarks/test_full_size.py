"""The share of a matrix product's speed, tiny."""

import pytest
import torch
from benchmark_process import benchmark

from benchmarks.full_size import group_of, operations
from benchmarks.goals import goals_in


def test_a_step_is_measured_beside_a_product_and_profiled() -> None:
    printed = benchmark(
        "full_size", "--rounds", 1, "--size", 32, "--batch", 4, "--matrix", 64, "--backbone", "resnet18"
    )
    assert "  convolutions and products" in printed
    assert "  batch norm" in printed
    (goal,) = goals_in(printed)
    assert goal.found.endswith("%")


def test_operations_of_a_step_are_three_times_those_of_a_forward_pass_but_for_the_first_layer() -> None:
    """resnet18 needs 1.814 billion multiplications at 224 px with 1,000 classes; the images need no gradient."""
    stem, classifier = 112 * 112 * 49 * 3 * 64, 512 * 1000
    forward = 1_814_073_344 - classifier + 512 * 6
    assert operations("resnet18", torch.zeros(1, 3, 224, 224)) == pytest.approx(2 * (3 * forward - stem), rel=1e-3)


@pytest.mark.parametrize(
    ("operator", "group"),
    [
        ("aten::mkldnn_convolution", "convolutions and products"),
        ("aten::addmm", "convolutions and products"),
        ("aten::native_batch_norm_backward", "batch norm"),
        ("aten::threshold_backward", "ReLU"),
        ("aten::_to_copy", "casts and copies"),
        ("aten::add_", "additions"),
        ("aten::_fused_adamw_", "update of the weights"),
        ("aten::max_pool2d_with_indices", "pooling"),
        ("aten::empty", "the rest"),
    ],
)
def test_operators_are_grouped_by_name(operator: str, group: str) -> None:
    assert group_of(operator) == group
