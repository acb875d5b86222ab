"""Reads a class-per-folder tree: the class of an image is the name of the folder that it lies in. Reads headers."""

from collections.abc import Sequence
from pathlib import Path

from bench.data.cases import FoundImage
from bench.data.kinds import KIND_OF_SUFFIX
from bench.data.names import as_meant, normal, visible
from bench.data.options import ReadOptions
from bench.data.parts import images_of_file
from bench.data.tree.layout import AUTO, OUTERMOST, Layout, layout_of, named_by
from bench.data.tree.messages import ambiguous_text, refuse_sites
from bench.data.tree.scan import Problem, Scan, ScannedFile, scan
from bench.errors import RequestError, listed


def read(root: Path, site: str, options: ReadOptions) -> list[FoundImage]:
    """Every image below `root`, sorted by path; a DICOM file or NIfTI volume gives each of its frames or slices.

    Raises:
        RequestError: no such folder, no image in it, images that lie in no class folder, folders that are whole sites
            or that may be classes or patients, or files and links that cannot be used.
    """
    found = scan_site(root, site, options)
    if found.problems:
        raise RequestError(_problems_text(found.problems))
    if not found.files:
        raise RequestError(
            f"No image found below {root} (site '{site}'). Expected one folder a class, holding "
            f"{', '.join(sorted(KIND_OF_SUFFIX))} files."
        )
    loose = [visible(file.path.name) for file in found.files if not file.folders]
    if loose:
        raise RequestError(
            f"{len(loose)} image(s) lie directly in {root}, in no class folder: {listed(loose, 3)}. "
            f"Move them into folders named after their classes."
        )
    places = {file.folders for file in found.files}
    if options.tree not in OUTERMOST:
        refuse_sites(root, site, places)
    layout = options.tree if options.tree != AUTO else layout_of(places)
    if layout is None:
        raise RequestError(ambiguous_text(root, site, places))
    return _images(found.files, site, layout, options)


def look(root: Path, site: str, options: ReadOptions) -> tuple[list[FoundImage], list[Problem]]:
    """As `read`, for an audit, which stops at nothing: images and the problems met.

    Images directly in `root` get the label "". Innermost folders that may be classes or patients are taken for classes,
    which is counted.
    """
    found = scan_site(root, site, options)
    return _images(found.files, site, _layout_for(found.files, options), options), found.problems


def scan_site(root: Path, site: str, options: ReadOptions) -> Scan:
    """What lies below `root`; what is passed over there is counted.

    Raises:
        RequestError: `root` is no folder.
    """
    if not root.exists():
        raise RequestError(f"No such path: {root} (given for site '{site}'). Check the spelling.")
    if not root.is_dir():
        raise RequestError(
            f"{root} (given for site '{site}') is a file. Give a folder that holds one folder of images a class, or "
            f"a manifest (.csv, .tsv, .parquet)."
        )
    found = scan(root, allow_outside=options.allow_outside)
    options.passed_over.extend(found.passed_over.entries(), site=site)
    return found


def _images(files: Sequence[ScannedFile], site: str, layout: Layout, options: ReadOptions) -> list[FoundImage]:
    if options.tree == AUTO:
        _say_layout(files, site, layout, options)
    images: list[FoundImage] = []
    for file in files:
        named, patient = named_by(file.folders, layout) if file.folders else ("", None)
        label = _as_meant(named, "class", site, options)
        whole = FoundImage(f"{site}/{file.relative}", str(file.path), label, site)
        group = None if patient is None else _as_meant(patient, "patient", site, options)
        images += images_of_file(whole, file.kind, options, patient=group)
    return images


def _as_meant(folder: str, what: str, site: str, options: ReadOptions) -> str:
    """The name that a folder gives, counted where it is changed."""
    meant = normal(folder) or folder
    if meant != folder:
        options.passed_over.add(
            "changed",
            f"image(s) whose {what} is read as it is meant (whole numbers without .0, NFC, nothing without width)",
            as_meant(folder, meant),
            site=site,
        )
    return meant


def _layout_for(files: Sequence[ScannedFile], options: ReadOptions) -> Layout:
    if options.tree != AUTO:
        return options.tree
    found = layout_of(file.folders for file in files if file.folders)
    if found is None:
        options.passed_over.add(
            "doubtful",
            "image(s) in folders that may be classes or patients, read as classes",
            files[0].relative,
            number=len(files),
            advice="bench run asks for --tree any/class, class/patient or class/any.",
        )
    return found or "any/class"


def _say_layout(files: Sequence[ScannedFile], site: str, layout: Layout, options: ReadOptions) -> None:
    deep = [file for file in files if len(file.folders) > 1]
    outer = sorted({file.folders[0] for file in deep})
    if layout == "class/patient":
        options.passed_over.add(
            "changed",
            "image(s) whose folder inside the class is taken for the patient",
            deep[0].relative,
            site=site,
            number=len(deep),
            advice="Where those folders are classes, give --tree any/class.",
        )
    elif len(outer) > 1:
        options.passed_over.add(
            "doubtful",
            f"image(s) of {len(outer)} outer folders ({visible(listed(outer, 3))}) that are read as one site",
            deep[0].relative,
            site=site,
            number=len(deep),
            advice="Where those are hospitals, give each one as a site; where not, --tree any/class says so.",
        )


def _problems_text(problems: list[Problem]) -> str:
    """One sentence for each kind of problem, with the first three paths and what to do."""
    reasons = dict.fromkeys((problem.reason, problem.advice) for problem in problems)
    return " ".join(
        f"{len(paths)} file(s), folder(s) or link(s), each of which {reason}: {listed(paths, 3)}. {advice}"
        for reason, advice in reasons
        if (paths := [visible(problem.path) for problem in problems if problem.reason == reason])
    )
