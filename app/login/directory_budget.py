"""A budget of failures over the whole directory, for directories that block the client's address; pure.

Such a directory counts whatever fails from one address, and all our binds come from ours: a few wrong
passwords of anybody would keep everybody out. So this budget counts all accounts and sources together. It
stands behind those of accounts and sources, and takes its place only where these allow an attempt.

A place is taken before the bind and given back when the password proves right, as in the other budgets. Who
finds all places taken by binds whose answers are still to come waits; who finds them taken by failures is
told to come later. One place is reserved for exempt attempts. Beyond the budget nobody may go, exempt or not:
a directory that blocks us would let nobody in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.login.budget import Denied, InFlight, Spared
from app.state.rows import LoginRow, LoginState

_SOON_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DirectoryLimits:
    """How many failed logins the directory sees in all. All times are in seconds.

    Attributes:
        failures: Failures in a window, over all accounts and sources.
        window: How long a failure counts.
        reserved: How many of these places are for exempt attempts alone.
        lease: How old a pending row is when its process is taken to be gone; more than any login takes.
    """

    failures: int
    window: float
    reserved: int
    lease: float

    @property
    def kept(self) -> float:
        """How long a row is kept."""
        return max(self.window, self.lease)


def decide(
    rows: Sequence[LoginRow], limits: DirectoryLimits, now: float, *, exempt: bool, waits: bool
) -> InFlight | Denied | None:
    """Decide whether there is a place for one more bind: None where there is.

    Args:
        rows: All that are kept of the directory.
        limits: How much it may see.
        now: Seconds since 1970.
        exempt: Whether a proof exempts the attempt from the budget of its account.
        waits: Whether the attempt can wait for those that are pending.
    """
    most = limits.failures - (0 if exempt else limits.reserved)
    pending = [row for row in rows if row.state is LoginState.PENDING and row.at > now - limits.lease]
    failed = sorted(row.at for row in rows if row not in pending and row.at > now - limits.window)
    if len(failed) >= most:
        return Denied(Spared.DIRECTORY_BUDGET, failed[len(failed) - most] + limits.window - now)
    if len(failed) + len(pending) < most:
        return None
    return InFlight() if waits else Denied(Spared.DIRECTORY_BUDGET, _SOON_SECONDS)
