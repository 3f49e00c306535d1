"""Which programs this machine has, and what a test does without one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

import pytest

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CACHE: Final = REPOSITORY / ".cache"

# An ordinary account's PATH leaves these out, and slapd and dockerd lie there.
_SYSTEM_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def search_path() -> str:
    """Give the PATH on which programs are looked for and with which they are started."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])


def find(program: str) -> Path | None:
    """Give the path of a program, or nothing where the machine does not have it."""
    found = shutil.which(program, path=search_path())
    return Path(found) if found else None


def missing(reason: str) -> NoReturn:
    """End the test for want of a tool: a skip that says why, and on the CI machine a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; on the CI machine this is no reason to skip", pytrace=False)
    pytest.skip(reason)


def require(program: str, package: str = "") -> Path:
    """Give the path of a program that the test cannot do without.

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
