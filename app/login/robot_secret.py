"""The secrets of robots: made here, shown once, and kept as a hash in the rules file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

PREFIX = "whr_"
"""What every secret begins with, so that a scanner for secrets can find one that lies where it should not."""
OCTETS = 32


def make(random_text: Callable[[int], str]) -> str:
    """Make a secret: `whr_` and 43 letters, digits, `-` and `_`.

    Args:
        random_text: Gives so many random octets as base64url, as `secrets.token_urlsafe` does.
    """
    return PREFIX + random_text(OCTETS)


def hashed(secret: str) -> str:
    """Give the hash as it stands in the rules file.

    One round of SHA-256 is enough for 256 random bits, which nobody can guess; it is not for a password.
    """
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()}"
