"""What wrappers of models put before the names of their tensors. Pure."""

from collections.abc import Container, Mapping

from torch import Tensor

PREFIXES = ("module.", "model.", "_orig_mod.", "state_dict.", "backbone.", "encoder.", "net.", "timm_model.")
"""Of DataParallel and AveragedModel, Lightning modules, torch.compile, and usual names for a part of a model."""
COUNTERS = ("n_averaged",)  # which AveragedModel keeps beside the model


def without_prefix(tensors: Mapping[str, Tensor], expected: Container[str]) -> tuple[str, dict[str, Tensor]]:
    """The prefix that all names have in common, and the tensors without it; names that are expected have none."""
    prefix, left = "", dict(tensors)
    while not any(key in expected for key in left):
        wrapped = {key: tensor for key, tensor in left.items() if key not in COUNTERS}
        found = next((one for one in PREFIXES if wrapped and all(key.startswith(one) for key in wrapped)), None)
        if found is None:
            break
        prefix += found
        left = {key.removeprefix(found): tensor for key, tensor in wrapped.items()}
    return prefix, left
