"""Whether what was started answers, and whether its ports are free before."""

from __future__ import annotations

import http.client
import socket
import time

from deploy.demo.errors import DemoError
from deploy.demo.settings import ADDRESS, Port

_SECONDS = 3


def check_free(port: Port) -> None:
    """Do nothing if a port can be listened on; a former demo's programs get some seconds to end.

    Raises:
        DemoError: Somebody else has it.
    """
    deadline = time.monotonic() + _SECONDS
    while not _is_free(port):
        if time.monotonic() > deadline:
            raise DemoError(
                f"{ADDRESS}:{port.number} is taken by another program. "
                f"Choose another port: {port.variable}={port.number + 10} make demo"
            )
        time.sleep(_SECONDS / 10)


def accepts(port: Port) -> bool:
    """Whether something listens."""
    try:
        socket.create_connection((ADDRESS, port.number), timeout=_SECONDS).close()
    except OSError:
        return False
    return True


def answers(port: Port, path: str, status: int) -> bool:
    """Whether a GET gets this status; asked straight, past any proxy of the environment."""
    connection = http.client.HTTPConnection(ADDRESS, port.number, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_free(port: Port) -> bool:
    with socket.socket() as listener:
        # As the servers do: connections that were closed a moment ago do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port.number))
        except OSError:
            return False
    return True
