"""Free loopback ports that no other worker takes."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import Final

# Below the range from which the kernel takes the ports of outgoing connections.
_FIRST: Final = 20_000
_LAST: Final = 32_000
_TRIES: Final = 200

_reservations: dict[int, int] = {}


def free_port() -> int:
    """Return a loopback port that is free, and keep it from every other test run until this process ends.

    Raises:
        OSError: There was none.
    """
    for _ in range(_TRIES):
        port = random.randrange(_FIRST, _LAST)  # noqa: S311 - spreads the workers, hides nothing
        if port not in _reservations and _is_free(port) and _reserve(port):
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST} on the loopback address")


def is_listening(port: int) -> bool:
    """Whether anything accepts connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"wharfinger-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _reservations[port] = descriptor
    return True
