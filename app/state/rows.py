"""What is kept, as values. Nothing in a row of a login can be read without the key."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final

TOLERANCE: Final = 5.0
"""How many seconds the clocks of two servers may differ. A row that is dated further ahead is dated anew."""


class LoginState(enum.IntEnum):
    """What is known of one login (the table of states is in `login/__init__.py`).

    Attributes:
        PENDING: The directory is being asked. It counts as a failure until the directory says otherwise.
        WRONG: The directory said that the password is wrong.
        LOST: The directory's answer did not come; it may have counted a failure.
        PROOF: The directory said that the password is right. No failure: it exempts its source.
    """

    PENDING = 1
    WRONG = 2
    LOST = 3
    PROOF = 4


@dataclass(frozen=True, slots=True)
class LoginRow:
    """One login that was tried, or proved.

    Attributes:
        id: 0 for a row that is not kept yet.
        account: Hash of the canonical name.
        tag: Hash of name and password; of a proof only its beginning.
        source: Hash of the network that it came from.
        at: When the state was entered, in seconds since 1970.
        until: When the row expires.
        holder: Which process asks the directory; of a pending row alone.
        guesses: Of a proof: how many other passwords were denied beside it since `guessed_since`.
    """

    id: int
    account: bytes
    tag: bytes
    source: bytes
    state: LoginState
    at: float
    until: float
    holder: bytes = b""
    guesses: int = 0
    guessed_since: float = 0.0

    def clamped(self, now: float) -> LoginRow:
        """Return the row with no date ahead: a clock that was wrong once must not count for a year."""
        ahead = max(0.0, self.at - now)
        if not ahead and self.guessed_since <= now:
            return self
        since = min(self.guessed_since, now)
        return replace(self, at=self.at - ahead, until=self.until - ahead, guessed_since=since)

    def is_ahead(self, now: float) -> bool:
        """Whether its date lies further ahead than clocks may differ."""
        return self.at > now + TOLERANCE


@dataclass(frozen=True, slots=True)
class DenialReasonRow:
    """Why one action was refused: a rule that denies it, or that nearly allows it."""

    action: str
    rule: str
    position: str
    text: str


@dataclass(frozen=True, slots=True)
class DenialRow:
    """A refusal whose reason somebody was told.

    Attributes:
        id: Short, and unique among those that are kept.
        at: When, in seconds since 1970.
        actions: Those that were refused.
        message: What the person read.
        reasons: All that is known of why.
    """

    id: str
    at: float
    request_id: str
    realm: str
    service: str
    subject: str
    address: str
    repository: str
    actions: tuple[str, ...]
    message: str
    rules_version: str
    reasons: tuple[DenialReasonRow, ...] = ()
