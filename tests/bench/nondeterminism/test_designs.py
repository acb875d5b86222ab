"""Which runs a study takes, and what earlier calls leave to it."""

import pytest

from bench.config.faults import checked
from bench.errors import RequestError
from bench.nondeterminism.designs import others
from bench.nondeterminism.options import NondeterminismOptions
from bench.nondeterminism.record import RecordedGroup
from bench.nondeterminism.study import merged, numerics_text
from bench.plan.spec import Numerics


def group(name: str, changed: str = "") -> RecordedGroup:
    return RecordedGroup(name=name, runs=[["0"]], changed=changed or name)


def names(groups: list[RecordedGroup]) -> list[str]:
    return [one.name for one in groups]


def test_earlier_groups_stay_and_newer_ones_replace_them() -> None:
    threads = RecordedGroup(name="threads 2", runs=[["0"]], setting="threads", changed="2")
    earlier = [group("init"), group("order"), group("all", "init, order"), threads]
    assert merged([], earlier) == earlier
    again = RecordedGroup(name="init", runs=[["1"], ["2"]], changed="init")
    assert names(merged(earlier, [again])) == ["order", "all", "threads 2", "init"]
    assert merged(earlier, [again])[-1] == again


def test_runs_that_vary_all_are_left_out_once_another_source_has_come() -> None:
    """Their variance would be shared among sources that they did not vary."""
    earlier = [group("init"), group("order"), group("all", "init, order")]
    assert names(merged(earlier, [group("split")])) == ["init", "order", "split"]
    everything = group("all", "split, init, order")
    assert names(merged(earlier, [group("split"), everything])) == ["init", "order", "split", "all"]


def test_each_setting_is_changed_to_what_it_is_not() -> None:
    numerics = Numerics("bf16")
    assert others(numerics, "threads", []) == [2]
    assert others(Numerics("bf16", threads=4), "threads", []) == [1]
    assert others(numerics, "precision", []) == ["fp32"]
    assert others(numerics, "layout", []) == ["contiguous"]
    assert others(numerics, "device", ["cuda", "cpu"]) == ["cuda"]
    assert numerics_text(numerics) == "bf16, channels_last, 1 thread, cpu"
    assert numerics_text(Numerics("fp32", threads=2, deterministic=False)).endswith("2 threads, cpu, --fast")


def test_what_varies_is_named_once_and_known() -> None:
    options = NondeterminismOptions(vary=["order", "threads", "order", "init"])
    assert (options.sources, options.settings) == (["init", "order"], ["threads"])
    assert NondeterminismOptions().vary == ["none", "init", "order", "split", "threads"]
    with pytest.raises(RequestError, match="'weather' is none of split, init, order, none"):
        checked(NondeterminismOptions, {"vary": ["weather"]}, "the command line")
