"""One request to the token endpoint, as the log, the audit stream and the metrics report it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, Protocol

from app.errors import AuditUnavailable, Code
from app.protocol.request import Client
from app.protocol.scope import Access, Scope

ISSUED: Final = "issued"
"""The outcome of a request that got a token; every other outcome is an `errors.Code`."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each step of a request took, in milliseconds; 0 for a step that was not reached."""

    login: float = 0.0
    deciding: float = 0.0
    signing: float = 0.0
    all: float = 0.0


@dataclass(frozen=True, slots=True)
class CandidateDifference:
    """What the candidate rules would grant differently; false where that is nothing.

    Attributes:
        rules_version: Of the candidate rules.
        gained: What they would grant beyond the live rules.
        lost: What the live rules granted and they would not.
    """

    rules_version: str
    gained: tuple[Access, ...] = ()
    lost: tuple[Access, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class DenialReason:
    """Why one action was refused: a rule that denies it, or that nearly allows it.

    Attributes:
        position: Where the rule stands.
        text: For operators: it may name anybody.
    """

    action: str
    rule: str
    position: str
    text: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal whose reason the person was told.

    Attributes:
        id: Short; stands in the text, so that somebody can be asked about it.
        actions: Those that were refused.
        message: What the person read.
        reasons: All that is known of why.
    """

    id: str
    repository: str
    actions: tuple[str, ...]
    message: str
    reasons: tuple[DenialReason, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What was asked, by whom, from where, what was granted and why, and how long it took.

    Attributes:
        outcome: `issued`, or the code of the refusal or failure.
        client: Where the request came from.
        service: Empty where the request was refused before it was known.
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
        denial: What the person was told; None where nothing was refused, or nobody is told.
        detail: What only an operator may know; empty for most.
        spared: Why the directory was not asked about a refused login; empty where it was.
    """

    time: datetime
    request_id: str
    realm: str
    outcome: Code | Literal["issued"]
    client: Client
    service: str = ""
    subject: str = ""
    subject_id: str = ""
    groups: tuple[str, ...] = ()
    group_dns: tuple[str, ...] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    username: str = ""
    account: str = ""
    asked: tuple[Scope, ...] = ()
    scopes_dropped: tuple[str, ...] = ()
    granted: tuple[Access, ...] = ()
    rules: tuple[str, ...] = ()
    rules_version: str = ""
    candidate: CandidateDifference | None = None
    denial: Denial | None = None
    key_id: str = ""
    detail: str = ""
    spared: str = ""
    milliseconds: Timings = Timings()


class Recorder(Protocol):
    """Takes note of requests."""

    def record(self, record: TokenRecord) -> None:
        """Take note of one.

        Raises:
            AuditUnavailable: It is the audit stream, and the line could not be written.
        """


class AuditedRecorder:
    """The audit stream first, then the others, which report as refused what the audit stream did not take."""

    def __init__(self, audit: Recorder, *others: Recorder) -> None:
        self._audit = audit
        self._others = others

    def record(self, record: TokenRecord) -> None:
        """Let each take note.

        Raises:
            AuditUnavailable: The audit line could not be written.
        """
        try:
            self._audit.record(record)
        except AuditUnavailable as error:
            record = replace(record, outcome=error.code, granted=(), detail=error.detail)
            raise
        finally:
            for other in self._others:
                other.record(record)
