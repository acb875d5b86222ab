"""One call of `bench init`. Reads images, writes a configuration and, where needed, a list of images."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bench.config.experiment import Experiment
from bench.config.request import experiment_from
from bench.data.few_patients import few_in_headers
from bench.data.names import visible
from bench.errors import RequestError, cannot_write
from bench.initial.choice import Choice
from bench.initial.choices import Places, choices
from bench.initial.folds import NoFolds, cases_as_drawn, choose_folds
from bench.initial.image_list import list_of_images
from bench.initial.look import Looked, find_source, look_through, with_patients_by
from bench.initial.selection import Selection, select
from bench.initial.summary import found_lines, screen, warning_lines
from bench.initial.text import configuration_text
from bench.new_output import write_output

RESEARCH = "Research use only, never for diagnosis."


@dataclass(frozen=True)
class Initial:
    """What was written, and the lines to print."""

    written: tuple[Path, ...]
    lines: tuple[str, ...]


def conduct_init(
    given: Path, out: Path, look: Experiment, *, force: bool, on_done: Callable[[int, int], None] | None = None
) -> Initial:
    """Look at what lies at `given` and write the configuration `out`. look: how the user said it is to be read.

    Raises:
        RequestError: nothing there can be cross-validated, or a file would be overwritten without `force`.
    """
    out = out.expanduser().absolute()
    places = Places(out.with_name(f"{out.stem}-images.csv"), Path.cwd())
    _refuse_written(out, force)
    source = find_source(given, look, places.list_file)
    looked = look_through(source, look, on_done)
    looked, selection, folds = _selected(looked, look)
    made = list(choices(looked, selection, look, folds, places))
    text = configuration_text(_head(given, looked, selection), made)
    written, rows = [out], ""
    if selection.needs_list:
        root = Path(str(next(choice.value for choice in made if choice.key == "root")))
        rows = list_of_images(selection.cases, root, parts_given=source.parts_given)
        written.append(places.list_file)
    if not _is_there(places.list_file, rows):  # else a call that was killed before it wrote `out` has made it
        _refuse_written(places.list_file, force)
    try:
        if rows:
            write_output(places.list_file, rows)
        write_output(out, text)
    except OSError as error:
        raise cannot_write(f"{out} (--out) cannot be written", error, "Give another place.") from None
    experiment_from({"config": out})  # what cannot be read back would be a defect, to be known now
    return Initial(tuple(written), tuple(map(visible, screen(given, looked, selection, made, written))))


def _refuse_written(file: Path, force: bool) -> None:
    if os.path.lexists(file) and not force:
        raise RequestError(
            f"{file} is there already and may have been edited. Give --force to write it anew, or another --out."
        )


def _is_there(file: Path, text: str) -> bool:
    with suppress(OSError):
        return file.is_file() and file.read_bytes() == text.encode()
    return False


def _selected(looked: Looked, look: Experiment) -> tuple[Looked, Selection, Choice]:
    """The images to use and their folds; by study or series where DICOM headers give too few patients for folds."""
    selection = select(looked)
    try:
        return looked, selection, choose_folds(selection)
    except NoFolds:
        few = few_in_headers(cases_as_drawn(selection))
        if few is None:
            raise
    again = with_patients_by(looked, few.level, look)
    selection = select(again)
    why = f"{few.text()}: each {few.level} is taken for a patient, without which there are no folds"
    selection = replace(selection, doubts=(*selection.doubts, f"{why}. Is that so?"))
    source = replace(again.source, choices=(*again.source.choices, Choice("group_by", few.level, why)))
    return replace(again, source=source), selection, choose_folds(selection)


def _head(given: Path, looked: Looked, selection: Selection) -> list[str]:
    """What the file begins with: what was found, and how to go on."""
    return [
        f"Written by bench init after looking at {given}. {RESEARCH}",
        "Every key is an option of bench run (bench run --help), and options that are given win over this file.",
        *(f"Found: {line}" for line in found_lines(looked, selection)),
        *(f"Look at first: {line}" for line in warning_lines(looked, selection)),
    ]
