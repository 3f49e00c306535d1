"""Which programs this machine has, what a test does without one, and what programs are given."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn

import pytest

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CACHE: Final = REPOSITORY / ".cache"

# What a person has set for their own work must not reach the programs of a test.
_PERSONAL: Final = (
    *("WHARFINGER", "GUNICORN", "PROMETHEUS", "LDAP", "PYTEST"),
    *("REGISTRY", "DOCKER", "BUILDKIT", "COMPOSE"),
)

# An ordinary account's PATH leaves these out, and slapd and dockerd lie there.
_SYSTEM_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def search_path() -> str:
    """Return the PATH on which programs are looked for and with which they are started."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a program: this process's own, less what is personal, plus `extra`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_PERSONAL)}
    return own | {"PATH": search_path()} | dict(extra or {})


def find(program: str) -> Path | None:
    """Return the path of a program, or nothing where the machine does not have it."""
    found = shutil.which(program, path=search_path())
    return Path(found) if found else None


def missing(reason: str) -> NoReturn:
    """End the test for want of a tool: a skip that says why, and on the CI machine a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; on the CI machine this is no reason to skip", pytrace=False)
    pytest.skip(reason)


def require(program: str, package: str = "") -> Path:
    """Return the path of a program that the test cannot do without.

    Args:
        program: Its name on the PATH.
        package: The Debian package that brings it, where the name differs.
    """
    path = find(program)
    if path is None:
        missing(f"{program} is not installed (apt-get install {package or program})")
    return path


def require_root(purpose: str) -> None:
    """End the test where it does not run as root."""
    if os.geteuid() != 0:
        missing(f"{purpose} needs root")


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a file lock, so that workers make a shared thing once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
