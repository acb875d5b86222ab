"""Which backbones have batch norms that adaptation can change."""

import pytest

from backbones.build import create
from backbones.norms import batch_norms


@pytest.mark.parametrize(("name", "number"), [("resnet18", 20), ("convnext_atto", 0), ("vit_tiny_patch16_224", 0)])
def test_their_number(name: str, number: int) -> None:
    """resnet18 has one behind each of its 20 convolutions."""
    assert len(batch_norms(create(name, 2, 32))) == number
