"""Options and configuration files become one checked experiment, or one paragraph of error."""

from pathlib import Path

import pytest

from bench.config.experiment import Experiment
from bench.config.request import experiment_from
from bench.config.texts import parse_seeds
from bench.config.toml import experiment_text, read_experiment
from bench.engine.forecast import duration, smaller_choices
from bench.errors import RequestError


def make(options: dict[str, object] | None = None, config: Path | None = None, **recipe: object) -> Experiment:
    return experiment_from({**(options or {}), **recipe, "config": config})


def test_defaults() -> None:
    experiment = make()
    assert experiment.backbone == ["resnet34"]
    assert experiment.seeds == [0, 1, 2, 3, 4]
    assert (experiment.folds, experiment.recipe.epochs, experiment.recipe.lr) == (5, 5, 1e-3)
    assert (experiment.recipe.weight_decay, experiment.recipe.batch_size) == (0.01, 32)
    assert experiment.uses_phantom
    assert experiment.pixels.image_size == 64
    assert make({"internal": "/x"}).pixels.image_size == 224


def test_seeds_are_a_count_or_a_list() -> None:
    assert make({"seeds": "3"}).seeds == [0, 1, 2]
    assert make({"seeds": "3,5,8"}).seeds == [3, 5, 8]
    assert make({"seeds": "7,"}).seeds == [7]
    assert parse_seeds("10") == 10
    with pytest.raises(RequestError, match="not 'many'"):
        parse_seeds("many")


def test_options_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_text(
        'backbone = ["resnet18"]\nseeds = 2\ndata = "/d"\n[recipe]\nepochs = 9\n[classes]\nEDH = "epidural"\n'
    )
    experiment = make({"seeds": "4", "internal": "/i", "external": ["bern=/b", "/data/lyon"]}, file, lr=0.01)
    assert (experiment.backbone, experiment.seeds) == (["resnet18"], [0, 1, 2, 3])
    assert (experiment.recipe.epochs, experiment.recipe.lr) == (9, 0.01)
    assert (experiment.data, experiment.external) == (None, {"bern": "/b", "lyon": "/data/lyon"})
    assert experiment.classes == {"EDH": "epidural"}


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    experiment = make({"seeds": "3,5", "internal": "/i", "external": ["a b=/x"], "holdout": 0.2}, epochs=2)
    (tmp_path / "e.toml").write_text(experiment_text(experiment))
    assert read_experiment(tmp_path / "e.toml") == experiment


def test_folds_and_holdout_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_text("holdout = 0.5\n")
    assert make({"folds": 3}, file).holdout is None
    assert make({}, file).holdout == 0.5
    with pytest.raises(RequestError, match="exclude each other"):
        make({"folds": 3, "holdout": 0.2})


def test_recipes_by_name_and_file(tmp_path: Path) -> None:
    file = tmp_path / "long.toml"
    file.write_text("epochs = 20\nclass_weights = 'balanced'\n")
    recipe = experiment_from({"recipe": str(file), "lr": 0.1}).recipe
    assert (recipe.name, recipe.epochs, recipe.class_weights, recipe.lr) == ("long", 20, "balanced", 0.1)
    assert recipe.label() == "long, epochs 20, lr 0.1, class weights balanced"
    with pytest.raises(RequestError, match="No recipe 'fastest'"):
        experiment_from({"recipe": "fastest"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 1}, "--folds must be at least 2, not 1"),
        ({"holdout": 1.5}, "--holdout must be less than 1.0, not 1.5"),
        ({"seeds": "0"}, "--seeds must be at least 1\\."),
        ({"seeds": "-1"}, "--seeds must be at least 1\\."),
        ({"seeds": "-1,2"}, "--seeds must be at least 0, not -1"),
        ({"seeds": "99999999999999999999"}, "more than 10000"),
        ({"seeds": "18446744073709551616,"}, "seeds"),
        ({"image_size": 3}, "--image-size must be at least 16, not 3"),
        ({"fit": "squash"}, "'pad', 'stretch' or 'crop'"),
        ({"device": "tpu"}, "device"),
        ({"precision": "int8"}, "precision"),
        ({"workers": 0}, "--workers: must be at least 1, not 0"),
        ({"data": "/d", "internal": "/i"}, "give either data"),
        ({"external": ["/e"]}, "external needs internal"),
        ({"internal": "/i", "external": ["internal=/e"]}, "cannot be called 'internal'"),
        ({"internal": "/i", "external": ["a=/e", "a=/f"]}, "Two external sites are called 'a'"),
    ],
)
def test_wrong_options_are_one_paragraph(options: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        make(options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recipe", [{"epochs": 0}, {"lr": -1.0}, {"lr": float("nan")}, {"batch_size": 1}])
def test_wrong_recipes(recipe: dict[str, object]) -> None:
    with pytest.raises(RequestError, match=f"--{next(iter(recipe)).replace('_', '-')} must be"):
        make(**recipe)


def test_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="Cannot read"):
        make(config=tmp_path / "absent.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("seeds = = 3")
    with pytest.raises(RequestError, match="line 1"):
        make(config=bad)
    bad.write_text("recipe = 3")
    with pytest.raises(RequestError, match="must be a table"):
        make(config=bad, epochs=2)
    bad.write_text("seeds = 0\nfolds = 'five'\n[recipe]\nepochs = 0")
    with pytest.raises(RequestError, match="seeds must be at least 1; folds must be a whole number, not 'five'"):
        make(config=bad)
    bad.write_text("sedes = 3")
    with pytest.raises(RequestError, match="no option 'sedes'"):
        make(config=bad)


def test_durations_and_smaller_choices() -> None:
    assert [duration(s) for s in (0.2, 40, 600, 3 * 3600 + 1200)] == ["1 s", "40 s", "10 min", "3 h 20 min"]
    experiment = make({"seeds": "10", "internal": "/i"})
    assert smaller_choices(experiment, 100) == ""
    text = smaller_choices(experiment, 10 * 3600)
    assert "--seeds 5 (about 5 h 00 min)" in text
    assert "--folds 3 (about 5 h 00 min)" in text  # 3 · 2/3 of the images of 5 · 4/5
    assert "--image-size 128" in text


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path, ends: str) -> None:
    """Notepad and PowerShell write one."""
    file = tmp_path / "experiment.toml"
    file.write_bytes(b"\xef\xbb\xbf" + ends.join(["seeds = 3", "[recipe]", "epochs = 7", ""]).encode())
    experiment = make(config=file)
    assert (experiment.seeds, experiment.recipe.epochs) == ([0, 1, 2], 7)


def test_no_word_of_the_library_that_checks_is_shown() -> None:
    for options in ({"windows": "x"}, {"fit": 3}, {"external": {"a": 3}}, {"internal": 3}):
        with pytest.raises(RequestError) as caught:
            make(options)
        assert not any(word in str(caught.value) for word in ("Input should", "validation", "pydantic", "Value error"))
        assert not str(caught.value).endswith("..")
