"""Completion as the shell asks for it, and nothing offered that the options would refuse."""

import subprocess
import sys
from typing import get_args

import pytest

from backbones.names import registered_names
from bench.cli.command import options_of
from bench.cli.report_command import FORMATS
from bench.config.experiment import Experiment
from bench.config.options.numerics import DEVICES
from bench.data.options import READER_NAMES, GroupBy, MultiLabel
from bench.data.windows import NAMED, parse_windows
from bench.executors import AUTO, EXECUTORS
from bench.explain.options import CHOICES, Method, Target
from bench.nondeterminism.options import VARIED
from bench.plan.recipe import RECIPES
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
    assert offered("run", "backbone", "resnet34.a1") == ()
    assert offered("run", "backbone", "convnext_at") == tuple(sorted(timm.list_models("convnext_at*")))


def choices(name: str) -> tuple[str, ...]:
    return get_args(Experiment.model_fields[name].annotation)


def offered(command: str, name: str, typed: str = "") -> tuple[str, ...]:
    """What the shell is told may follow."""
    (complete,) = [one.complete for one in options_of(command) if one.name == name]
    assert complete is not None
    return tuple(complete(typed))


@pytest.mark.parametrize(
    ("command", "name", "allowed"),
    [
        ("run", "fit", choices("fit")),
        ("run", "precision", choices("precision")),
        ("run", "device", (AUTO, *DEVICES)),
        ("run", "executor", (AUTO, *EXECUTORS)),
        ("run", "tree", choices("tree")),
        ("data audit", "tree", choices("tree")),
        ("run", "interval", get_args(Interval)),
        ("report", "interval", get_args(Interval)),
        ("run", "multilabel", get_args(MultiLabel)),
        ("search", "group_by", get_args(GroupBy)),
        ("run", "reader", READER_NAMES),
        ("run", "recipe", tuple(RECIPES)),
        ("search", "sampler", get_args(SearchOptions.model_fields["sampler"].annotation)),
        ("search", "pruner", get_args(SearchOptions.model_fields["pruner"].annotation)),
        ("search", "tune", tuple(KNOBS)),
        ("search", "metric", tuple(searchable())),
        ("nondeterminism", "vary", VARIED),
        ("explain", "method", get_args(Method)),
        ("explain", "target", get_args(Target)),
        ("explain", "cases", CHOICES),
    ],
)
def test_what_is_offered_is_what_is_allowed(command: str, name: str, allowed: tuple[str, ...]) -> None:
    assert offered(command, name) == allowed


def test_offered_windows_can_be_read() -> None:
    names = offered("run", "windows")
    assert set(NAMED) < set(names)
    for name in names:
        parse_windows(name.split(","))
