"""Convolutions that are computed in the way that suits their shape, by a rule that a run names."""

from typing import Literal

Rule = Literal["torch", "products-1", "products-2", "products-3"]
NEWEST: Rule = "products-3"
