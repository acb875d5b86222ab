"""What `--device` may say."""

import pytest

from bench.config.experiment import Experiment
from bench.config.options.numerics import cards_in, checked_device, kind_of


@pytest.mark.parametrize(
    ("given", "kind", "cards"),
    [
        ("auto", "auto", ()),
        ("cpu", "cpu", ()),
        ("cuda", "cuda", ()),
        ("cuda:1", "cuda", ("cuda:1",)),
        ("cuda:1, cuda:0", "cuda", ("cuda:1", "cuda:0")),
    ],
)
def test_a_device_is_a_kind_or_certain_cards(given: str, kind: str, cards: tuple[str, ...]) -> None:
    device = checked_device(given)
    assert (kind_of(device), cards_in(device)) == (kind, cards)


@pytest.mark.parametrize(
    "given", ["tpu", "cuda:", "cuda:x", "cuda:-1", "cuda:01", "cpu:0", "cuda:0,cpu", "cuda:0,cuda:0", "cuda:0,", "", 3]
)
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="must be auto, cpu, cuda, mps, or cards such as cuda:1 or cuda:0,cuda:1, not"):
        checked_device(given)
    with pytest.raises(ValueError, match="must be auto, cpu"):
        Experiment.model_validate({"device": given})
