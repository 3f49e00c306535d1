"""When a rule holds: one class for each condition, with all that is known of it.

A condition says whether it holds for a request, whether it implies another, its normal form, its words, what
a request lacks where it does not hold, and which requests it tells apart. Who asks about conditions knows no
more than that, so that a new one is a new class and a key of the file.

What a condition looks at may not be known: an address that no proxy said, an attribute that was not read.
Then it neither holds nor fails: an allow does not apply, and a deny does (`Rule.applies`).
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from app.dn import fold
from app.rules.decision import Lack

_OTHER_SERVICE = "(any other)"


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of a request.

    Attributes:
        service: The service that the token is for; empty where it is not known.
        address: The client's IPv4 or IPv6 address; any other text is an address that is not known.
        now: Aware, UTC.
    """

    service: str
    address: str
    now: datetime


class HasAttributes(Protocol):
    """What conditions need to know of who asks."""

    def values(self, attribute: str) -> Sequence[str] | None:
        """Return the values of an attribute (in lower case); none where it has none, None if not known."""


class Holds(enum.Enum):
    """Whether a condition holds."""

    YES = enum.auto()
    NO = enum.auto()
    UNKNOWN = enum.auto()


def answer(holds: bool) -> Holds:  # noqa: FBT001 - it is what is turned into the answer
    """Turn what is known into an answer."""
    return Holds.YES if holds else Holds.NO


class Condition(ABC):
    """One condition.

    Attributes:
        lack: What of a request it looks at.
        recurs: Whether it begins and ends to hold again and again, each time at a whole minute.
    """

    __slots__ = ()
    lack: ClassVar[Lack]
    recurs: ClassVar[bool] = False

    @abstractmethod
    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Whether it holds for a request; a subject of None is an anonymous one."""

    @abstractmethod
    def implies(self, other: Condition) -> bool:
        """Whether another holds wherever this one does; both are normal."""

    @abstractmethod
    def words(self) -> tuple[str, ...]:
        """Put it into words."""

    @abstractmethod
    def want(self, context: Context) -> str:
        """Put into words what a request lacks for which it does not hold."""

    def normal(self, now: datetime) -> Condition | None:  # noqa: ARG002 - most are the same at all times
        """Return it so that those which mean the same from now on are equal; None where it always holds."""
        return self

    def is_over(self, now: datetime) -> bool:  # noqa: ARG002 - as above
        """Whether it never holds from a moment on."""
        return False

    def changes(self, start: datetime, end: datetime) -> Iterator[datetime]:  # noqa: ARG002 - as above
        """Return the moments after one and before another at which it begins or ends to hold."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Service(Condition):
    """The token is for one of some services."""

    lack = Lack.SERVICE

    names: frozenset[str]

    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Compare the service."""
        del subject
        return answer(context.service in self.names) if context.service else Holds.UNKNOWN

    def implies(self, other: Condition) -> bool:
        """Compare the names."""
        return isinstance(other, Service) and self.names <= other.names

    def words(self) -> tuple[str, ...]:
        """Name the services."""
        return (f"service {either(sorted(self.names))}",)

    def want(self, context: Context) -> str:
        """Name the services."""
        del context
        return f"the service is not {either(sorted(self.names))}"

    @staticmethod
    def examples(conditions: Iterable[Condition]) -> tuple[str, ...]:
        """Return all services that are named, after one that stands for all others."""
        names = {name for one in conditions if isinstance(one, Service) for name in one.names}
        other = _OTHER_SERVICE
        while other in names:
            other = f"({other})"
        return (other, *sorted(names))


@dataclass(frozen=True, slots=True)
class Period(Condition):
    """The request is made in a span of time; None is no bound.

    Attributes:
        start: The first moment.
        end: The first moment after.
    """

    lack = Lack.TIME

    start: datetime | None = None
    end: datetime | None = None

    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Compare the time."""
        del subject
        begun = self.start is None or self.start <= context.now
        return answer(begun and (self.end is None or context.now < self.end))

    def implies(self, other: Condition) -> bool:
        """Whether the other has as early a start, and as late an end."""
        return (
            isinstance(other, Period)
            and (other.start is None or (self.start is not None and self.start >= other.start))
            and (other.end is None or (self.end is not None and self.end <= other.end))
        )

    def normal(self, now: datetime) -> Period | None:
        """Leave out a start that has passed."""
        start = self.start if self.start is not None and self.start > now else None
        return Period(start, self.end) if start is not None or self.end is not None else None

    def is_over(self, now: datetime) -> bool:
        """Whether the end has passed."""
        return self.is_empty or (self.end is not None and self.end <= now)

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it begins."""
        return self.start is not None and self.end is not None and self.end <= self.start

    def words(self) -> tuple[str, ...]:
        """Name start and end."""
        start = (f"not before {moment(self.start)}",) if self.start is not None else ()
        return (*start, f"before {moment(self.end)}") if self.end is not None else start

    def want(self, context: Context) -> str:
        """Name the start that is to come, or the end that has passed."""
        if self.start is not None and context.now < self.start:
            return f"it holds from {moment(self.start)} on"
        return f"it held before {moment(self.end)}" if self.end is not None else ""

    def changes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Return start and end."""
        return (edge for edge in (self.start, self.end) if edge is not None and start < edge < end)


