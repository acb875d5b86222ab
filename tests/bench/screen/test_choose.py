"""Which backbones patterns and files mean."""

import os
from pathlib import Path

import pytest
import timm

from bench.errors import RequestError
from bench.screen.choose import chosen
from bench.screen.options import screen_from


def test_patterns_are_those_of_timm() -> None:
    assert set(chosen(["efficientnet_b*"])) == set(timm.list_models("efficientnet_b*"))
    assert set(chosen(["resnet50.a?_in1k"])) == set(timm.list_pretrained("resnet50.a?_in1k"))
    assert chosen(["resnet34", "resnet3*", "resnet34"])[:2] == ["resnet34", "resnet32ts"]


def test_a_file_has_names_and_patterns_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_text("# ours\nresnet18\n\nresnet18d*  # and this\n", encoding="utf-8-sig")
    assert chosen([str(file), "vgg11"]) == ["resnet18", "resnet18d", "vgg11"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("resnet34zz*", r"No backbone matches 'resnet34zz\*' \(--backbones\). Nearest names: resnet34,"),
        ("nothing.txt", r"Cannot read nothing.txt \(--backbones\): No such file"),
        (".", r"Cannot read \. \(--backbones\): Is a directory"),
    ],
)
def test_what_names_nothing_is_an_error(given: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        chosen([given])


def test_files_that_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_text("# none\n\n")
    with pytest.raises(RequestError, match="names no backbone"):
        chosen([str(file)])
    file.write_bytes(b"\xff\xfe\x00resnet")
    with pytest.raises(RequestError, match="it is no text"):
        chosen([str(file)])
    if os.geteuid() != 0:
        file.chmod(0)
        with pytest.raises(RequestError, match="Permission denied"):
            chosen([str(file)])


def test_a_screen_is_an_experiment_with_a_probe(tmp_path: Path) -> None:
    experiment = screen_from({"backbones": ["resnet18d*"], "probe": "knn", "folds": "3"})
    assert (experiment.backbone, experiment.recipe.probe, experiment.folds) == (["resnet18d"], "knn", 3)
    assert experiment.seeds == list(range(10))
    file = tmp_path / "e.toml"
    file.write_text('seeds = 4\nbackbone = ["vgg11"]\n[recipe]\nepochs = 9\n')
    of_file = screen_from({"backbones": ["resnet18"], "config": file})
    assert (of_file.seeds, of_file.backbone, of_file.recipe.label()) == ([0, 1, 2, 3], ["resnet18"], "logistic probe")
    file.write_text('[recipe]\nprobe = "logistic"\nclass_weights = "balanced"\n')
    again = screen_from({"backbones": ["resnet18"], "config": file})
    assert (again.recipe.class_weights, again.seeds) == ("balanced", list(range(10)))
    assert screen_from({"backbones": ["resnet18"], "config": file, "probe": "knn"}).recipe.probe == "knn"
    with pytest.raises(RequestError, match="Name them by --backbones"):
        screen_from({"backbones": None})
