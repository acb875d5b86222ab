"""One choice of the first configuration: a key, its value and why."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """`key` as in the file (`recipe.batch_size`); `why` is a clause without a full stop; `instead` are lines of the
    file that would choose otherwise.
    """

    key: str
    value: Any
    why: str
    instead: tuple[str, ...] = ()
