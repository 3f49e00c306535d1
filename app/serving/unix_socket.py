"""The file of a Unix socket: who may connect to it."""

from __future__ import annotations

import grp
import os
from pathlib import Path

from app.errors import ConfigurationError, Problem


def group_id(name: str) -> int:
    """Return the id of a group of this machine that this process may give files to.

    Raises:
        ConfigurationError: There is none, or the process is no member of it.
    """
    try:
        found = grp.getgrnam(name).gr_gid
    except KeyError:
        raise _unfit(f"this machine has no group {name!r}", "write the group of the proxy") from None
    if os.geteuid() != 0 and found not in (os.getegid(), *os.getgroups()):
        raise _unfit(
            f"the server's user is no member of the group {name!r}",
            f"`usermod --append --groups {name} USER`, or SupplementaryGroups={name} in the unit",
        )
    return found


def give(path: Path, name: str) -> None:
    """Give the file of a socket to a group; where it is a link, the link.

    Raises:
        ConfigurationError: That is not possible.
    """
    try:
        os.chown(path, -1, group_id(name), follow_symlinks=False)
    except OSError as error:
        raise _unfit(f"{path} cannot be given to the group {name!r}: {error.strerror}", "") from None


def _unfit(text: str, hint: str) -> ConfigurationError:
    return ConfigurationError([Problem.of_file("server.socket_group", text, hint)])
