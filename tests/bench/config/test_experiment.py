"""An experiment is its groups of options, joined."""

import tomllib
from collections import Counter
from pathlib import Path

from kept_results import KEPT, unpack

from bench.config.experiment import Experiment
from bench.config.toml import experiment_text, read_experiment


def test_no_group_replaces_what_another_declares() -> None:
    declared = Counter[str]()
    for group in Experiment.__bases__:
        checks = group.__pydantic_decorators__
        declared.update([*group.model_fields, *checks.field_validators, *checks.model_validators])
    assert len(Experiment.__bases__) > 1
    assert [name for name, times in declared.items() if times > 1] == []


def test_the_file_has_the_order_that_the_first_release_wrote(tmp_path: Path) -> None:
    unpack(KEPT / "results-0.2.0.tar.xz", tmp_path)
    path = tmp_path / "run" / "experiment.toml"
    then = list(tomllib.loads(path.read_text(encoding="utf-8")))
    now = list(tomllib.loads(experiment_text(read_experiment(path))))
    assert len(then) > 20
    assert [key for key in now if key in then] == then
