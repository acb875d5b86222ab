"""Stand-ins for patients' identifiers. Pure."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

SALT_BYTES = 32
PSEUDONYM = "patient-"


@dataclass(frozen=True, repr=False)
class Pseudonyms:
    """Keyed digests of identifiers (HMAC-SHA256): alike under one salt, unrelated under another.

    Without the salt a pseudonym cannot be traced back by trying all hospital numbers; so whoever shares results
    deletes the salt first.
    """

    salt: bytes

    @classmethod
    def fresh(cls) -> "Pseudonyms":
        """Under a new random salt."""
        return cls(secrets.token_bytes(SALT_BYTES))

    def of(self, *identifier: str) -> str:
        """`patient-` and 16 hexadecimal digits."""
        text = "\x1f".join(identifier).encode(errors="surrogateescape")
        return f"{PSEUDONYM}{hmac.new(self.salt, text, hashlib.sha256).hexdigest()[:16]}"
