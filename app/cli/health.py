"""`wharfinger health`: whether the server of a configuration answers, for whoever would restart it."""

from __future__ import annotations

import http.client
import socket
from ipaddress import ip_address
from pathlib import Path

import click

from app.cli.exits import NoAnswer
from app.cli.options import config_option
from app.serving.settings import ServerSettings
from app.settings import Settings

_TIMEOUT_SECONDS = 4


@click.command()
@config_option
def health(settings: Settings) -> None:
    """Ask the server of this machine whether it is alive, where `server.bind` says that it listens.

    For the health check of a container. Ends with 0 if it is, and with 1 if not.
    """
    connection = _connection(settings.server)
    try:
        connection.request("GET", "/livez", headers={"Host": "localhost"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"no answer at {settings.server.bind}: {error or type(error).__name__}") from None
    finally:
        connection.close()
    if status != http.client.OK:
        raise NoAnswer(f"answered with {status} at {settings.server.bind}")


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        """Connect to nothing yet."""
        super().__init__("localhost", timeout=_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _connection(server: ServerSettings) -> http.client.HTTPConnection:
    if server.socket is not None:
        return _UnixConnection(server.socket)
    host, _, port = server.bind.rpartition(":")
    return http.client.HTTPConnection(_reachable(host.strip("[]")), int(port), timeout=_TIMEOUT_SECONDS)


def _reachable(host: str) -> str:
    """Return where a server is reached that listens on all addresses of the machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host  # a name
    loopback = "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - the version of IP
    return loopback if address.is_unspecified else host
