"""What is known of a request while it is being answered."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.errors import Code, Refusal, WharfingerError
from app.login.login import Subject
from app.protocol.request import Client, TokenRequest
from app.rules.decision import Decision
from app.telemetry.record import ISSUED, CandidateDifference, Timings, TokenRecord
from app.tokens.realm import Issued

_MOST_DROPPED, _LONGEST_DROPPED = 10, 256
"""How much is recorded of scopes outside the grammar: they are whatever a client sends."""


class Part(enum.Enum):
    """The parts of a request whose time is measured."""

    LOGIN = enum.auto()
    DECIDING = enum.auto()
    SIGNING = enum.auto()


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
    key_id: str = ""
    answer: Issued | Refusal | WharfingerError | None = None
    _begun: float = field(init=False)
    _milliseconds: dict[Part, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Note when the request began."""
        self._begun = self.timer()

    @contextmanager
    def timed(self, part: Part) -> Iterator[None]:
        """Measure a part of the request, whether or not it succeeds."""
        begun = self.timer()
        try:
            yield
        finally:
            self._milliseconds[part] = (self.timer() - begun) * 1000

    def record(self) -> TokenRecord:
        """Make the record of the request as it ended."""
        request, subject, decision, answer = self.request, self.subject, self.decision, self.answer
        typed = request.credentials if request is not None and subject is None else None
        groups = subject.groups if subject is not None else ()
        return TokenRecord(
            time=self.time,
            request_id=self.request_id,
            realm=self.realm,
            outcome=_outcome(answer),
            client=self.client,
            service=request.service if request is not None else "",
            subject=subject.name if subject is not None else "",
            subject_id=subject.id if subject is not None else "",
            groups=tuple(group.name for group in groups),
            group_dns=tuple(group.dn.written if group.dn is not None else "" for group in groups),
            attributes=subject.attributes if subject is not None else {},
            username=typed.username if typed is not None else "",
            account=answer.account if isinstance(answer, Refusal) else "",
            asked=request.scopes if request is not None else (),
            scopes_dropped=_shown(request.dropped) if request is not None else (),
            granted=answer.claims.access if isinstance(answer, Issued) else (),
            rules=decision.rules if decision is not None else (),
            rules_version=decision.rules_version if decision is not None else "",
            candidate=self.candidate,
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
