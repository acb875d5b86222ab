"""RSNA Intracranial Hemorrhage Detection (2019), as Kaggle gives it. Reads the table and DICOM headers.

`stage_2_train.csv` has columns ID and Label and six rows an image (`ID_…_epidural` and so on, and `ID_…_any`); the
images are `stage_2_train/ID_….dcm` or `stage_2_train_images/ID_….dcm`. Only images on the disk are read, so that a
part of the set can be used. Slices of one patient are one group.
"""

from pathlib import Path

import pandas as pd

from bench.data.cases import FoundImage
from bench.data.options import ReadOptions
from bench.data.parts import images_of_file
from bench.data.public.common import PRIORITY, images_among, label_or_left_out, refuse_rows, table_with
from bench.errors import RequestError, listed

TABLE = "stage_2_train.csv"
FOLDERS = ("stage_2_train", "stage_2_train_images")
ANY = "any"
KINDS = (*PRIORITY, ANY)


def read(root: Path, site: str, options: ReadOptions) -> list[FoundImage]:
    """The slices on the disk with their labels.

    Raises:
        RequestError: table or images are missing, rows contradict each other, or an image has no rows.
    """
    folder = next((root / name for name in FOLDERS if (root / name).is_dir()), None)
    if folder is None:
        raise RequestError(f"{root} holds neither {' nor '.join(FOLDERS)}. Unpack the set there.")
    files = {path.stem: path for path in images_among(folder, lambda path: path.suffix == ".dcm", site, options)}
    if not files:
        raise RequestError(f"No .dcm file in {folder}. Unpack the images there.")
    labels = _labels(root / TABLE, set(files))
    absent = sorted(set(files) - set(labels.index))
    if absent:
        raise RequestError(f"{root / TABLE} has no rows for {listed(absent)}. Remove those files, or mend the table.")
    images = []
    for name, path in files.items():
        row = labels.loc[name]
        label = label_or_left_out([kind for kind in PRIORITY if row[kind]], options, site, str(path))
        if label is not None:
            whole = FoundImage(f"{site}/{path.relative_to(root).as_posix()}", str(path), label, site)
            images += images_of_file(whole, "DICOM", options)
    return images


def _labels(file: Path, wanted: set[str]) -> pd.DataFrame:
    """A row for each wanted image, a truth value for each kind."""
    table = table_with(file, ["ID", "Label"])
    parts = table["ID"].str.rpartition("_")
    table = table.assign(image=parts[0], kind=parts[2])
    refuse_rows(file, "have an ID that is not ID_…_ and a kind of bleed", ~table["kind"].isin(KINDS))
    refuse_rows(file, "have a Label that is neither 0 nor 1", ~table["Label"].isin(["0", "1"]))
    chosen = table[table["image"].isin(wanted)]
    distinct = chosen.drop_duplicates(["image", "kind", "Label"])  # some images stand in the table twice
    twice = distinct.duplicated(["image", "kind"], keep=False).reindex(table.index, fill_value=False)
    refuse_rows(file, "contradict another row of the same image and kind", twice)
    labels = (distinct.pivot(index="image", columns="kind", values="Label") == "1").reindex(columns=list(KINDS))
    counts = distinct.groupby("image").size()
    few = sorted(counts[counts < len(KINDS)].index)
    if few:
        raise RequestError(f"{file} has fewer than six rows for {listed(few)}. Download the table again.")
    wrong = sorted(labels.index[labels[ANY] != labels[list(PRIORITY)].any(axis=1)])
    if wrong:
        raise RequestError(f"{file}: the row 'any' contradicts the five kinds for {listed(wrong)}. Mend the table.")
    return labels
