"""What is known of a request while it is being answered."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.errors import Code, Refusal, WharfingerError
from app.login.login import Subject
from app.protocol.request import Client, TokenRequest
from app.rules.decision import Decision
from app.telemetry.record import ISSUED, CandidateDifference, Denial, Timings, TokenRecord
from app.tokens.realm import Issued

_MOST_DROPPED, _LONGEST_DROPPED = 10, 256
"""How much is recorded of scopes outside the grammar: they are whatever a client sends."""


class Part(enum.Enum):
    """The parts of a request whose time is measured."""

    LOGIN = enum.auto()
    DECIDING = enum.auto()
    SIGNING = enum.auto()


class Timed:
    """Measures what is done within it; much cheaper than a generator would be."""

    __slots__ = ("_begun", "_into", "_part", "_timer")

    def __init__(self, timer: Callable[[], float], into: dict[Part, float], part: Part) -> None:
        """Begin, and note the milliseconds at the end."""
        self._timer, self._into, self._part = timer, into, part
        self._begun = timer()

    def __enter__(self) -> None:
        """Have begun."""

    def __exit__(self, *_: object) -> None:
        """Note how long it took."""
        self._into[self._part] = (self._timer() - self._begun) * 1000


@dataclass(slots=True)
class Progress:
    """What is known of a request while it is being answered; each step adds what it found out.

    Attributes:
        timer: Returns seconds, monotonic.
        request: None where it is malformed.
        subject: None while nobody has logged in.
        decision: None where nothing was decided.
        answer: None where a fault of ours kept it from being answered.
    """

    time: datetime
    request_id: str
    realm: str
    client: Client
    timer: Callable[[], float]
    request: TokenRequest | None = None
    subject: Subject | None = None
    decision: Decision | None = None
    candidate: CandidateDifference | None = None
    denial: Denial | None = None
    key_id: str = ""
    answer: Issued | Refusal | WharfingerError | None = None
    _begun: float = field(init=False)
    _milliseconds: dict[Part, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Note when the request began."""
        self._begun = self.timer()

    def timed(self, part: Part) -> Timed:
        """Measure a part of the request, whether or not it succeeds."""
        return Timed(self.timer, self._milliseconds, part)

    def record(self) -> TokenRecord:
        """Make the record of the request as it ended."""
        request, subject, decision, answer = self.request, self.subject, self.decision, self.answer
        typed = request.credentials if request is not None and subject is None else None
        return TokenRecord(
            time=self.time,
            request_id=self.request_id,
            realm=self.realm,
            outcome=_outcome(answer),
            client=self.client,
            service=request.service if request is not None else "",
            subject=subject.name if subject is not None else "",
            subject_id=subject.id if subject is not None else "",
            groups=subject.group_names if subject is not None else (),
            group_dns=subject.group_dns if subject is not None else (),
            attributes=subject.attributes if subject is not None else {},
            username=typed.username if typed is not None else "",
            account=answer.account if isinstance(answer, Refusal) else "",
            asked=request.scopes if request is not None else (),
            scopes_dropped=_shown(request.dropped) if request is not None else (),
            granted=answer.claims.access if isinstance(answer, Issued) else (),
            rules=decision.rules if decision is not None else (),
            rules_version=decision.rules_version if decision is not None else "",
            candidate=self.candidate,
            denial=self.denial,
            key_id=self.key_id,
            detail=answer.detail if isinstance(answer, Refusal | WharfingerError) else "",
            spared=answer.spared if isinstance(answer, Refusal) else "",
            milliseconds=self._timings(),
        )

    def _timings(self) -> Timings:
        took = self._milliseconds.get
        whole = (self.timer() - self._begun) * 1000
        return Timings(took(Part.LOGIN, 0.0), took(Part.DECIDING, 0.0), took(Part.SIGNING, 0.0), whole)


def _outcome(answer: Issued | Refusal | WharfingerError | None) -> Code | Literal["issued"]:
    if answer is None:
        return Code.INTERNAL
    return ISSUED if isinstance(answer, Issued) else answer.code


def _shown(dropped: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:_LONGEST_DROPPED] for text in dropped[:_MOST_DROPPED])
