"""The `server` section of the configuration file."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from app.configfile.fields import Duration, Section, resolve
from app.errors import UnfitError
from app.serving import processors
from app.urls import http_url, web_origin

_BIND = re.compile(r"unix:.+|(?:\[[0-9A-Fa-f:.]+\]|[^:\s]+):([0-9]{1,5})")
_LAST_PORT = 65535
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
_UNIX = "unix:"
FINISH = timedelta(seconds=20)
"""For how long a server that stops waits for what has begun; no answer takes longer than 15 seconds."""


def _mode(value: object) -> object:
    """Read a mode that is written without quotes: YAML takes `0660` for the number 660."""
    return f"{value:04d}" if type(value) is int else value


SocketMode = Annotated[Literal["0600", "0660", "0666"], BeforeValidator(_mode)]


class ServerSettings(Section):
    """The HTTP server."""

    bind: str = "127.0.0.1:5001"
    socket_mode: SocketMode = "0660"
    socket_group: str | None = None
    url: str | None = None
    workers: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    threads: Annotated[int, Field(ge=1, le=1024)] = 16
    trusted_proxies: tuple[str, ...] = ()
    proxy_hops: Annotated[int, Field(ge=1, le=16)] = 1
    proxy_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"
    cors_origins: tuple[str, ...] = ()
    request_timeout: Duration = timedelta(seconds=10)
    answer_timeout: Duration = timedelta(seconds=10)
    drain: Duration = timedelta(0)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                each == "unix" or ip_network(each)
            except ValueError as error:
                raise UnfitError(
                    f"{each!r} is no network", "write 10.0.0.0/8, an address, or unix"
                ) from error
        return value

    @field_validator("url")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        parsed = http_url(value) if value is not None else None
        if value is not None and (parsed is None or parsed.query or parsed.fragment):
            hint = "write https://auth.example.com, as clients reach the server"
            raise UnfitError("that is no address of a server", hint)  # not shown: it may hold a password
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        origins = [web_origin(each) for each in value]
        if None in origins:
            hint = "write https://ui.example.com, with a port where it has one, and nothing behind it"
            raise UnfitError("that is no origin of web pages", hint)  # not shown: it may hold a password
        return tuple(filter(None, origins))

    @field_validator("bind")
    @classmethod
    def _address(cls, value: str) -> str:
        found = _BIND.fullmatch(value)
        if found is None or int(found.group(1) or 0) > _LAST_PORT:
            raise UnfitError(
                f"{value!r} is nothing to listen on", "write 127.0.0.1:5001, [::1]:5001 or unix:/path"
            )
        return value

    @field_validator("request_timeout", "answer_timeout")
    @classmethod
    def _some_time(cls, value: timedelta) -> timedelta:
        if not _SHORTEST_WAIT <= value <= _LONGEST_WAIT:
            raise UnfitError("a client has 1s at least and 5m at the most", "10s are enough over any line")
        return value

    @field_validator("drain")
    @classmethod
    def _short_enough(cls, value: timedelta) -> timedelta:
        if value > _LONGEST_WAIT:
            raise UnfitError("a server drains for 5m at the most", "write how long balancers need, as 10s")
        return value

    @property
    def socket(self) -> Path | None:
        """The Unix socket that the server listens on; None where it is an address."""
        return Path(self.bind.removeprefix(_UNIX)) if self.bind.startswith(_UNIX) else None

    @property
    def knows_addresses(self) -> bool:
        """Whether requests have an address: a Unix socket has none, unless a trusted proxy says it."""
        return self.socket is None or "unix" in self.trusted_proxies

    @property
    def stops_within(self) -> timedelta:
        """How long a server that is told to stop takes at the most."""
        return self.drain + FINISH

    def seen_from(self, base: Path) -> ServerSettings:
        """Return the same with the path of the Unix socket absolute, as seen from a folder."""
        if self.socket is None:
            return self
        return self.model_copy(update={"bind": f"{_UNIX}{resolve(self.socket, base)}"})

    def worker_count(self) -> int:
        """Return the number of processes: one for each processor that may be used, unless configured."""
        return processors.usable() if self.workers == "auto" else self.workers
