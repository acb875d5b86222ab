"""Environment variables that trackers are set by, as long as one is open. Sets the environment."""

import os
from collections.abc import Mapping


class Defaults:
    """Values of variables that the user has not set."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._set = [name for name in values if name not in os.environ]
        os.environ.update({name: values[name] for name in self._set})

    def undo(self) -> None:
        """As it was before."""
        for name in self._set:
            os.environ.pop(name, None)