@dataclass(frozen=True, slots=True)
class Attribute(Condition):
    """An attribute of the subject's entry has one of some values.

    Attributes:
        name: In lower case.
        accepted: Folded.
    """

    lack = Lack.ATTRIBUTE

    name: str
    accepted: frozenset[str]

    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Compare the values, without regard to case."""
        del context
        values = subject.values(self.name) if subject is not None else ()
        if values is None:
            return Holds.UNKNOWN
        return answer(not self.accepted.isdisjoint(map(fold, values)))

    def implies(self, other: Condition) -> bool:
        """Compare the values of the same attribute."""
        return isinstance(other, Attribute) and self.name == other.name and self.accepted <= other.accepted

    def words(self) -> tuple[str, ...]:
        """Name attribute and values."""
        return (f"{self.name} is {either(sorted(self.accepted))}",)

    def want(self, context: Context) -> str:
        """Name attribute and values."""
        del context
        return f"the attribute {self.name} is not {either(sorted(self.accepted))}"

    @staticmethod
    def examples(conditions: Iterable[Condition]) -> Mapping[str, tuple[str, ...]]:
        """Return a value of each attribute with which all of some conditions hold.

        Raises:
            ValueError: No one value is accepted by all.
        """
        accepted: dict[str, frozenset[str]] = {}
        for one in conditions:
            if isinstance(one, Attribute):
                accepted[one.name] = accepted.get(one.name, one.accepted) & one.accepted
        if not all(accepted.values()):
            raise ValueError("nobody has these attributes")
        return {name: (min(values),) for name, values in accepted.items()}


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a rule; all must hold."""

    each: tuple[Condition, ...] = ()

    def __iter__(self) -> Iterator[Condition]:
        return iter(self.each)

    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Whether they hold for a request: not where one does not, else not known where one is not."""
        found = Holds.YES
        for condition in self.each:
            holds = condition.check(subject, context)
            if holds is Holds.NO:
                return Holds.NO
            if holds is Holds.UNKNOWN:
                found = Holds.UNKNOWN
        return found

    def unknown(self, subject: HasAttributes | None, context: Context) -> tuple[Lack, ...]:
        """Return what of a request is not known that they look at."""
        return tuple(one.lack for one in self.each if one.check(subject, context) is Holds.UNKNOWN)

    def normal(self, now: datetime) -> Conditions | None:
        """Return them so that those which mean the same are equal; None where they never hold from now on."""
        if any(one.is_over(now) for one in self.each):
            return None
        found = {normal for one in self.each if (normal := one.normal(now)) is not None}
        return Conditions(tuple(sorted(found, key=lambda one: (_ORDER[one.lack], one.words()))))

    def implies(self, wider: Conditions) -> bool:
        """Whether others hold wherever these do; both are normal."""
        return all(any(one.implies(other) for one in self.each) for other in wider.each)

    def hold_with(self, given: Conditions, context: Context) -> bool:
        """Whether they hold for every request of a context for which others hold; both are normal."""
        return all(
            any(one.implies(each) for one in given.each) or each.check(None, context) is Holds.YES
            for each in self.each
        )

    def without(self, lack: Lack) -> Conditions:
        """Leave out those that look at one thing."""
        return Conditions(tuple(one for one in self.each if one.lack is not lack))

    def words(self) -> tuple[str, ...]:
        """Put them into words."""
        return tuple(word for one in self.each for word in one.words())


ALWAYS = Conditions()
"""What most rules have: they share it."""
_ORDER = {lack: place for place, lack in enumerate(Lack)}


def moment(time: datetime) -> str:
    """Write a time (aware, UTC) as rules files have it."""
    return time.isoformat().replace("+00:00", "Z")


def either(texts: Iterable[str]) -> str:
    """Put several texts of which one is meant into words."""
    return " or ".join(texts)
