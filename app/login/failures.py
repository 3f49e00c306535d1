"""What is known of failed and proved logins, shared by whoever shares the ledger.

An attempt is *admitted* before the directory is asked, which writes it down as a failure, and *settled* when
the directory has answered. Where the process dies in between it stays a failure.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from cachetools import TLRUCache, TTLCache

from app.login import budget
from app.login.attempt import Attempt, Tagger, Tags
from app.login.budget import Go, Limits, Source, Spared, Stop, Wait
from app.login.ledger import Book, Ledger
from app.state.rows import Kind, LoginRow

_FULL_SECONDS = 60.0
_TAGS = 10_000
_RENEWALS = 8
_MARKS = 64
_NO_TAG = b""


class Outcome(enum.Enum):
    """How a login ended at the directory.

    Attributes:
        RIGHT: The password is right.
        WRONG: It is wrong, or there is no such account.
        NOT_NOW: The account may not log in, whatever the password.
        LOST: Nobody knows: the answer got lost.
        NOT_ASKED: It did not come to a bind.
    """

    RIGHT = "right"
    WRONG = "wrong"
    NOT_NOW = "not now"
    LOST = "lost"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to ask the directory once; to be settled.

    Attributes:
        row: What was written down.
        mark: The row of the same login, where it was proved lately from the same source.
    """

    row: LoginRow
    mark: LoginRow | None

    @property
    def tags(self) -> Tags:
        """What the attempt is known by, which is not hashed once more."""
        return Tags(self.row.account, self.row.tag, self.row.source)


class FailureMemory(Protocol):
    """Decides whether the directory may be asked, and learns what it said."""

    def admit(self, attempt: Attempt) -> Ticket | Wait | Stop:
        """Decide about one attempt."""

    def settle(self, ticket: Ticket, outcome: Outcome) -> None:
        """Learn what became of an attempt that was admitted."""


