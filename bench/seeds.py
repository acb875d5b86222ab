"""Independent seeds from one, by name. Pure."""

import hashlib


def derive(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the purpose called `names`; different names give unrelated seeds."""
    text = "/".join(["gapbench", str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
