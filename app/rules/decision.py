"""The outcome of the engine: for each requested action whether it is granted, and why.

Authorization, explanations and the audit line all print this same value.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import Position
from app.protocol.scope import Access, Scope
from app.rules.patterns.syntax import Captures


class Effect(enum.StrEnum):
    """What a rule does with the actions it names."""

    ALLOW = "allow"
    DENY = "deny"


class Lack(enum.StrEnum):
    """A thing for want of which a rule does not grant an action; the nearest first."""

    DENIED = "denied"
    ACTION = "action"
    SERVICE = "service"
    NETWORK = "network"
    TIME = "time"
    ATTRIBUTE = "attribute"
    EXCEPTED = "excepted"
    AMBIGUOUS = "ambiguous"
    LOGIN = "login"
    GROUP = "group"
    REPOSITORY = "repository"
    NAME = "name"


class WhoKind(enum.StrEnum):
    """The ways in which a rule can be for a subject."""

    EVERYONE = "everyone"
    AUTHENTICATED = "authenticated"
    USER = "user"
    ROBOT = "robot"
    GROUP = "group"
    GROUPS = "groups"


class Through(NamedTuple):
    """What made a rule apply to a subject.

    Attributes:
        kind: In which way the rule is for it.
        name: The user, the robot, or the name or DN of the group by which the rule is for it, or of all of
            several groups; else empty.
    """

    kind: WhoKind
    name: str = ""

    def __str__(self) -> str:
        """Return it in words: `group team-web`, `everyone`."""
        return f"{self.kind} {self.name}" if self.name else str(self.kind)


@dataclass(frozen=True, slots=True)
class Cause:
    """One rule that spoke about an action, and how it came to apply.

    Attributes:
        rule: Its id.
        position: Where the rule stands.
        effect: What it did.
        through: What made it apply.
        captures: What its variables stood for.
        unknown: What of the request its conditions look at and is not known: then a deny applies.
    """

    rule: str
    position: Position
    effect: Effect
    through: Through
    captures: Captures
    unknown: tuple[Lack, ...] = ()

    def __str__(self) -> str:
        """Return the way in which it came to apply, in words."""
        return ", ".join((str(self.through), *(f"{lack} not known" for lack in self.unknown)))


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that would have granted an action, but for one thing.

    Attributes:
        rule: Its id.
        position: Where the rule stands.
        lack: What kind of thing.
        text: Which, in words: `bob is not in group team-web`.
        through: What makes the rule apply; None where nothing does.
        captures: What its variables stand for, or would.
        groups: The groups that are lacking, by name or DN.
    """

    rule: str
    position: Position
    lack: Lack
    text: str
    through: Through | None
    captures: Captures
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """Whether one requested action is granted, and the rules that allowed and denied it.

    Attributes:
        misses: The rules that nearly granted it, the nearest first; sought only where somebody asks why.
    """

    action: str
    granted: bool
    allowed_by: tuple[Cause, ...]
    denied_by: tuple[Cause, ...]
    misses: tuple[Miss, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceDecision:
    """The outcome for one scope.

    Attributes:
        outcomes: By action, sorted.
        access: What is granted here; None where that is nothing.
        rules: The ids of the rules that allowed or denied something here.
    """

    scope: Scope
    outcomes: tuple[ActionOutcome, ...]
    access: Access | None = field(init=False, compare=False)
    rules: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sum up once: the same outcome may be that of many requests."""
        granted = tuple(outcome.action for outcome in self.outcomes if outcome.granted)
        access = Access(self.scope.type, self.scope.name, granted) if granted else None
        causes = (cause for outcome in self.outcomes for cause in outcome.allowed_by + outcome.denied_by)
        object.__setattr__(self, "access", access)
        object.__setattr__(self, "rules", frozenset(cause.rule for cause in causes))


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for a whole request.

    Attributes:
        resources: One per scope, in the order of the request.
        rules_version: The content hash of the rules that decided.
    """

    resources: tuple[ResourceDecision, ...]
    rules_version: str

    @property
    def access(self) -> tuple[Access, ...]:
        """All that is granted, in the order of the request."""
        return tuple(entry for resource in self.resources if (entry := resource.access) is not None)

    @property
    def rules(self) -> tuple[str, ...]:
        """Name every rule that allowed or denied something that was asked, sorted."""
        return tuple(sorted(frozenset[str]().union(*(resource.rules for resource in self.resources))))
