"""Convolutions that are computed in the way that suits their shape, by a rule that a run names."""
