"""A server that listens on a Unix socket, or anywhere else: who can connect, and `wharfinger health`."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.processes import Program
from tests.support.server import WHARFINGER, Server, configuration
from tests.support.slapd import Slapd
from tests.support.tools import REPOSITORY

Listen = Callable[..., Server]


@pytest.fixture
def listen(tmp_path: Path, slapd: Slapd) -> Listen:
    """Return a function that makes the configuration of a server that listens somewhere."""

    def make(bind: str, **section: Any) -> Server:
        settings = configuration(free_port(), slapd)
        settings["server"] |= {"bind": bind, **section}
        return Server(tmp_path / "wharfinger", settings)

    return make


def _running(server: Server) -> Program:
    """Return the server as a program that is ready when its own command says that it is alive."""
    return Program(
        name="wharfinger",
        argv=(*WHARFINGER, "serve", "--config", server.config),
        log=server.folder / "log.jsonl",
        ready=lambda: server.command("health").status == 0,
        cwd=REPOSITORY,
    )


@pytest.mark.parametrize(
    ("section", "mode"),
    [({}, 0o660), pytest.param({"socket_mode": "0600"}, 0o600, marks=pytest.mark.slow)],
)
def test_the_socket_has_its_mode(listen: Listen, section: dict[str, Any], mode: int) -> None:
    """Whatever the umask of whoever starts the server; and the health check finds it there."""
    server = listen("unix:run.sock", **section)
    assert server.command("health").status == 1
    with _running(server):
        status = (server.folder / "run.sock").stat()
        assert stat.S_IMODE(status.st_mode) == mode
        assert status.st_gid == os.getegid()
    assert not (server.folder / "run.sock").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
def test_the_socket_belongs_to_its_group(listen: Listen) -> None:
    """The group of the proxy, which may then connect."""
    group = grp.getgrnam("nogroup")
    server = listen("unix:run.sock", socket_group="nogroup", trusted_proxies=["unix"])
    with _running(server):
        status = (server.folder / "run.sock").stat()
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o660, group.gr_gid)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["0.0.0.0", "[::1]", "[::]", "localhost"])  # noqa: S104 - no traffic comes here
def test_health_asks_where_the_server_listens(listen: Listen, host: str) -> None:
    """An address of either version, all addresses, or a name."""
    server = listen(f"{host}:{free_port()}")
    failed = server.command("health")
    assert (failed.status, failed.stdout) == (1, "")
    assert "no answer at" in failed.stderr
    with _running(server):
        assert server.command("health").status == 0


@pytest.mark.slow
def test_health_of_a_server_that_speaks_the_proxy_protocol(listen: Listen) -> None:
    """Without a line of that protocol, a request is one of the machine itself."""
    server = listen(f"127.0.0.1:{free_port()}")
    server.extra = {"GUNICORN_CMD_ARGS": "--proxy-protocol=v1 --proxy-allow-from=192.0.2.1"}
    program = _running(server)
    program.extra = server.extra
    with program:
        assert server.command("health").status == 0
