"""Programs that come from no distribution: built by Go in a pinned version, and kept in the ignored cache."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.commands import run
from tests.support.tools import CACHE, exclusive, find, missing

# Since this release Go fetches by itself the newer compiler that a module asks for.
_OLDEST_GO: Final = (1, 21)


def built_by_go(command: str, version: str, *ask: str) -> Path:
    """Return a program, built at the first use.

    Args:
        command: The path of its package, which ends in its name.
        version: The one that is wanted.
        ask: The argument on which it names its version.
    """
    folder = CACHE / "go" / "bin"
    program = folder / command.rpartition("/")[2]
    with exclusive(folder / ".lock"):
        # helm leaves the last zero of its version out.
        if not program.exists() or version.removesuffix(".0") not in run(program, *ask).text:
            _build(f"{command}@{version}", folder)
    return program


def _build(command: str, folder: Path) -> None:
    go = find("go")
    if go is None:
        missing(f"{command} is built with Go, which is not installed (apt-get install golang-go)")
    version = run(go, "env", "GOVERSION").stdout.strip()
    numbers = re.match(r"go(\d+)\.(\d+)", version)
    if numbers is None or tuple(map(int, numbers.groups())) < _OLDEST_GO:
        missing(f"{command} is built with Go 1.21 or newer, here is {version}")
    run(go, "install", command, extra={"GOBIN": str(folder)}, within=timedelta(minutes=20), check=True)
