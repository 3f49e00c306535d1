"""May the directory be asked? Decided by the rows of one account; pure.

Each bind is recorded as a failure before it is sent and cleared on success, so that concurrency and crashes
never exceed the budget.

A proof exempts its source from the account's budget, so that the owner can log in while others guess. It does
so only until too many other passwords from that source were denied beside it: else any number of passwords
could be tried against it. One place of the budget is reserved for exempt attempts.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.login.attempt import Tags
from app.state.rows import LoginRow, LoginState


class Spared(enum.StrEnum):
    """Why the directory was not asked; stands in audit lines and metrics."""

    REMEMBERED_FAILURE = "remembered_failure"
    REMEMBERED_REFUSAL = "remembered_refusal"
    ACCOUNT_BUDGET = "account_budget"
    SOURCE_SHARE = "source_share"
    SOURCE_BUDGET = "source_budget"
    DIRECTORY_BUDGET = "directory_budget"
    MEMORY_FULL = "memory_full"
    REFUSALS_WAITING = "refusals_waiting"


@dataclass(frozen=True, slots=True)
class FailureLimits:
    """How many failed logins the directory sees. All times are in seconds.

    Attributes:
        account: Failures of one account in a window.
        share: Of these, failures from one source; from all sources, for an attempt from an unknown address.
        source: Failures of one source in a window, over all accounts. An unknown address is no source: its
            failures are anybody's, and a budget of them would let anybody keep everybody out.
        window: How long a failure counts.
        remember_failures: How long the same failed login is not tried again.
        known_good: How long a proof lasts; 0 where none are kept.
        lease: How old a pending row is when nobody waits for it any longer; more than any login takes.
        guesses: How many other passwords from its source end a proof's exemption for the rest of a window.
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
        """How long the row of a failure is kept."""
        return max(self.window, self.remember_failures, self.lease)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The directory may be asked.

    Attributes:
        proof: The row that exempts the attempt; None where the attempt fits into the budget.
    """

    proof: LoginRow | None


@dataclass(frozen=True, slots=True)
class InFlight:
    """Another process is asking the directory the same just now."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The directory must not be asked.

    Attributes:
        reason: Which limit says so.
        seconds: For how long at least.
        guessed: The proof beside which this attempt was a guess.
        exhausted: Whether that proof no longer exempts, as there were too many guesses.
    """

    reason: Spared
    seconds: float = 0.0
    guessed: LoginRow | None = None
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class SourceFailures:
    """The failures of one source in the window, over all accounts.

    Attributes:
        count: How many there are.
        oldest: When the oldest of them was.
    """

    count: int
    oldest: float = 0.0


def decide(
    rows: Sequence[LoginRow],
    of_source: Callable[[], SourceFailures],
    tags: Tags,
    limits: FailureLimits,
    now: float,
    *,
    waits: bool = True,
) -> Allowed | InFlight | Denied:
    """Decide about one attempt.

    Args:
        rows: All rows of the account; those that are pending have a process that is asking the directory.
        of_source: Counts the failures of the attempt's source. It is called only where the count matters.
        tags: Of the attempt.
        limits: How much the directory may see.
        now: Seconds since 1970.
        waits: Whether the attempt can wait for another process that asks the same.
    """
    same = [row for row in rows if row.state is not LoginState.PROOF and row.tag == tags.login]
    in_flight = sum(row.state is LoginState.PENDING for row in same)
    wrong = max((row.at for row in same if row.state is LoginState.WRONG), default=-math.inf)
    if wrong > now - limits.remember_failures:
        return Denied(Spared.REMEMBERED_FAILURE, wrong + limits.remember_failures - now)
    failures = [row for row in rows if row.state is not LoginState.PROOF and row.at > now - limits.window]
    proofs = [row for row in rows if row.state is LoginState.PROOF and row.at > now - limits.known_good]
    here = next((row for row in proofs if row.source == tags.source), None)
    exhausted = here is not None and _guesses(here, limits, now) >= limits.guesses
    exempt = here is not None and here.tag == tags.proof and not exhausted and len(failures) < limits.account
    if in_flight and waits and not (exempt and in_flight < limits.share):
        return InFlight()
    if exempt:
        return Allowed(here)
    denied = _over_budget(failures, of_source, tags, limits, now)
    if denied is None:
        return Allowed(None)
    if wrong > now - limits.window:
        return Denied(Spared.REMEMBERED_FAILURE)  # it is known to be wrong, and is no new guess
    return Denied(denied.reason, denied.seconds, here, exhausted)


def count_guess(proof: LoginRow, limits: FailureLimits, now: float) -> tuple[int, float]:
    """Return how many guesses there were beside a proof, with one more, and since when they are counted."""
    known = _guesses(proof, limits, now)
    return known + 1, proof.guessed_since if known else now


def _guesses(proof: LoginRow, limits: FailureLimits, now: float) -> int:
    return proof.guesses if proof.guessed_since > now - limits.window else 0


def _over_budget(
    failures: Sequence[LoginRow],
    of_source: Callable[[], SourceFailures],
    tags: Tags,
    limits: FailureLimits,
    now: float,
) -> Denied | None:
    """Return which budget an attempt without an exemption would exceed; None where it fits into all.

    One place is reserved for exempt attempts in the budget of every account, whether or not it has a proof:
    else the place would tell which accounts exist and are used.
    """
    most = limits.account - (1 if limits.known_good else 0)
    if len(failures) >= most:
        moments = sorted(row.at for row in failures)
        return Denied(Spared.ACCOUNT_BUDGET, moments[len(moments) - most] + limits.window - now)
    from_here = sorted(row.at for row in failures if not tags.source or row.source == tags.source)
    if len(from_here) >= limits.share:
        return Denied(Spared.SOURCE_SHARE, from_here[len(from_here) - limits.share] + limits.window - now)
    if not tags.source:
        return None
    everywhere = of_source()
    if everywhere.count >= limits.source:
        return Denied(Spared.SOURCE_BUDGET, everywhere.oldest + limits.window - now)
    return None
