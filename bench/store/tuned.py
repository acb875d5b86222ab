"""Recipes that were chosen by a score on cases of this folder. Reads and writes tuned.json."""

import json
from pathlib import Path
from typing import Any

from bench.atomic import write_text
from bench.config.experiment import Experiment
from bench.errors import RequestError
from bench.plan.recipe import Recipe
from bench.store.records import RunRecord
from reports.tables.leaderboard import TUNED as STAMP

TUNED = "tuned.json"


class TunedRecipes:
    """The list of them. A row whose numbers are on it is stamped, whatever its recipe is called."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def add(self, experiment: Experiment, cases: int) -> None:
        """Note the recipe and image size of `experiment`, tuned on so many of the folder's cases."""
        assert experiment.tuned is not None
        size = experiment.pixels.image_size
        entry = {**_key(experiment.recipe, size), "study": experiment.tuned.study, "cases": cases}
        known = self._entries()
        if all(_without(other) != _without(entry) for other in known):
            write_text(self._file, json.dumps([*known, entry], indent=1) + "\n")

    def stamps(self, record: RunRecord) -> tuple[str, ...]:
        """What a stored run's row is stamped with."""
        if record.spec.role == "import":
            return ()
        key = _key(record.spec.recipe, record.spec.pixels.image_size)
        found = next((entry for entry in self._entries() if _without(entry) == key), None)
        return (f"{STAMP} (study {found['study']}, {found['cases']} of them)",) if found else ()

    def _entries(self) -> list[dict[str, Any]]:
        if not self._file.exists():
            return []
        try:
            entries: list[dict[str, Any]] = json.loads(self._file.read_text(encoding="utf-8"))
            return [entry for entry in entries if _without(entry)]
        except (ValueError, KeyError, TypeError):
            raise RequestError(
                f"{self._file}, which says what recipes were tuned on these cases, is damaged. Restore it from a copy; "
                f"without it, rows would be ranked that must not be."
            ) from None


def _key(recipe: Recipe, image_size: int) -> dict[str, Any]:
    return {"recipe": recipe.model_dump(exclude={"name"}), "image_size": image_size}


def _without(entry: dict[str, Any]) -> dict[str, Any]:
    return {"recipe": entry["recipe"], "image_size": entry["image_size"]}