class Failures:
    """Keeps failures in a ledger."""

    def __init__(
        self, ledger: Ledger, tagger: Callable[[], Tagger], limits: Limits, clock: Callable[[], float]
    ) -> None:
        """Make one.

        Args:
            ledger: Where rows are kept.
            tagger: Gives what makes tags; may raise StateUnavailable.
            limits: How much is let through.
            clock: Seconds since 1970.
        """
        self._ledger, self._tagger, self._limits, self._clock = ledger, tagger, limits, clock
        self._lock = threading.Lock()
        self._guessed: TTLCache[bytes, None] = TTLCache(_TAGS, limits.window, clock)
        # nothing makes a failure forgotten before its time, so that it need not be looked up again
        self._wrong: TLRUCache[bytes, float] = TLRUCache(_TAGS, lambda _key, until, _now: until, clock)

    def admit(self, attempt: Attempt) -> Ticket | Wait | Stop:
        """Decide about one attempt, and write it down where the directory may be asked.

        Raises:
            StateUnavailable: The ledger does not work.
        """
        tags, now = self._tagger().tags(attempt), self._clock()
        with self._lock:
            until = self._wrong.get(tags.login)
        if until is not None:
            return Stop(Spared.REMEMBERED_FAILURE, until - now)
        verdict = self._ledger.transact(
            tags.account, tags.source, now, lambda book: self._admit(book, tags, now)
        )
        if isinstance(verdict, Stop) and verdict.why is Spared.REMEMBERED_FAILURE and verdict.seconds:
            with self._lock:
                self._wrong[tags.login] = now + verdict.seconds
        return verdict

    def take(self, attempt: Attempt) -> Ticket:
        """Write an attempt down that somebody else has admitted.

        Raises:
            StateUnavailable: The ledger does not work.
        """
        tags, now = self._tagger().tags(attempt), self._clock()
        return self._ledger.transact(
            tags.account, tags.source, now, lambda book: self._write(book, tags, now, None)
        )

    def settle(self, ticket: Ticket, outcome: Outcome) -> None:
        """Learn what became of an attempt that was admitted.

        Raises:
            StateUnavailable: The ledger does not work.
        """
        tags, now = ticket.tags, self._clock()
        self._ledger.transact(
            tags.account, tags.source, now, lambda book: self._settle(book, ticket, tags, outcome, now)
        )

    def _admit(self, book: Book, tags: Tags, now: float) -> Ticket | Wait | Stop:
        limits = self._limits
        verdict = budget.weigh(
            book.rows(), lambda: Source(*book.source(now - limits.window)), tags, limits, now
        )
        if isinstance(verdict, Go) and verdict.mark is None and book.is_full():
            return Stop(Spared.MEMORY_FULL, _FULL_SECONDS)
        if isinstance(verdict, Go):
            return self._write(book, tags, now, verdict.mark)
        if isinstance(verdict, Stop) and verdict.guessed is not None and self._is_new(tags):
            guesses, since = budget.guessed(verdict.guessed, limits, now)
            book.change(replace(verdict.guessed, guesses=guesses, guessed_since=since))
        return verdict

    def _is_new(self, tags: Tags) -> bool:
        """Tell whether a password was not refused here before: whoever repeats one learns nothing more."""
        with self._lock:
            known = tags.login in self._guessed
            self._guessed[tags.login] = None
        return not known

    def _write(self, book: Book, tags: Tags, now: float, mark: LoginRow | None) -> Ticket:
        row = LoginRow(0, tags.account, tags.login, tags.source, Kind.PENDING, now, now + self._limits.kept)
        return Ticket(replace(row, id=book.add(row)), mark)

    def _settle(self, book: Book, ticket: Ticket, tags: Tags, outcome: Outcome, now: float) -> None:
        row, until = ticket.row, now + self._limits.kept
        match outcome:
            case Outcome.RIGHT:
                self._prove(book, ticket, tags, now)
            case Outcome.WRONG:
                _keep(book, book.rows(), row, replace(row, kind=Kind.WRONG, at=now, until=until))
                if ticket.mark is not None:
                    book.remove(0, marks_of=tags.short)
            case Outcome.NOT_NOW:
                book.remove(row.id, marks_but=_NO_TAG)
            case Outcome.LOST if ticket.mark is None:
                book.change(replace(row, kind=Kind.LOST, at=now, until=until))
            case _:
                book.remove(row.id)

    def _prove(self, book: Book, ticket: Ticket, tags: Tags, now: float) -> None:
        """Note that a password was right; what is noted already is noted anew only now and then."""
        row, lifetime, mark = ticket.row, self._limits.known_good, ticket.mark
        if mark is None and lifetime:
            rows = book.rows()
            mark = _mark(rows, tags)  # an attempt that was taken over does not bring it
            if mark is None:
                note = replace(row, tag=tags.short, kind=Kind.GOOD, at=now, until=now + lifetime)
                _turn(book, rows, row, note)
                return
        book.remove(row.id, marks_but=tags.short)
        if mark is not None and mark.at < now - lifetime / _RENEWALS:
            book.change(replace(mark, at=now, until=now + lifetime))


def _turn(book: Book, rows: Sequence[LoginRow], row: LoginRow, note: LoginRow) -> None:
    """Make what was written down of an attempt the note that its password was right."""
    marks = [each for each in rows if each.kind is Kind.GOOD]
    if any(each.tag != note.tag for each in marks):
        book.remove(0, marks_but=note.tag)
    same = sorted((each for each in marks if each.tag == note.tag), key=lambda each: each.at)
    for oldest in same[: max(0, len(same) - _MARKS + 1)]:  # every login reads all of them
        book.remove(oldest.id)
    _keep(book, rows, row, note)


def _keep(book: Book, rows: Sequence[LoginRow], row: LoginRow, anew: LoginRow) -> None:
    """Keep a row anew; it may have been swept, where the answer came after a very long time."""
    if row in rows:
        book.change(anew)
    else:
        book.add(anew)


def _mark(rows: Sequence[LoginRow], tags: Tags) -> LoginRow | None:
    """Find the note that a password was right here."""
    marks = (row for row in rows if row.kind is Kind.GOOD)
    return next((row for row in marks if (row.tag, row.source) == (tags.short, tags.source)), None)
