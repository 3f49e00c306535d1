"""One request to the token endpoint, as the log, the audit stream and the metrics tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from app.errors import AuditUnavailable

ISSUED = "issued"
"""The outcome of a request that got a token; every other outcome is an `errors.Code`."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each step of a request took, in milliseconds; 0 for one that was not reached."""

    login: float = 0.0
    deciding: float = 0.0
    signing: float = 0.0
    all: float = 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """What the candidate rules would grant otherwise; false where that is nothing.

    Attributes:
        rules_version: Of the candidate rules.
        gained: What they would grant beyond the live rules, as scopes.
        lost: What they would not grant.
    """

    rules_version: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What was asked, by whom, from where, what was granted and why, and how long it took.

    Attributes:
        subject: The canonical subject; empty where nobody logged in.
        subject_id: The entry's immutable id; empty where there is none.
        groups: The names of the groups that the decision was made with.
        group_dns: The DN of each; empty where it has none.
        attributes: Those that the decision was made with.
        username: As typed, for a refused login only: nothing about it is verified.
        account: What a refused login is counted under; empty where it is not.
        scopes_dropped: Scopes outside the grammar.
        rules: The ids of the rules that allowed or denied something that was asked.
        candidate: What the candidate rules would change; None where there are none, or nothing was decided.
        outcome: `issued`, or the code of the refusal or failure.
        detail: What only an operator may know; empty for most.
        spared: Why a refused login was not asked of the directory; empty where it was.
    """

    time: datetime
    request_id: str
    realm: str
    outcome: str
    address: str
    client: str = ""
    user_agent: str = ""
    service: str = ""
    subject: str = ""
    subject_id: str = ""
    groups: tuple[str, ...] = ()
    group_dns: tuple[str, ...] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    username: str = ""
    account: str = ""
    asked: tuple[str, ...] = ()
    scopes_dropped: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    rules_version: str = ""
    candidate: Difference | None = None
    key_id: str = ""
    detail: str = ""
    spared: str = ""
    milliseconds: Timings = Timings()


class Recorder(Protocol):
    """Takes note of requests."""

    def record(self, record: TokenRecord) -> None:
        """Take note of one.

        Raises:
            AuditUnavailable: It is the audit stream, and it takes no line.
        """


class AuditedRecorder:
    """The audit stream first, then all others: what the audit stream refuses, the others tell as refused."""

    def __init__(self, audit: Recorder, *others: Recorder) -> None:
        self._audit = audit
        self._others = others

    def record(self, record: TokenRecord) -> None:
        """Let each take note.

        Raises:
            AuditUnavailable: The audit stream takes no line.
        """
        try:
            self._audit.record(record)
        except AuditUnavailable as error:
            record = replace(record, outcome=error.code, granted=(), detail=error.detail)
            raise
        finally:
            for other in self._others:
                other.record(record)
