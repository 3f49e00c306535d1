"""A login by itself, without HTTP: asking the directory, remembering, connecting, and having no directory.

All in this process, by the server's own objects, against the same slapd as the rounds.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from statistics import median
from typing import Final

from app import bootstrap, settings
from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import DirectoryUnavailable, Refusal
from app.ldap.deadline import Deadline
from app.ldap.servers import Servers
from app.protocol.credentials import Credentials
from app.protocol.request import Client
from app.protocol.secret import Secret
from bench.company import Person
from bench.load import LoadFailed
from tests.support.ports import free_port

_HOST: Final = "127.0.0.1"
_LOGINS, _REMEMBERED, _CONNECTIONS, _WARM = 500, 5_000, 50, 50


@dataclass(frozen=True, slots=True)
class Figure:
    """What one thing costs, each time.

    Attributes:
        cpu: Milliseconds of this process's CPU time.
        p50: The median latency in milliseconds.
        most_cpu: To be reached; None where there is no such aim.
        most_p50: Likewise.
    """

    name: str
    cpu: float
    p50: float
    most_cpu: float | None = None
    most_p50: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether it is as little as it should be."""
        return (self.most_cpu is None or self.cpu <= self.most_cpu) and (
            self.most_p50 is None or self.p50 <= self.most_p50
        )


def run(config: Path, people: Sequence[Person]) -> list[Figure]:
    """Measure, by a server's configuration file.

    Raises:
        LoadFailed: Something did not end as it should.
    """
    loaded = settings.load(config)
    directory = loaded.realms[loaded.default_realm].directory
    timeout = directory.timeouts.login.total_seconds() * 1000
    return [
        _uncached(directory, people),
        _remembered(loaded, people[0]),
        _connection(directory),
        _without_servers("all servers down", _nobody(), directory, people[0], timeout),
        _without_servers("all servers hanging", _mute(), directory, people[0], timeout),
    ]


def _uncached(section: DirectorySettings, people: Sequence[Person]) -> Figure:
    directory = LdapDirectory(section)
    every = iter(people)

    def log_in() -> None:
        person = next(every)
        _expect(_ask(directory, person), person)

    try:
        cpu, p50 = _measure(log_in, _LOGINS)
    finally:
        directory.close()
    return Figure("uncached login", cpu, p50, most_cpu=2, most_p50=3)


def _remembered(loaded: settings.Settings, person: Person) -> Figure:
    login = bootstrap.build(loaded).issuers[loaded.default_realm].realm.login
    credentials, client, now = _credentials(person), Client(IPv4Address("192.0.2.1")), datetime.now(UTC)

    def log_in() -> None:
        _expect(login.authenticate(credentials, {}, client, now), person)

    return Figure("remembered login", *_measure(log_in, _REMEMBERED), most_cpu=0.02)


def _connection(section: DirectorySettings) -> Figure:
    servers = Servers(
        section.places(),
        connect_timeout=section.timeouts.connect,
        operation_timeout=section.timeouts.operation,
    )

    def connect() -> None:
        servers.connect(Deadline(section.timeouts.login)).close()

    return Figure("new connection", *_measure(connect, _CONNECTIONS), most_p50=10)


def _without_servers(
    name: str, servers: Iterator[int], section: DirectorySettings, person: Person, most: float
) -> Figure:
    with contextmanager(lambda: servers)() as port:
        urls = tuple(f"ldap://{_HOST}:{port}" for _ in range(2))
        directory = LdapDirectory(section.model_copy(update={"servers": urls}))
        start, cpu = time.perf_counter(), time.process_time()
        try:
            _ask(directory, person)
        except DirectoryUnavailable:
            waited = (time.perf_counter() - start) * 1000
            return Figure(name, (time.process_time() - cpu) * 1000, waited, most_p50=most)
    raise LoadFailed(f"{name}: there was an answer")


def _nobody() -> Iterator[int]:
    """Return a port that takes no connections."""
    yield free_port()


def _mute() -> Iterator[int]:
    """Return a port that takes connections, and on which nobody ever says a word."""
    with socket.create_server((_HOST, 0)) as listener:
        yield listener.getsockname()[1]


def _measure(action: Callable[[], None], times: int) -> tuple[float, float]:
    """Do it many times, some to warm up; give the mean CPU time and the median latency, in milliseconds."""
    for _ in range(min(_WARM, times)):
        action()
    latencies, cpu = [], time.process_time()
    for _ in range(times):
        start = time.perf_counter()
        action()
        latencies.append(time.perf_counter() - start)
    return (time.process_time() - cpu) / times * 1000, median(latencies) * 1000


def _ask(directory: LdapDirectory, person: Person) -> DirectorySubject | Refusal:
    name = directory.read_name(person.uid)
    return name if isinstance(name, Refusal) else directory.authenticate(name, Secret(person.password))


def _credentials(person: Person) -> Credentials:
    return Credentials(person.uid, Secret(person.password))


def _expect(answer: object, person: Person) -> None:
    if not isinstance(answer, DirectorySubject) or len(answer.groups) != len(person.groups):
        raise LoadFailed(f"{person.uid} was not logged in with all groups")
