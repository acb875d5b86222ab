"""How torch is set up for a run, as far as a machine without a GPU shows it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch

from bench.cache import Caches
from bench.data.pixel_entry import PixelCache
from bench.execution.resources import Resources
from bench.execution.setup import resolve_device, set_up
from bench.plan.spec import Numerics

EXACT, FAST = Numerics("fp32"), Numerics("fp32", deterministic=False)
VARIABLE = "CUBLAS_WORKSPACE_CONFIG"
THAT_TORCH_ACCEPTS = (":4096:8", ":16:8")  # of the documentation of torch.use_deterministic_algorithms


@pytest.fixture(autouse=True)
def _set_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, "")  # so that it is as it was afterwards
    monkeypatch.delenv(VARIABLE)
    yield
    set_up(EXACT)


@pytest.mark.parametrize("first", [EXACT, FAST], ids=["deterministic", "fast"])
def test_whichever_run_comes_first_a_later_one_can_be_deterministic(first: Numerics) -> None:
    set_up(first)
    assert os.environ[VARIABLE] in THAT_TORCH_ACCEPTS


def test_a_workspace_that_the_user_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, ":16:8")
    set_up(EXACT)
    assert os.environ[VARIABLE] == ":16:8"


def test_a_run_for_cuda_takes_the_card_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the call to the driver is a stand-in."""
    taken = list[str]()
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    assert set_up(replace(EXACT, device="cuda"), "cuda:1").type == "cuda"
    set_up(EXACT, "cuda:1")
    set_up(replace(EXACT, device="cuda"))
    assert taken == ["cuda:1"]
    assert Resources(Caches(Path()), cast(PixelCache, None), cards=("cuda:2", "cuda:0")).card == "cuda:2"


def test_cards_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Device cuda:77 is not available on this machine \(--device\)\. Available: "):
        resolve_device("cuda:77")
