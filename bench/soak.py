"""The soak: very many logins and restarts of the directory, and what the server holds on to meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import requests
import yaml

from bench import company, load, stage
from bench.directory import Directory
from bench.processes import Held, held, only_child
from tests.support.processes import Program, wait_until
from tests.support.server import SERVICE, Server

POOLED: Final = 12
"""The connections that a process keeps at the most, by default: four to search, eight to log in."""
_CONNECTIONS, _SECONDS = 8, 2
_MOST_MEMORY_GROWTH: Final = 1.10
_DOWN_EVERY: Final = 10
_WRONG_EACH_TURN: Final = 5
_DESCRIPTORS_TO_AND_FRO: Final = 4  # a connection of the client's, or of the pool, more or less


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server held at one moment.

    Attributes:
        logins: So far.
        restarts: Of the directory, so far.
    """

    logins: int
    restarts: int
    held: Held


@dataclass(frozen=True, slots=True)
class Running:
    """What runs.

    Attributes:
        slapd: To be stopped and started.
        server: Remembers no login.
        worker: Its only one.
        requests: What it is asked, a request on each line.
        tls_port: Of the directory.
        people: How many people ask.
    """

    slapd: Program
    server: Server
    worker: int
    requests: Path
    tls_port: int
    people: int


@contextmanager
def running(folder: Path, people: int) -> Iterator[Running]:
    """Start everything in an empty folder, with so many people who ask, and end it."""
    everybody, rules = company.people(), folder / "rules.yaml"
    rules.write_text(yaml.safe_dump(company.rules(), sort_keys=False))
    directory = Directory(folder / "directory")
    settings = stage.settings(directory.section(nested=False, tls=True), "0s")
    lines = stage.write_requests(folder / "requests.txt", everybody[:people])
    slapd = directory.program(everybody)
    with slapd, Server(folder / "server", settings, rules) as server:
        yield Running(slapd, server, only_child(server.pid), lines, directory.tls_port, people)


def run(
    on: Running, *, logins: int, restarts: int, turns: int, tell: Callable[[Sample], None]
) -> list[Sample]:
    """Log in and restart in turns, and look at the server after each.

    Args:
        on: What runs.
        logins: How many at least.
        restarts: How many of the directory.
        turns: In so many parts.
        tell: Is given each sample.

    Raises:
        LoadFailed: A login was answered with anything but a token while the directory was there.
        ProgramFailed: The server did not find the directory again.
    """
    samples, done, restarted = [], 0, 0
    for turn in range(1, turns + 1):
        while done < logins * turn // turns:
            done += load.run(
                on.server.url, on.requests, first=done % on.people, connections=_CONNECTIONS, seconds=_SECONDS
            ).requests
        for number in range(_WRONG_EACH_TURN):
            _expect(on, f"nobody{turn}-{number}", "wrong", 401, 429)
        while restarted < restarts * turn // turns:
            _restart(on, looks=restarted % _DOWN_EVERY == 0)
            restarted += 1
        samples.append(Sample(done, restarted, held(on.worker, on.tls_port)))
        tell(samples[-1])
    return samples


def _restart(on: Running, *, looks: bool) -> None:
    """Stop the directory and start it again; the next login works, or nearly so."""
    on.slapd.stop()
    if looks:
        _expect(on, "person00001", "person00001-password", 503)
    on.slapd.start()
    wait_until(
        lambda: _status(on, "person00002", "person00002-password") == requests.codes.ok,
        within=timedelta(seconds=15),
        what="a login after a restart of the directory works",
    )


def _expect(on: Running, name: str, password: str, *statuses: int) -> None:
    status = _status(on, name, password)
    if status not in statuses:
        raise load.LoadFailed(f"a login of {name} was answered with {status}, not {statuses}")


def _status(on: Running, name: str, password: str) -> int:
    parameters = {"service": SERVICE}
    return requests.get(on.server.token_url, params=parameters, auth=(name, password), timeout=20).status_code


def growth(samples: Sequence[Sample], people: int) -> list[str]:
    """Say what has grown since everybody had logged in once; nothing where nothing has."""
    everybody = (each.held for each in samples[:-1] if each.logins >= people)
    first, last = next(everybody, samples[0].held), samples[-1].held
    grown = {
        "open files": last.descriptors > first.descriptors + _DESCRIPTORS_TO_AND_FRO,
        "threads": last.threads > max(first.threads, stage.THREADS + 4),
        "memory": last.memory > first.memory * _MOST_MEMORY_GROWTH,
        "connections at the directory": last.connections > POOLED,
    }
    return [name for name, has in grown.items() if has]


def row(sample: Sample) -> str:
    """Return a line of the table."""
    of = sample.held
    return (
        f"{sample.logins:10,}{sample.restarts:10,}{of.descriptors:12}{of.threads:10}"
        f"{of.memory / 1024:12.1f}{of.connections:14}"
    )


HEADING: Final = (
    f"{'logins':>10}{'restarts':>10}{'open files':>12}{'threads':>10}{'memory MiB':>12}{'connections':>14}"
)
