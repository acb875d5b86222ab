"""Recipes that were chosen by a score on cases of this folder. Reads and writes tuned.json."""

import json

from pydantic import BaseModel, ConfigDict

from bench.config.experiment import Experiment
from bench.plan.recipe import Recipe
from bench.store.files import FolderFiles
from bench.store.json_files import read_json_of
from bench.store.records import RunRecord
from reports.tables.caveats import TUNED as TUNED_TEXT
from reports.tables.caveats import Caveat

TUNED = "tuned.json"
ADVICE = (
    "It says what recipes were tuned on these cases: restore it from a copy. Without it, rows would be ranked that "
    "must not be."
)


class TunedRecipe(BaseModel):
    """The numbers of a recipe and an image size that `study` chose by scores on so many of the folder's cases."""

    model_config = ConfigDict(frozen=True)

    recipe: Recipe
    image_size: int
    study: str
    cases: int

    def fits(self, recipe: Recipe, image_size: int) -> bool:
        """Whether these are its numbers, under whatever name."""
        return (self.recipe.unnamed(), self.image_size) == (recipe.unnamed(), image_size)


class TunedRecipes:
    """The list of them. A row whose numbers are on it has a caveat, whatever its recipe is called."""

    def __init__(self, files: FolderFiles) -> None:
        self._files = files

    def add(self, experiment: Experiment, cases: int) -> None:
        """Note the recipe and image size of `experiment`, tuned on so many of the folder's cases."""
        assert experiment.tuned is not None
        recipe, size = experiment.recipe, experiment.pixels.image_size
        if self._find(recipe, size):
            return
        entry = TunedRecipe(recipe=recipe, image_size=size, study=experiment.tuned.study, cases=cases)
        content = [one.model_dump(exclude={"recipe": {"name"}}) for one in [*self._entries(), entry]]
        self._files.write(TUNED, json.dumps(content, indent=1) + "\n")

    def caveats(self, record: RunRecord) -> tuple[Caveat, ...]:
        """The caveat of a stored run's row, if its recipe was tuned."""
        if record.spec.role == "import":
            return ()
        found = self._find(record.spec.recipe, record.spec.pixels.image_size)
        return (Caveat("tuned", f"{TUNED_TEXT} (study {found.study}, {found.cases} of them)"),) if found else ()

    def _find(self, recipe: Recipe, image_size: int) -> TunedRecipe | None:
        return next((one for one in self._entries() if one.fits(recipe, image_size)), None)

    def _entries(self) -> list[TunedRecipe]:
        self._files.refuse_damaged(TUNED, ADVICE)
        return read_json_of(self._files.root / TUNED, list[TunedRecipe], ADVICE) or []
