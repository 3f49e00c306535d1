"""Puts the limiters of a realm together: over the shared state, this machine's store, and memory."""

from __future__ import annotations

import functools
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.login.attempt import Tagger
from app.login.directory_limiter import DirectoryLimiter
from app.login.failure_store import FailureStore, MemoryStore
from app.login.fallback import FallbackLimiter, LastOutage, MachineOutage, ProcessOutage
from app.login.limiter import Limiter, RecordingLimiter, StoreLimiter
from app.login.settings import ShieldSettings
from app.state.holder import Holder
from app.state.settings import FALLBACK_FOLDER_VARIABLE, StateSettings
from app.state.shared import SharedState


@dataclass(frozen=True, slots=True)
class Stores:
    """Where failed logins are counted beside the memory of each process.

    Attributes:
        shared: By all processes of all servers.
        machine: By the processes of this server, while the shared one is unavailable.
        outage: When that last was.
    """

    shared: SharedState | None
    machine: SharedState | None
    outage: LastOutage

    @classmethod
    def of(cls, section: StateSettings | None, report_clocks: Callable[[float], object]) -> Stores:
        """Return the stores of a server; none is opened yet.

        Args:
            section: Where the shared state is kept.
            report_clocks: Gets how many seconds this server's clock and the database's are apart.
        """
        folder = os.environ.get(FALLBACK_FOLDER_VARIABLE)
        shared = SharedState(section, report_clocks) if section is not None else None
        if section is None or section.sqlite is not None or not folder:
            return cls(shared, None, ProcessOutage())
        machine = SharedState(StateSettings(url=f"sqlite:///{folder}/failures.db"))
        return cls(shared, machine, MachineOutage(Path(folder) / "outage"))


def limiter(
    realm: str,
    settings: ShieldSettings,
    login_timeout: timedelta,
    stores: Stores,
    on_fault: Callable[[], object],
) -> Limiter:
    """Return the limiter of a realm.

    Args:
        realm: Its name.
        settings: How much its directory may see.
        login_timeout: The longest that the directory takes for a login.
        stores: Where failed logins are counted.
        on_fault: Called each time the shared state could not be used.
    """
    limits, in_all = settings.limits(login_timeout), settings.directory_limits(login_timeout)
    holder, tagger, timer = Holder(), Tagger(secrets.token_bytes(32), realm), time.monotonic

    def make(
        store: FailureStore, tagger: Callable[[], Tagger], *, clock: Callable[[], float]
    ) -> RecordingLimiter:
        made = StoreLimiter(store, tagger, limits, holder, clock=clock, timer=timer)
        return made if in_all is None else DirectoryLimiter(made, store, tagger, in_all, clock=clock)

    local: RecordingLimiter = make(MemoryStore(), lambda: tagger, clock=timer)
    fallback = functools.partial(FallbackLimiter, kept=limits.kept, timer=timer)
    if stores.machine is not None:
        local = fallback(
            make(stores.machine, lambda: tagger, clock=timer),
            local,
            ProcessOutage(),
            on_fault=lambda: None,
            about={"realm": realm, "what": "the store of this machine"},
        )
    shared = stores.shared
    if shared is None:
        return local
    return fallback(
        make(shared, functools.cache(lambda: Tagger(shared.key(), realm)), clock=time.time),
        local,
        stores.outage,
        on_fault=on_fault,
        about={"realm": realm},
    )
