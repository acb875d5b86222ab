"""Reads a class-per-folder tree: the class of an image is the name of the folder that it lies in. Reads headers."""

from pathlib import Path

from bench.data.cases import FoundImage
from bench.data.kinds import KIND_OF_SUFFIX
from bench.data.options import ReadOptions
from bench.data.parts import images_of_file
from bench.data.scan import Problem, ScannedFile, scan
from bench.data.visible import visible
from bench.errors import RequestError, listed


def read_tree(root: Path, site: str, options: ReadOptions) -> list[FoundImage]:
    """Every image below `root`, sorted by path; a DICOM file or NIfTI volume gives each of its frames or slices.

    Raises:
        RequestError: no such folder, no image in it, images that lie in no class folder, or files and links that
            cannot be used.
    """
    require_folder(root, site)
    found = scan(root, allow_outside=options.allow_outside)
    options.passed_over.extend(found.passed_over.entries(), site=site)
    if found.problems:
        raise RequestError(problems_text(found.problems))
    if not found.files:
        raise RequestError(
            f"No image found below {root} (site '{site}'). Expected one folder a class, holding "
            f"{', '.join(sorted(KIND_OF_SUFFIX))} files."
        )
    loose = [visible(file.path.name) for file in found.files if file.path.parent == root]
    if loose:
        raise RequestError(
            f"{len(loose)} image(s) lie directly in {root}, in no class folder: {listed(loose, 3)}. "
            f"Move them into folders named after their classes."
        )
    return [image for file in found.files for image in _images(file, site, options)]


def _images(file: ScannedFile, site: str, options: ReadOptions) -> list[FoundImage]:
    whole = FoundImage(f"{site}/{file.relative}", str(file.path), file.path.parent.name, site)
    return images_of_file(whole, file.kind, options)


def require_folder(root: Path, site: str) -> None:
    """Raise `RequestError` where `root` is not a folder."""
    if not root.exists():
        raise RequestError(f"No such path: {root} (given for site '{site}'). Check the spelling.")
    if not root.is_dir():
        raise RequestError(
            f"{root} (given for site '{site}') is a file. Give a folder that holds one folder of images a class, or "
            f"a manifest (.csv, .tsv, .parquet)."
        )


def problems_text(problems: list[Problem]) -> str:
    """One sentence for each kind of problem, with the first three paths and what to do."""
    reasons = dict.fromkeys((problem.reason, problem.advice) for problem in problems)
    return " ".join(
        f"{len(paths)} file(s), folder(s) or link(s), each of which {reason}: {listed(paths, 3)}. {advice}"
        for reason, advice in reasons
        if (paths := [visible(problem.path) for problem in problems if problem.reason == reason])
    )
