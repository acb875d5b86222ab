"""How torch is set up for a run, as far as a machine without a GPU shows it."""

import os
from collections.abc import Iterator

import pytest

from bench.execution.setup import set_up
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
