"""What a search leaves in the results folder beside its trials: its record, charts and the winning recipe. Writes."""

from pathlib import Path

from bench.atomic import write_text
from bench.config.experiment import Experiment, Tuned
from bench.config.recipe_file import RecipeFile, marks, recipe_text
from bench.search.knobs import turned
from bench.search.prepare import Search, Stage
from bench.search.record import FOLDER, RecordedStage, RecordedTrial, SearchRecord, read_records, write_record
from bench.search.report import write_figures
from bench.store.folder import ResultsFolder
from studies.outcome import Outcome
from studies.space import to_table
from studies.storage import masked


def recorded_stage(stage: Stage, found: Outcome, outer_run: str | None, default_run: str | None) -> RecordedStage:
    """A study as the results folder keeps it."""
    return RecordedStage(
        study=found.name,
        trials=[
            RecordedTrial(
                number=trial.number,
                state=trial.state,
                value=trial.value,
                params=trial.params,
                steps=dict(trial.steps),
                attributes=dict(trial.attributes),
                seconds=trial.seconds,
                retry_of=trial.retry_of,
            )
            for trial in found.trials
        ],
        best=found.best.number,
        importance=dict(found.importance),
        seed=stage.outer.seed if stage.outer else None,
        fold=stage.outer.fold if stage.outer else None,
        outer_run=outer_run,
        default_run=default_run,
    )


def record(
    search: Search, folder: ResultsFolder, name: str, stages: list[tuple[Stage, RecordedStage]], url: str
) -> list[Path]:
    """Write the record of one backbone's search and its charts; returns the paths. Call only under the lock.

    Where another process has gone on with the same studies and has recorded more trials, its record stays.
    """
    plan, backbone = stages[0][0].plan, stages[0][0].backbone
    written = SearchRecord(
        name=name,
        backbone=backbone.name,
        weights=backbone.weights.source,
        metric=plan.metric,
        direction=plan.direction,
        nested=search.options.nested,
        sampler=plan.sampler,
        pruner=plan.pruner,
        storage=masked(url),
        recipe=search.prepared.experiment.recipe.label(),
        space={key: to_table(part) for key, part in search.space.dimensions.items()},
        stages=[stage for _, stage in stages],
        deterministic=search.prepared.experiment.deterministic,
    )
    stored = next((one for one in read_records(folder.root) if one.name == name), None)
    if stored is not None and stored.number_of_trials() > written.number_of_trials():
        written = stored
    return [write_record(folder.root, written), *write_figures(folder.root, written)]


def write_recipe(search: Search, stage: Stage, found: Outcome, folder: ResultsFolder) -> str:
    """The winner of a flat search as a recipe file, and on the list of recipes tuned on these cases.

    Call only under the folder's lock.
    """
    experiment = search.prepared.experiment
    recipe, size = turned(experiment.recipe, experiment.pixels.image_size, found.best.params)
    recipe = recipe.model_copy(update={"name": f"tuned-{found.name}"})
    assert found.best.value is not None
    digests = {sample.digest for part in stage.parts for sample in (*part.train, *part.validation)}
    tuned = Tuned(
        study=found.name,
        metric=found.metric,
        score=found.best.value,
        trials=len(found.trials),
        cases=marks(digests),
    )
    path = folder.root / FOLDER / f"{found.name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    sized = size if "image_size" in search.space.dimensions else None
    write_text(path, recipe_text(RecipeFile(recipe=recipe, image_size=sized, tuned=tuned)))
    winner: Experiment = experiment.model_copy(update={"recipe": recipe, "image_size": size, "tuned": tuned})
    folder.tuned.add(winner, len(digests))
    return str(path)
