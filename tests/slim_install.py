"""`bench` as an installation without extras would be, which cannot import them: `python slim_install.py run …`."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from bench.extras import EXTRA_OF


class Without:
    """A finder that knows nothing of the packages of extras, and keeps others from finding them."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] in EXTRA_OF:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, Without())
    from bench.cli.app import main

    main()
