"""May the directory be asked? Decided by what is known of an account; pure.

Every bind that may be wrong is a row before it is sent, and counts until the directory has said that it was
right. So the rows of one account never outnumber its budget, whatever comes at once and whoever dies.

`GOOD` rows are leave to ask although others have spent the budget. They hold for the source that proved the
password, and until too many other passwords were refused beside them: a guesser could else try any number
against them. While there is one, a place of the budget is kept for it.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.login.attempt import Tags
from app.state.rows import Kind, LoginRow


class Spared(enum.StrEnum):
    """Why the directory was not asked; stands in audit lines and metrics."""

    REMEMBERED_FAILURE = "remembered_failure"
    ACCOUNT_BUDGET = "account_budget"
    SOURCE_SHARE = "source_share"
    SOURCE_BUDGET = "source_budget"
    MEMORY_FULL = "memory_full"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is let through, all times in seconds.

    Attributes:
        account: Failures of one account in a window.
        share: Of these, failures from one source.
        source: Failures of one source, over all accounts.
        window: How long a failure counts.
        remember_failures: For how long the same failure is not tried again.
        known_good: For how long a proved login has leave.
        lease: For how long an attempt that has not ended is waited for; longer than any bind.
        guesses: How many passwords may be refused beside a proved one, from its own source and in a window.
    """

    account: int
    share: int
    source: int
    window: float
    remember_failures: float
    known_good: float
    lease: float
    guesses: int = 100

    @property
    def kept(self) -> float:
        """For how long a failure is kept."""
        return max(self.window, self.remember_failures, self.lease)


@dataclass(frozen=True, slots=True)
class Go:
    """The directory may be asked.

    Attributes:
        mark: The row that gives it leave, as the password was right lately; None where it fits the budget.
    """

    mark: LoginRow | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody else is asking the same just now."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The directory must not be asked.

    Attributes:
        seconds: How long that is so at least.
        guessed: The row of a proved login beside which this was a guess.
        closed: That login has lost its leave by too many of them.
    """

    why: Spared
    seconds: float = 0.0
    guessed: LoginRow | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a source.

    Attributes:
        failures: In the window, over all accounts.
        oldest: When the oldest of them was.
    """

    failures: int
    oldest: float = 0.0


def weigh(
    rows: Sequence[LoginRow], source: Callable[[], Source], tags: Tags, limits: Limits, now: float
) -> Go | Wait | Stop:
    """Decide about one attempt.

    Args:
        rows: Everything that is kept of the account.
        source: Finds out what is known of the attempt's source; not called where it makes no difference.
        tags: Of the attempt.
        limits: How much is let through.
        now: Seconds since 1970.
    """
    same = [row for row in rows if row.kind is not Kind.GOOD and row.tag == tags.login]
    if any(row.kind is Kind.PENDING and row.at > now - limits.lease for row in same):
        return Wait()
    wrong = max((row.at for row in same if row.kind is Kind.WRONG), default=-math.inf)
    if wrong > now - limits.remember_failures:
        return Stop(Spared.REMEMBERED_FAILURE, wrong + limits.remember_failures - now)
    failures = [row for row in rows if row.kind is not Kind.GOOD and row.at > now - limits.window]
    marks = [row for row in rows if row.kind is Kind.GOOD and row.at > now - limits.known_good]
    here = next((row for row in marks if row.source == tags.source), None)
    closed = here is not None and _guesses(here, limits, now) >= limits.guesses
    if here is not None and not closed and here.tag == tags.short and len(failures) < limits.account:
        return Go(here)
    stop = _spent(failures, source, tags, limits, now, reserved=bool(marks))
    if stop is None:
        return Go(None)
    if wrong > now - limits.window:
        return Stop(Spared.REMEMBERED_FAILURE)  # it is not asked again, and is no guess either
    return Stop(stop.why, stop.seconds, here, closed)


def guessed(mark: LoginRow, limits: Limits, now: float) -> tuple[int, float]:
    """Give how many guesses a proved login has had with one more, and since when they are counted."""
    known = _guesses(mark, limits, now)
    return known + 1, mark.guessed_since if known else now


def _guesses(mark: LoginRow, limits: Limits, now: float) -> int:
    return mark.guesses if mark.guessed_since > now - limits.window else 0


def _spent(
    failures: Sequence[LoginRow],
    source: Callable[[], Source],
    tags: Tags,
    limits: Limits,
    now: float,
    *,
    reserved: bool,
) -> Stop | None:
    """Say which budget an attempt without leave would exceed; None where it fits into all."""
    most = limits.account - reserved
    if len(failures) >= most:
        moments = sorted(row.at for row in failures)
        return Stop(Spared.ACCOUNT_BUDGET, moments[len(moments) - most] + limits.window - now)
    from_here = sorted(row.at for row in failures if row.source == tags.source)
    if len(from_here) >= limits.share:
        return Stop(Spared.SOURCE_SHARE, from_here[len(from_here) - limits.share] + limits.window - now)
    everywhere = source()
    if everywhere.failures >= limits.source:
        return Stop(Spared.SOURCE_BUDGET, everywhere.oldest + limits.window - now)
    return None
