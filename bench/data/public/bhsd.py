"""BHSD, the Brain Hemorrhage Segmentation Dataset (Wu et al. 2023): volumes with voxel masks. Reads volumes.

`label_192/images` with `label_192/ground truths`, or nnU-Net's `imagesTr` with `labelsTr`. A slice has the kinds of
bleed of which its mask shows at least ten voxels: fewer are borders of a lesion that lies in the next slice. The
volumes are scans of RSNA 2019, called after patient and study (`ID_2db7ee14_ID_2591d00dfc`); a patient, who may have
several, is a group, and the same one as in RSNA 2019. A volume of another name is a group by itself.
"""

import json
import re
from pathlib import Path

import numpy as np

from bench.data.cases import FoundImage
from bench.data.nifti import number_of_slices, slice_values
from bench.data.options import ReadOptions
from bench.data.public.common import ABBREVIATED, PRIORITY, images_among, label_or_left_out
from bench.data.reading import UnreadableImage
from bench.errors import RequestError, listed

LAYOUTS = (("label_192/images", "label_192/ground truths"), ("images", "ground truths"), ("imagesTr", "labelsTr"))
NAMES = {kind: kind for kind in PRIORITY} | {short.lower(): kind for short, kind in ABBREVIATED.items()}
VALUES = {1: "epidural", 2: "intraparenchymal", 3: "intraventricular", 4: "subarachnoid", 5: "subdural"}
RSNA_NAME = re.compile(r"(ID_[0-9a-f]+)_ID_[0-9a-f]+")
FEWEST_VOXELS = 10
BORDER = f"slice(s) whose mask has fewer than {FEWEST_VOXELS} voxels of a bleed, which does not count there"
MANY_PIXELS = 10**8


def read(root: Path, site: str, options: ReadOptions) -> list[FoundImage]:
    """All slices of all volumes that have a mask.

    Raises:
        RequestError: neither layout, a volume without its mask, or one that its mask does not fit.
    """
    folders = next(((root / a, root / b) for a, b in LAYOUTS if (root / a).is_dir() and (root / b).is_dir()), None)
    if folders is None:
        raise RequestError(f"{root} holds neither label_192/images and label_192/ground truths, nor imagesTr/labelsTr.")
    volumes = images_among(folders[0], lambda path: path.name.endswith((".nii", ".nii.gz")), site, options)
    masks = {path: folders[1] / re.sub(r"_0000(?=\.nii)", "", path.name) for path in volumes}
    absent = [path.name for path, mask in masks.items() if not mask.is_file()]
    if absent or not volumes:
        raise RequestError(f"{folders[1]} has no mask for {listed(absent) or 'anything'}. Unpack the set again.")
    values = _values(root)
    return [
        image
        for path, mask in masks.items()
        for image in _slices(path, mask, f"{site}/{path.relative_to(root).as_posix()}", site, values, options)
    ]


def _values(root: Path) -> dict[int, str]:
    """What the mask's values mean: by dataset.json where there is one, else as the set's page says."""
    file = root / "dataset.json"
    if not file.is_file():
        return VALUES
    try:
        labels = json.loads(file.read_text(encoding="utf-8"))["labels"]
        # nnU-Net's first version writes {"1": "EDH"}, its second {"EDH": 1}
        pairs = [(value, name) if str(value).isdecimal() else (name, value) for value, name in labels.items()]
        found = {int(value): NAMES[str(name).lower()] for value, name in pairs if str(name).lower() in NAMES}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RequestError(f"{file} has no labels that can be read. Mend or remove it.") from None
    return found or VALUES


def _slices(
    path: Path, mask: Path, name: str, site: str, values: dict[int, str], options: ReadOptions
) -> list[FoundImage]:
    try:
        number = number_of_slices(path)
        if number_of_slices(mask) != number:
            raise UnreadableImage("they differ in their number of slices")
        drawn = list(slice_values(mask, range(number), MANY_PIXELS))
        (first,) = slice_values(path, [0], MANY_PIXELS)
        if first.shape != drawn[0].shape:
            raise UnreadableImage("they differ in size")
    except UnreadableImage as error:
        raise RequestError(f"{path} and {mask} do not go together: {error}. Download them again.") from None
    images, group = [], _group(path, name, options)
    for part, voxels in enumerate(drawn):
        counts = {kind: int(np.count_nonzero(np.rint(voxels) == value)) for value, kind in values.items()}
        shown = [kind for kind, count in counts.items() if count >= FEWEST_VOXELS]
        label = label_or_left_out(shown, options, site, f"{path} part {part}")
        if any(0 < count < FEWEST_VOXELS for count in counts.values()):
            options.passed_over.add("changed", BORDER, f"{mask} part {part}", site=site)
        if label is not None:
            case_id = f"{name}#{part:03d}"
            images.append(FoundImage(case_id, str(path), label, site, group, part, {"mask": str(mask)}))
    return images


def _group(path: Path, name: str, options: ReadOptions) -> str:
    """The pseudonym that the DICOM header of the patient's slices gives."""
    match = RSNA_NAME.match(path.name)
    return options.pseudonyms.of("patient", "", match[1]) if match else name
