"""Completion as the shell asks for it, and nothing offered that the options would refuse."""

import subprocess
import sys
from typing import get_args

import pytest

from backbones.names import registered_names
from bench.cli import completion
from bench.cli.report_command import FORMATS
from bench.config.experiment import Experiment
from bench.config.toml import RECIPES
from bench.data.options import MultiLabel
from bench.data.readers import NAMES
from bench.search.options import KNOBS, SearchOptions
from reports.statistics.intervals import Interval
from reports.statistics.metrics import searchable

AS_BENCH = "import sys; sys.argv[0] = 'bench'; from bench.cli import main; main()"


def completed(environment: dict[str, str], words: str) -> list[str]:
    """What bash gets for the last of `words`."""
    asked = {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-c", AS_BENCH]
    done = subprocess.run(
        command, env={**environment, **asked}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_commands_options_and_values_are_completed_as_bash_asks(bench_environment: dict[str, str]) -> None:
    assert completed(bench_environment, "bench sta") == ["status"]
    assert completed(bench_environment, "bench run --exec") == ["--executor"]
    assert completed(bench_environment, "bench run --precision b") == ["bf16"]
    assert completed(bench_environment, "bench report r --format ") == list(FORMATS)
    assert {"resnet34", "resnet34d"} <= set(completed(bench_environment, "bench run --backbone resnet34"))


def test_backbones_are_those_of_timm() -> None:
    import timm

    assert registered_names() == sorted(timm.list_models())
    assert completion.backbones("resnet34.a1") == []
    assert completion.backbones("convnext_at") == sorted(timm.list_models("convnext_at*"))


def choices(name: str) -> tuple[str, ...]:
    return get_args(Experiment.model_fields[name].annotation)


@pytest.mark.parametrize(
    ("offered", "allowed"),
    [
        (completion.FITS, choices("fit")),
        (completion.PRECISIONS, choices("precision")),
        (completion.DEVICES, choices("device")),
        (completion.EXECUTORS, choices("executor")),
        (completion.INTERVALS, get_args(Interval)),
        (completion.MULTILABEL, get_args(MultiLabel)),
        (completion.READERS, NAMES),
        (completion.RECIPES, tuple(RECIPES)),
        (completion.FORMATS, FORMATS),
        (completion.SAMPLERS, get_args(SearchOptions.model_fields["sampler"].annotation)),
        (completion.PRUNERS, get_args(SearchOptions.model_fields["pruner"].annotation)),
        (completion.TUNABLE, tuple(KNOBS)),
        (completion.metrics, tuple(searchable())),
    ],
)
def test_what_is_offered_is_what_is_allowed(offered: completion.Complete, allowed: tuple[str, ...]) -> None:
    assert tuple(offered("")) == allowed
