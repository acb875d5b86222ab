"""What is said of an error that no command had words for: what failed, and what to do. Pure."""

from bench.errors import what_to_do
from bench.extras import extra_of, needs

EXIT_FAILED, EXIT_REQUEST = 1, 2

MEMORY = (
    "Memory ran out ({0}). Fewer --workers, a smaller --batch-size or --image-size need less. What had finished is "
    "stored."
)
NO_HOME = (
    "This user has no home folder ({0}). Set HOME to a folder that can be written to, or GAPBENCH_CACHE and full paths "
    "in place of ~."
)
DEEP = "A file or table is nested too deeply to be read. Restore it, or use another --results folder."
LOOP = "A path leads in a circle of links ({}). Give another path, or remove the link."
NUL = "A path holds a zero byte, which no file system takes. Mend it in the option or the file that names it."
BY_NAME = {
    "MemoryError": (MEMORY, EXIT_FAILED),
    "OutOfMemoryError": (MEMORY, EXIT_FAILED),  # torch's
    "AcceleratorError": ("The GPU failed: {0}. Try again, or with --device cpu.", EXIT_FAILED),
    "BrokenProcessPool": (
        "A worker process ended before its work did: it was killed, or memory ran out. Give the same command again, "
        "with fewer --workers.",
        EXIT_FAILED,
    ),
    "ModuleNotFoundError": (
        "A Python package is missing: {0}. Install gapbench anew in this environment: pip install --upgrade gapbench.",
        EXIT_FAILED,
    ),
    "ImportError": (
        "A Python package is damaged, or of a version that does not fit: {0}. Install gapbench anew: "
        "pip install --upgrade gapbench.",
        EXIT_FAILED,
    ),
    "ArrowException": ("A Parquet table is damaged: {0}. Restore it, or use another --results folder.", EXIT_REQUEST),
    "JSONDecodeError": ("A JSON file is damaged: {0}. Restore it, or use another --results folder.", EXIT_REQUEST),
    "ValidationError": ("A stored file is not as this version writes it: {0}. Restore it.", EXIT_REQUEST),
    "UnicodeDecodeError": ("A file is no UTF-8 text: {0}. Restore it, or save it as UTF-8.", EXIT_REQUEST),
    "UnicodeEncodeError": (
        "A name is no text and cannot be stored: {0}. Set LANG to a UTF-8 locale such as C.UTF-8, or rename the file.",
        EXIT_REQUEST,
    ),
    "SafetensorError": ("A file of weights is damaged: {0}. Delete it from the cache, or restore it.", EXIT_FAILED),
    "BadZipFile": ("An archive is damaged: {0}. Delete it, and fetch it anew.", EXIT_FAILED),
    "SQLAlchemyError": ("The database of the study failed: {0}. Give the same command again.", EXIT_FAILED),
    "StorageInternalError": ("The database of the study failed: {0}. Give the same command again.", EXIT_FAILED),
    **dict.fromkeys(("StudyError", "BackboneError", "UnknownBackboneError"), ("{0}.", EXIT_REQUEST)),
    "WeightsUnavailableError": ("{0}.", EXIT_REQUEST),
}
"""By the name of the error's class or of one above it: the libraries they come from take seconds to import."""


def paragraph(error: Exception) -> tuple[str, int]:
    """What to print, and the exit code."""
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"Reading or writing failed{where}: {error.strerror or error}. {what_to_do(error)}", EXIT_FAILED
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if isinstance(error, ModuleNotFoundError) and (extra := extra_of(error)):
        return needs("This", extra), EXIT_REQUEST
    for kind in type(error).__mro__:
        if kind.__name__ in BY_NAME:
            text, code = BY_NAME[kind.__name__]
            return text.format(said), code
    if isinstance(error, RuntimeError) and ("CUDA" in said or "out of memory" in said or "DefaultCPUAllocator" in said):
        return MEMORY.format(said) if "memory" in said else BY_NAME["AcceleratorError"][0].format(said), EXIT_FAILED
    if isinstance(error, RuntimeError | KeyError) and ("home directory" in said or "getpwuid" in said):
        return NO_HOME.format(said), EXIT_REQUEST
    if isinstance(error, RuntimeError) and "Symlink loop" in said:
        return LOOP.format(said), EXIT_REQUEST
    if isinstance(error, RecursionError):
        return DEEP, EXIT_REQUEST
    if isinstance(error, ValueError) and "null byte" in said:
        return NUL, EXIT_REQUEST
    return (
        f"Unforeseen: {type(error).__name__}: {said}. This is a defect of bench; the same command with --debug shows "
        f"where. What had finished is stored.",
        EXIT_FAILED,
    )
