"""Rules that change under a running server: no request fails, and none sees half of a change."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import yaml

from tests.support.crowd import at_work
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.server import REALM, SERVICE, Server, configuration
from tests.support.slapd import Slapd

_WAIT = timedelta(seconds=10)
_SCOPES = ("repository:left:pull,push", "repository:right:pull,push")


def _rule(name: str, action: str) -> str:
    """Return a file of one rule that allows everybody one action on the repository of that name."""
    return f"version: 1\nrules: [{{id: {name}, everyone: true, repositories: [{name}], allow: [{action}]}}]\n"


def _write(folder: Path, action: str) -> None:
    """Write two files that belong together: nobody may see one of them without the other."""
    folder.mkdir(exist_ok=True)
    for name in ("left", "right"):
        (folder / f"{name}.yaml").write_text(_rule(name, action))


class _Callers:
    """Clients that ask all the time, each over one connection, and note what they are granted."""

    def __init__(self, server: Server) -> None:
        self.seen: Counter[str] = Counter()
        self.failures: list[str] = []
        self.connections = 0
        self._server = server

    def at_work(self) -> AbstractContextManager[None]:
        return at_work(self._call, threads=3)

    def _call(self, over: threading.Event) -> None:
        with requests.Session() as session:
            pools: Any = session.get_adapter("http://")
            while not over.wait(0.002):
                try:
                    self.seen[_granted(self._server, session)] += 1
                except (requests.RequestException, AssertionError) as error:
                    self.failures.append(repr(error))
            (pool,) = pools.poolmanager.pools._container.values()
            self.connections += pool.num_connections


def _granted(server: Server, session: Any = requests) -> str:
    """Ask without a login and return what is granted, in short."""
    parameters = [("service", SERVICE), *(("scope", scope) for scope in _SCOPES)]
    response = session.get(f"{server.url}/token", params=parameters, timeout=15)
    assert response.status_code == 200, response.text
    claims = jwt.decode(response.json()["token"], options={"verify_signature": False})
    return " ".join(f"{each['name']}:{','.join(each['actions'])}" for each in claims["access"])


_PULL, _PUSH = "left:pull right:pull", "left:pull,push right:pull,push"


def _rules(server: Server) -> dict[str, str]:
    found: dict[str, str] = requests.get(f"{server.url}/readyz", timeout=5).json()["rules"][REALM]
    return found


def _until(what: str, holds: Callable[[], bool]) -> None:
    wait_until(holds, within=_WAIT, what=what)


@pytest.fixture
def server(tmp_path: Path, slapd: Slapd) -> Server:
    """Return a server of two workers whose rules are a folder of two files; it is not started yet."""
    settings = configuration(free_port(), slapd)
    settings["server"]["workers"] = 2
    settings["last_good"] = "last-good"
    settings["realms"][REALM]["rules"] = "rules"
    made = Server(tmp_path / "wharfinger", settings)
    _write(made.folder / "rules", "pull")
    return made


def _workers(server: Server) -> list[int]:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return sorted(map(int, children.split()))


def _both_workers(server: Server) -> list[int]:
    """Wait until both are there."""
    _until("two workers", lambda: len(_workers(server)) == 2)
    return _workers(server)


def _everywhere(server: Server, wanted: str) -> Callable[[], bool]:
    """Whether both workers decide so, by what each of many new connections is granted."""
    return lambda: all(_granted(server) == wanted for _ in range(12))


def test_rules_change_under_load(server: Server) -> None:
    """On SIGHUP and on a bad file: nothing fails, every worker follows, and the fault is told."""
    with server:
        before, rules, callers = _both_workers(server), server.folder / "rules", _Callers(server)
        with callers.at_work():
            _write(rules, "push")
            os.kill(server.pid, signal.SIGHUP)
            _until("the new rules in every worker", _everywhere(server, _PUSH))
            (rules / "left.yaml").write_text("version: 1\nrules: [{id: left}]\n")
            os.kill(server.pid, signal.SIGHUP)
            _until("word of the fault", lambda: _rules(server)["files"] == "faulty")
        assert (callers.failures, set(callers.seen)) == ([], {_PULL, _PUSH})
        assert callers.connections == 3
        assert _workers(server) == before
        version = _rules(server)["version"]
        metrics = requests.get(f"{server.url}/metrics", timeout=5).text
    assert f'wharfinger_rules_processes{{realm="{REALM}",version="{version}"}} 2.0' in metrics
    assert f'wharfinger_rules_faulty{{realm="{REALM}",rules="live"}} 1.0' in metrics
    assert server.audit()[-1]["rules_version"] == version
    changes = [line for line in server.audit() if line["event"] == "rules"]
    assert len({line["rules_version"] for line in changes}) == len(changes)  # once for both workers
    assert (changes[-1]["rules_version"], changes[-1]["realm"]) == (version, REALM)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_who_starts_later_is_not_behind(server: Server, kept: bool) -> None:
    """A worker begins on what its peers accepted though the files are bad; so does the whole server."""
    if not kept:
        del server.settings["last_good"]
        server.config.write_text(yaml.safe_dump(server.settings))
    with server:
        before = _both_workers(server)
        _write(server.folder / "rules", "push")
        os.kill(server.pid, signal.SIGHUP)
        _until("the new rules in every worker", _everywhere(server, _PUSH))
        (server.folder / "rules" / "left.yaml").write_text("version: 1\nrules: [{id: left}]\n")
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        _until("other workers", lambda: not set(before) & set(_both_workers(server)))
        assert _everywhere(server, _PUSH)()
        version = _rules(server)["version"]
    if kept:
        with server:
            assert (_granted(server), _rules(server)) == (_PUSH, {"version": version, "files": "faulty"})


def _git(folder: Path, *words: str) -> None:
    author = ["-c", "user.name=alice", "-c", "user.email=alice@example.com"]
    subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True)


def _by_config_map(server: Server) -> Iterator[Callable[[str], None]]:
    """Swap the link `..data`, as Kubernetes does with a mounted ConfigMap."""
    rules = server.folder / "rules"
    shutil.rmtree(rules)
    rules.mkdir()
    count = 0

    def swap(action: str) -> None:
        nonlocal count
        count += 1
        _write(rules / f"..{count}", action)
        (rules / "..tmp").symlink_to(f"..{count}")
        (rules / "..tmp").replace(rules / "..data")

    swap("pull")
    for name in ("left.yaml", "right.yaml"):
        (rules / name).symlink_to(f"..data/{name}")
    yield swap


def _by_git(server: Server) -> Iterator[Callable[[str], None]]:
    """Check out another branch."""
    rules = server.folder / "rules"
    _git(rules, "init", "-q", "-b", "pull")
    _git(rules, "add", ".")
    _git(rules, "commit", "-qm", "pull")
    _git(rules, "checkout", "-qb", "push")
    _write(rules, "push")
    _git(rules, "commit", "-qam", "push")
    _git(rules, "checkout", "-q", "pull")
    yield lambda action: _git(rules, "checkout", "-q", action)


def _by_rename(server: Server) -> Iterator[Callable[[str], None]]:
    """Write beside each file and rename over it, as editors do."""
    rules = server.folder / "rules"

    def write(action: str) -> None:
        _write(server.folder / "beside", action)
        for name in ("left.yaml", "right.yaml"):
            (server.folder / "beside" / name).replace(rules / name)

    yield write


@pytest.mark.slow
@pytest.mark.parametrize("way", [_by_config_map, _by_git, _by_rename])
def test_every_way_of_changing_files_is_seen_whole(
    server: Server, way: Callable[[Server], Iterator[Callable[[str], None]]]
) -> None:
    """Without a signal, within some seconds, and never half of it."""
    for change in way(server):
        with server:
            callers = _Callers(server)
            with callers.at_work():
                for action, wanted in (("push", _PUSH), ("pull", _PULL), ("push", _PUSH)):
                    change(action)
                    _until(f"rules that allow {action}", _everywhere(server, wanted))
            assert (callers.failures, set(callers.seen)) == ([], {_PULL, _PUSH})


@pytest.mark.slow
def test_many_signals_do_no_harm(server: Server) -> None:
    """Two hundred SIGHUPs while the files change: every request is answered, by one rule set or the other."""
    with server:
        before, callers = _both_workers(server), _Callers(server)
        with callers.at_work():
            for index in range(200):
                if index % 20 == 0:
                    _write(server.folder / "rules", "push" if index % 40 else "pull")
                os.kill(server.pid, signal.SIGHUP)
            _until("the last rules", _everywhere(server, _PUSH))
        assert (callers.failures, set(callers.seen) - {_PULL, _PUSH}) == ([], set())
        assert _workers(server) == before


@pytest.mark.slow
def test_without_a_good_file_the_server_does_not_start(server: Server) -> None:
    """Where there never was one, it ends with every problem."""
    (server.folder / "rules" / "left.yaml").write_text("version: 1\nrules: [{id: left}]\n")
    finished = server.command("serve")
    assert finished.status == 1
    assert "the rule 'left' is for nobody" in finished.text
