"""The `shield` section of a realm (reference: docs/reference/configuration.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, field_validator

from app.configfile.fields import Duration, Section, wrong


class ShieldSettings(Section):
    """What spares the directory; every process has its own.

    Attributes:
        remember: How long a good login is remembered; 0 switches it off.
        remembered: How many good logins are remembered at most.
        failure_floor: How long a refused login takes at least, so that nobody can tell by the time which
            names exist; 0 switches it off.
        concurrent: How many requests may wait for the directory at once; a further one waits a quarter of a
            second for its turn, then is told to come again. Fewer than the server's threads, so that a
            directory that hangs leaves some to the other realms.
        failures_waiting: How many refused logins wait at once at most; further ones are answered at once.
    """

    remember: Duration = timedelta(seconds=60)
    remembered: Annotated[int, Field(ge=1)] = 10_000
    failure_floor: Duration = timedelta(milliseconds=250)
    concurrent: Annotated[int, Field(ge=1)] = 12
    failures_waiting: Annotated[int, Field(ge=0)] = 4

    @field_validator("failure_floor")
    @classmethod
    def _short(cls, value: timedelta) -> timedelta:
        if value > timedelta(seconds=2):
            raise wrong("the floor may be 2s at the most", "it holds a thread for as long")
        return value
