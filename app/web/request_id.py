"""The id of a request, which stands in its answer, its records and its token."""

from __future__ import annotations

import re
import secrets

_BYTES = 16
_USABLE = re.compile(r"[A-Za-z0-9._-]{8,128}")


def make() -> str:
    """Make an id: unique, and impossible to guess."""
    return secrets.token_hex(_BYTES)


def is_usable(text: str) -> bool:
    """Whether an id that a trusted proxy sent can be taken over."""
    return _USABLE.fullmatch(text) is not None
