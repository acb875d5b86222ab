"""Options and [search] become one checked search, or one paragraph of error, before anything is read."""

from pathlib import Path

import pytest

from bench.config.experiment import Experiment, Tuned
from bench.config.recipe_file import RecipeFile, find_recipe_file, overlap, recipe_text
from bench.config.request import experiment_from
from bench.errors import RequestError
from bench.plan.recipe import Recipe
from bench.search.knobs import as_params, turned
from bench.search.options import SearchOptions, search_from
from studies.space import Choices, FloatRange, IntRange, Space


def make(text: str, folder: Path, **options: object) -> tuple[Experiment, SearchOptions, Space]:
    file = folder / "s.toml"
    file.write_text(text)
    experiment, search, where = search_from({"config": file, **options})
    return experiment, search, search.searched(where)


def test_defaults(tmp_path: Path) -> None:
    experiment, search, space = make("", tmp_path)
    assert (experiment.seeds, experiment.folds) == ([0], 5)
    assert (search.trials, search.metric, search.sampler, search.pruner) == (40, "macro_f1", "tpe", "median")
    assert space.dimensions == {"lr": FloatRange(1e-4, 1e-2, log=True), "epochs": IntRange(2, 10)}


def test_options_win_over_the_table(tmp_path: Path) -> None:
    text = 'seeds = 2\n[search]\ntrials = 7\nsampler = "gp"\n[search.space]\nbatch_size = [8, 16]\n'
    experiment, search, space = make(text, tmp_path, trials=9, tune=["warmup"])
    assert experiment.seeds == [0, 1]
    assert (search.trials, search.sampler) == (9, "gp")
    assert space.dimensions == {"warmup": FloatRange(0.0, 0.5), "batch_size": Choices((8, 16))}
    assert experiment_from({"config": tmp_path / "s.toml"}).seeds == [0, 1]  # bench run passes [search] by


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[search.space]\nlr = { low = 1e-2, high = 1e-4 }", "is inverted: low is 0.01, high is 0.0001"),
        ("[search.space]\nepochs = { low = 3, high = 3 }", "is empty"),
        ("[search.space]\nepochs = { low = 0, high = 3 }", "has 0. It must be at least 1"),
        ("[search.space]\nlr = { low = -1.0, high = 1.0 }", "has -1.0. It must be more than 0"),
        ("[search.space]\nmomentum = { low = 0.1, high = 0.9 }", "'momentum', which cannot be searched. Known: lr"),
        ("[search.space]\nname = ['a', 'b']", "'name', which cannot be searched"),
        ("[search.space]\nbatch_size = [16, 1]", "has 1"),
        ("[search.space]\nbatch_size = [true, false]", "has True"),
        ("[search.space]\nclass_weights = ['none', 'some']", "has 'some'"),
        ("[search.space]\nimage_size = [8, 64]", "16 to 2048 pixels"),
        ("[search.space]\nimage_size = { low = 32.5, high = 64.0 }", "whole number"),
        ("[search]\nsampler = 'annealing'", "sampler"),
        ("[search]\npruner = 'shears'", "pruner"),
        ("[search]\nmetric = 'f2'", "'f2' in .* is none of accuracy, macro_f1"),
        ("[search]\ntrials = 0", "trials"),
        ("[search]\ntrails = 3", "no option 'trails'"),
        ("[search]\nstudy = '../x'", "study"),
        ("[search]\ninner_folds = 1", "inner_folds"),
        ("search = 3", "must be a table"),
    ],
)
def test_bad_input_is_one_paragraph(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        make(text, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_recipe_file_keeps_the_image_size_and_the_cases(tmp_path: Path) -> None:
    tuned = Tuned(study="s", metric="macro_f1", score=0.5, trials=4, cases=["0123456789ab", "ffffffffffff"])
    file = tmp_path / "best.toml"
    written = RecipeFile(recipe=Recipe(name="best", lr=0.002), image_size=48, tuned=tuned)
    file.write_text(recipe_text(written))
    assert find_recipe_file(str(file)) == written
    experiment = experiment_from({"recipe": str(file)})
    assert (experiment.recipe.lr, experiment.image_size, experiment.tuned) == (0.002, 48, tuned)
    assert overlap(experiment, ["0123456789abcdef", "0000000000000000"]) == 1
    assert experiment_from({"image_size": 32, "recipe": str(file)}).image_size == 32
    assert experiment_from({"recipe": "fine-tune"}).tuned is None
    file.write_text(recipe_text(written) + "lr2 = 3\n")
    with pytest.raises(RequestError, match="lr2"):
        find_recipe_file(str(file))


def test_parameters_turn_the_recipe_and_back() -> None:
    space = Space({"lr": FloatRange(1e-4, 1e-2, log=True), "image_size": Choices((16, 32))})
    recipe, size = turned(Recipe(epochs=7), 32, {"lr": 0.005, "image_size": 16})
    assert (recipe.lr, recipe.epochs, size) == (0.005, 7, 16)
    assert as_params(recipe, size, space) == {"lr": 0.005, "image_size": 16}
    assert as_params(recipe, 64, space) is None
