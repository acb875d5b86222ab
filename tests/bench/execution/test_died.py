"""What is said of a worker that ended before its answer."""

import pytest

from bench.execution.pool import Died


@pytest.mark.parametrize(
    ("exit_code", "for_memory", "said"),
    [
        (-9, True, "was killed by the system, since memory ran out"),
        (255, True, "was killed by the system, since memory ran out"),  # and its fork server with it
        (-9, False, "was killed (often too little memory)"),
        (255, False, "ended with exit code 255, before it had answered"),
        (1, True, "ended with exit code 1, before it had answered"),
    ],
)
def test_memory_is_named_only_where_the_system_killed_for_it(exit_code: int, for_memory: bool, said: str) -> None:
    assert Died(exit_code, for_memory).text == f"The worker process {said}"
