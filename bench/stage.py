"""What runs: slapd with the company, a token server that remembers logins, one that does not, the floor.

The servers are the real thing: `wharfinger serve`, gunicorn, one worker each, so that every figure is that
of one process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bench import company
from bench.directory import Directory
from bench.processes import only_child
from tests.support.ports import free_port
from tests.support.processes import Program, answers
from tests.support.server import REALM, SERVICE, Server, realm_path
from tests.support.tools import REPOSITORY

FLOOR, REMEMBERED, FRESH = "floor", "remembered", "fresh"
THREADS: Final = 16
_TOKEN_PATH: Final = f"{realm_path()}/auth"
_PEOPLE_REMEMBERED: Final = 50


@dataclass(frozen=True, slots=True)
class Target:
    """One server to measure.

    Attributes:
        worker: The process id of its only worker.
        requests: What it is asked, a request on each line.
        log: Where its canonical lines go; None for the floor, which writes none.
    """

    name: str
    url: str
    worker: int
    requests: Path
    log: Path | None


@dataclass(frozen=True, slots=True)
class Stage:
    """All that runs; the floor is the first of the targets.

    Attributes:
        directory: The process id of slapd.
        config: The configuration of a server of these.
        people: Everybody in the directory.
    """

    targets: Sequence[Target]
    directory: int
    config: Path
    people: Sequence[company.Person]


@contextmanager
def running(folder: Path, *, nested: bool, tls: bool) -> Iterator[Stage]:
    """Start everything in an empty folder, and end it.

    Args:
        folder: Everything is written there.
        nested: Whether the groups that a person's groups are in are looked for too.
        tls: Whether the directory is spoken to over TLS.
    """
    everybody = company.people()
    some, rules = everybody[:_PEOPLE_REMEMBERED], folder / "rules.yaml"
    rules.write_text(yaml.safe_dump(company.rules(), sort_keys=False))
    directory = Directory(folder / "directory")
    section = directory.section(nested=nested, tls=tls)
    with ExitStack() as stack:
        slapd = stack.enter_context(directory.program(everybody))
        targets = []
        for name, memory, who in ((REMEMBERED, "10m", some), (FRESH, "0s", everybody)):
            server = Server(folder / name, settings(section, memory), rules)
            stack.enter_context(server)
            requests = write_requests(folder / f"{name}.txt", who)
            log = server.folder / "log.jsonl"
            targets.append(Target(name, server.url, only_child(server.pid), requests, log))
        floor, url = _floor(folder)
        stack.enter_context(floor)
        targets = [Target(FLOOR, url, only_child(floor.pid), requests, None), *targets]
        yield Stage(targets, slapd.pid, folder / REMEMBERED / "wharfinger.yaml", everybody)


def settings(directory: dict[str, Any], memory: str) -> dict[str, Any]:
    """Return a configuration.

    Args:
        directory: The section of the realm.
        memory: How long good logins are remembered.
    """
    address = f"127.0.0.1:{free_port()}"
    realm = {
        "issuer": f"http://{address}/auth/realms/{REALM}",
        "services": {SERVICE: {}},
        "rules": "rules.yaml",
        "keys": f"keys/{REALM}",
        "shield": {"remember": memory},
        "directory": directory,
    }
    server = {"bind": address, "workers": 1, "threads": THREADS}
    return {
        "server": server,
        "state": "sqlite:///state.db",
        "audit": {"to": "audit.jsonl"},
        "default_realm": REALM,
        "realms": {REALM: realm},
    }


def write_requests(file: Path, who: Sequence[company.Person]) -> Path:
    """Write a request of each of these people on a line, and give the file."""
    file.write_text("".join(person.line(_TOKEN_PATH, SERVICE) for person in who))
    return file


def _floor(folder: Path) -> tuple[Program, str]:
    """Return the floor with the settings and the keys of the server that remembers, not yet started."""
    address = f"127.0.0.1:{free_port()}"
    gunicorn = ("-m", "gunicorn", "--config", "python:app.gunicorn_conf", "bench.floor:application")
    program = Program(
        name="floor",
        argv=(sys.executable, *gunicorn),
        log=folder / "floor.log",
        ready=answers(f"http://{address}{_TOKEN_PATH}"),
        extra={
            "WHARFINGER_CONFIG": str(folder / REMEMBERED / "wharfinger.yaml"),
            "WHARFINGER__SERVER__BIND": address,
        },
        cwd=REPOSITORY,
    )
    return program, f"http://{address}"
