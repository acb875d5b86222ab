"""`bench screen`: many backbones by a probe on features that each computes once."""
