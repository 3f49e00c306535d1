"""How far the clock of this server is from the database's: failures count by time, on all servers alike."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, text

from app.state.rows import TOLERANCE

_log = logging.getLogger("wharfinger.state")
_SLOW_SECONDS: Final = 1.0
_NOW: Final = text("SELECT extract(epoch FROM clock_timestamp())")


class ClockCheck:
    """Compares the clocks, and warns once when they are apart, until they agree again."""

    def __init__(
        self, report: Callable[[float], object] = lambda _: None, clock: Callable[[], float] = time.time
    ) -> None:
        """Know of no difference yet.

        Args:
            report: Gets how many seconds the clocks are apart, whichever is ahead.
            clock: Seconds since 1970, by this server.
        """
        self._report, self._clock = report, clock
        self._warned = False

    def compare(self, connection: Connection) -> None:
        """Compare the clocks, where the database has one of its own."""
        if connection.dialect.name != "postgresql":
            return
        before = self._clock()
        theirs = float(connection.execute(_NOW).scalar_one())
        after = self._clock()
        if after - before > _SLOW_SECONDS:
            return  # nobody knows when in between the database looked at its clock
        self.note((before + after) / 2 - theirs)

    def note(self, ahead: float) -> None:
        """Report how many seconds this server is ahead of the database."""
        self._report(abs(ahead))
        differs = abs(ahead) > TOLERANCE
        if differs and not self._warned:
            _log.warning(
                "the clocks of this server and of the state differ", extra={"ahead_seconds": round(ahead, 1)}
            )
        self._warned = differs
