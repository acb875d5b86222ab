"""The images that stored models were trained and tested on, as they saw them. Reads images, fills the pixel cache."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.pixel_entry import PixelCache
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.engine.images import data_request, load_images
from bench.explain.model_sets import ModelSet
from bench.store.snapshot import FolderSnapshot
from bench.terminal import Terminal

MASKS = "masks"


@dataclass(frozen=True)
class Images:
    """The case table as the folder has it (with masks as they lie now), and its pixels."""

    cases: list[Case]
    pixels: PixelCache

    def of(self, case_ids: Iterable[str]) -> dict[str, NDArray[np.uint8]]:
        """Images (size, size, 3) by digest. Of slices with neighbours the channel that models saw, as grey."""
        wanted, array = set(case_ids), self.pixels.open()
        digests = {case.digest for case in self.cases if case.case_id in wanted}
        channels = slice(None) if self.pixels.neighbours is None else [0, 0, 0]
        return {digest: np.array(array[self.pixels.row[digest]][..., channels]) for digest in digests}

    def clusters(self) -> dict[str, int]:
        """A number for the patient of each case id, or for the case where no patient is known; none spans sites."""
        keys = {case.case_id: (case.site, case.group is None, case.group or case.case_id) for case in self.cases}
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
        return {case_id: numbers[key] for case_id, key in keys.items()}

    def sites(self) -> dict[str, str]:
        """The site of each case id, the internal one first."""
        return {case.case_id: case.site for case in self.cases}


def load_pictures(
    experiment: Experiment,
    snapshot: FolderSnapshot,
    models: ModelSet,
    request: DataRequest,
    caches: Caches,
    terminal: Terminal,
) -> Images:
    """Read the experiment's images again, with the pixel settings of the models.

    Raises:
        RequestError: they are gone, or other ones than those of the results folder.
    """
    windows = models.pixels.windows or tuple(experiment.windows)
    dataset = load_images(request, experiment, caches, replace(models.pixels, windows=windows), terminal)
    groups = {case.case_id: case.group for case in snapshot.cases or []}  # copies may be held together there
    cases = [replace(case, group=groups.get(case.case_id, case.group)) for case in dataset.cases]
    snapshot.refuse_other_data(cases, dataset.classes)
    return Images(cases, dataset.pixels)


def mask_folder(experiment: Experiment, caches: Caches) -> Path | None:
    """masks/ beside the sites of a data folder, where there is one; manifests name masks themselves."""
    data = data_request(experiment, caches, Pseudonyms.fresh()).data
    folder = data / MASKS if data and data.is_dir() else None
    return folder if folder and folder.is_dir() else None
