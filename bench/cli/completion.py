"""What the shell offers for the values of options. Reads timm's sources."""

from collections.abc import Callable

Complete = Callable[[str], list[str]]
"""From what was typed to what may follow."""


def among(*values: str) -> Complete:
    """Those of `values` that begin with what was typed."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def backbones(incomplete: str) -> list[str]:
    """Names of timm's architectures, without importing timm, which takes seconds."""
    from backbones.names import registered_names

    return [name for name in registered_names() if name.startswith(incomplete)]


def metrics(incomplete: str) -> list[str]:
    """Names of the metrics that can be searched by."""
    from reports.statistics.metrics import searchable

    return [name for name in searchable() if name.startswith(incomplete)]


FORMATS = among("md", "json", "csv", "latex", "tables", "html")
INTERVALS = among("jackknife-t", "bias-corrected", "percentile", "bca")
FITS = among("pad", "stretch", "crop")
WINDOWS = among("brain,subdural,soft", "brain", "subdural", "soft", "bone", "none")
READERS = among("auto", "tree", "manifest", "rsna-2019", "cq500", "ct-ich", "bhsd")
MULTILABEL = among("single-only", "priority", "others")
TREES = among("auto", "any/class", "class/patient", "class/any")
GROUPINGS = among("patient", "study", "series")
RECIPES = among("fine-tune")
WEIGHTS = among("auto", "imagenet", "random")
PRECISIONS = among("auto", "fp32", "bf16")
DEVICES = among("auto", "cpu", "cuda", "mps")
EXECUTORS = among("auto", "in-process", "processes")
SAMPLERS = among("tpe", "random", "grid", "cma-es", "gp")
PRUNERS = among("median", "hyperband", "wilcoxon", "none")
TUNABLE = among(
    *("lr", "epochs", "weight_decay", "batch_size", "head_epochs", "label_smoothing", "warmup"),
    *("class_weights", "image_size"),
)
VARIED = among("none", "split", "init", "order", "threads", "precision", "layout", "device")
