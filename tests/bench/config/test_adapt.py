"""Which adaptations go with which other options."""

from pathlib import Path
from typing import Any

import pytest

from bench.config.request import experiment_from
from bench.errors import RequestError
from bench.search.options import search_from


def test_none_is_always_among_them_and_each_comes_once() -> None:
    assert experiment_from({}).adapt == ["none"]
    assert experiment_from({"adapt": ["tent", "adabn", "tent"]}).adapt == ["none", "adabn", "tent"]
    assert experiment_from({"adapt": "histogram"}).adapted == ["histogram"]


def test_a_file_names_them_and_options_win(tmp_path: Path) -> None:
    config = tmp_path / "e.toml"
    config.write_text('adapt = ["coral"]\n')
    assert experiment_from({"config": config}).adapt == ["none", "coral"]
    assert experiment_from({"config": config, "adapt": ["adabn"]}).adapt == ["none", "adabn"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"adapt": ["dann"]}, r"--adapt must be 'none', 'adabn', 'histogram', 'tent' or 'coral', not 'dann'"),
        ({"adapt": ["histogram"], "recipe": "logistic-probe"}, "a probe is fitted to features that all folds share"),
        ({"adapt": ["coral"], "frozen_stages": 2}, "what frozen stages make of images is computed once"),
        ({"adapt": ["adabn", "coral"], "folds": "sites"}, r"--adapt adabn, coral \(adapt\) needs unlabelled images"),
        ({"adapt": ["adabn"], "save_models": True}, r"copies are not kept: leave out --save-models"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(options: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        experiment_from(options)


@pytest.mark.parametrize(
    "options", [{"adapt": ["histogram"], "folds": "sites"}, {"adapt": ["coral", "histogram"], "save_models": True}]
)
def test_what_needs_no_external_site_or_leaves_one_model_goes_with_the_rest(options: dict[str, Any]) -> None:
    assert experiment_from(options).adapted


def test_a_search_has_no_use_for_it(tmp_path: Path) -> None:
    config = tmp_path / "e.toml"
    config.write_text('adapt = ["adabn"]\n')
    with pytest.raises(RequestError, match="bench search scores internal cases alone and opens no external site"):
        search_from({"config": config})
