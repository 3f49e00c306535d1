"""What is kept of logins, as values. Nothing here can be read without the key."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.IntEnum):
    """What a row says of one login.

    Attributes:
        PENDING: The directory is being asked. Counts as a failure until it is known to be none.
        WRONG: The directory said that it was wrong.
        LOST: The directory's answer got lost: it may have counted a failure.
        GOOD: The directory said that it was right; not a failure, but leave to ask again.
    """

    PENDING = 1
    WRONG = 2
    LOST = 3
    GOOD = 4


@dataclass(frozen=True, slots=True)
class LoginRow:
    """One login that was tried, or proved.

    Attributes:
        id: 0 for one that is not kept yet.
        account: Of the canonical name.
        tag: Of name and password.
        source: Of the network that it came from.
        at: When that was known, in seconds since 1970.
        until: When it can be thrown away.
        guesses: Of a GOOD row: how many other passwords were refused beside it since `guessed_since`.
    """

    id: int
    account: bytes
    tag: bytes
    source: bytes
    kind: Kind
    at: float
    until: float
    guesses: int = 0
    guessed_since: float = 0.0
