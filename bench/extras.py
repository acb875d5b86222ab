"""What is installed only where it is asked for: which package belongs to which extra, and what to type. Pure."""

from importlib.util import find_spec

from bench.errors import RequestError

EXTRA_OF = {
    "altair": "page",
    "vl_convert": "page",
    "optuna_dashboard": "dashboard",
    "pytorch_grad_cam": "explain",
    "cv2": "explain",
    "psycopg": "postgres",
    "pydicom": "dicom",
    "nibabel": "nifti",
    "pillow_heif": "heic",
    "gdown": "fetch",
    "mlxtend": "digits",
    "ray": "ray",
    "submitit": "slurm",
    "mlflow": "mlflow",
    "tensorboard": "tensorboard",
    "wandb": "wandb",
}
"""The extra of gapbench by the name under which Python imports what it brings."""


def line_to_type(extra: str) -> str:
    """`pip install 'gapbench[page]'`."""
    return f"pip install 'gapbench[{extra}]'"


def missing_from(extra: str) -> str | None:
    """A package of an extra that is not installed; None where all are."""
    return next((name for name, of in EXTRA_OF.items() if of == extra and not _is_there(name)), None)


def require_extra(extra: str, what: str) -> None:
    """Raise `RequestError` with the line to type where `what` (the subject of a sentence) lacks a package."""
    if missing_from(extra) is not None:
        raise RequestError(needs(what, extra))


def needs(what: str, extra: str) -> str:
    """What is missing, and the line to type."""
    return f"{what} needs an extra package: {line_to_type(extra)}."


def extra_of(error: BaseException) -> str:
    """The extra that would bring the module an import did not find; "" where none would."""
    return EXTRA_OF.get((getattr(error, "name", None) or "").partition(".")[0], "")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
