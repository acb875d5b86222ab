"""Names of files and folders that systems and viewers leave among images. Pure."""

HIDDEN = "hidden files (their name, or that of a folder above, begins with a dot)"
BY_PRODUCT = "by-products of a system or viewer (such as @eaDir, .thumbnails, __MACOSX, Thumbs.db)"
SYSTEM_DOTS = frozenset(
    {".thumbnails", ".ds_store", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", ".@__thumb"}
)
SYSTEM_NAMES = frozenset(
    {
        "@eadir",  # Synology: thumbnails, called after their image
        "@tmp",
        "@sharebin",
        "#recycle",
        "#snapshot",
        "@recycle",  # QNAP
        "@recently-snapshot",
        "__macosx",  # archives packed on macOS
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)


def why_passed_over(name: str) -> str | None:
    """What is said of a file or folder of that name, None where it is looked at."""
    lower = name.lower()
    if lower in SYSTEM_NAMES or lower in SYSTEM_DOTS or name.startswith("._"):
        return BY_PRODUCT
    return HIDDEN if name.startswith(".") else None
