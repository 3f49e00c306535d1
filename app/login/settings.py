"""The `shield` section of a realm (reference: docs/reference/configuration.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from app.configfile.fields import Duration, Section
from app.errors import UnfitError
from app.login.budget import FailureLimits
from app.login.directory_budget import DirectoryLimits

_LONGEST = timedelta(days=90)


class ShieldSettings(Section):
    """What spares the directory, and the accounts in it.

    Attributes:
        remember: How long each process remembers a good login, and one that the directory refused for the
            account's sake; 0 switches that off.
        remembered: How many of either each process remembers.
        known_good: How long a proof lasts that a password is right: it may be tried again from its source,
            even where others have spent the account's budget. 0 switches that off.
        remember_failures: How long the same failed login is not tried again.
        failures_per_account: How many failed logins of one account the directory sees in a window.
        failures_per_source_and_account: How many of these may come from one source.
        failures_per_source: How many the directory sees from one source in a window, over all accounts.
        window: How long a failure counts.
        failures_per_directory: How many the directory sees in a `directory_window`, over all accounts and
            sources; 0 where they are not counted so.
        directory_window: How long a failure counts there.
        failure_floor: How long a refused login takes at least, so that the time does not tell which names
            exist. 0 switches that off.
        concurrent: How many requests may wait for the directory at once. A further one waits a quarter of a
            second for its turn and is then refused. Fewer than the server's threads, so that a directory that
            hangs leaves some to other realms.
        failures_waiting: How many refused logins that the directory was not asked about wait for the floor at
            once. Further ones are answered at once, as too many.
    """

    remember: Duration = timedelta(seconds=60)
    remembered: Annotated[int, Field(ge=1)] = 10_000
    known_good: Duration = timedelta(days=7)
    remember_failures: Duration = timedelta(minutes=5)
    failures_per_account: Annotated[int, Field(ge=2, le=1000)] = 4
    failures_per_source_and_account: Annotated[int, Field(ge=1)] = 2
    failures_per_source: Annotated[int, Field(ge=1, le=100_000)] = 50
    window: Duration = timedelta(minutes=15)
    failures_per_directory: Annotated[int, Field(ge=0, le=10_000)] = 0
    directory_window: Duration = timedelta(seconds=10)
    failure_floor: Duration = timedelta(milliseconds=250)
    concurrent: Annotated[int, Field(ge=1)] = 12
    failures_waiting: Annotated[int, Field(ge=1)] = 4

    @field_validator("failure_floor")
    @classmethod
    def _short(cls, value: timedelta) -> timedelta:
        if value > timedelta(seconds=2):
            raise UnfitError("the floor may be 2s at the most", "it holds a thread for as long")
        return value

    @field_validator("failures_per_directory")
    @classmethod
    def _two_or_none(cls, value: int) -> int:
        if value == 1:
            hint = "write 2 or more: one is reserved for people whose password was right lately"
            raise UnfitError("with one failure nobody could log in for the first time", hint)
        return value

    @field_validator("directory_window")
    @classmethod
    def _a_moment(cls, value: timedelta) -> timedelta:
        if not timedelta(seconds=1) <= value <= timedelta(hours=1):
            raise UnfitError("this window lasts 1s to 1h", "write as long as the directory counts")
        return value

    @field_validator("remember_failures", "window", "known_good")
    @classmethod
    def _bounded(cls, value: timedelta) -> timedelta:
        if value > _LONGEST:
            raise UnfitError("that is kept 90d at the most", "write 15m, 1h or 7d")
        return value

    @field_validator("window")
    @classmethod
    def _some_time(cls, value: timedelta) -> timedelta:
        if value < timedelta(minutes=1):
            raise UnfitError(
                "a window lasts 1m at the least", "write 15m, or as long as the directory counts failures"
            )
        return value

    @model_validator(mode="after")
    def _shared(self) -> ShieldSettings:
        # one place is reserved for exempt logins, and the others are not for one source alone
        most = max(1, self.failures_per_account - 2)
        if self.failures_per_source_and_account > most:
            raise UnfitError(
                f"one address may not spend the budget of {self.failures_per_account} failures",
                f"write failures_per_source_and_account: {most}, or a greater failures_per_account",
            )
        return self

    def directory_limits(self, login_timeout: timedelta) -> DirectoryLimits | None:
        """Return how many failures the directory sees in all; None where they are not counted so.

        Args:
            login_timeout: The longest that the directory takes for a login.
        """
        if not self.failures_per_directory:
            return None
        return DirectoryLimits(
            failures=self.failures_per_directory,
            window=self.directory_window.total_seconds(),
            reserved=1 if self.known_good else 0,
            lease=self.limits(login_timeout).lease,
        )

    def limits(self, login_timeout: timedelta) -> FailureLimits:
        """Return how many failures of an account, and of a source, the directory sees.

        Args:
            login_timeout: The longest that the directory takes for a login.
        """
        return FailureLimits(
            account=self.failures_per_account,
            share=self.failures_per_source_and_account,
            source=self.failures_per_source,
            window=self.window.total_seconds(),
            remember_failures=self.remember_failures.total_seconds(),
            known_good=self.known_good.total_seconds(),
            lease=(login_timeout + timedelta(seconds=5)).total_seconds(),
        )
