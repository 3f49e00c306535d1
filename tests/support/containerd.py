"""A containerd of our own, and `ctr`, its command: it asks for tokens by POST first."""

from __future__ import annotations

import contextlib
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.commands import Finished, run, run_typing
from tests.support.images import Layout
from tests.support.processes import Program
from tests.support.tools import require, require_root

_CONFIGURATION: Final = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
"""


@dataclass(frozen=True, slots=True)
class Ctr:
    """The ctr command on one containerd; it keeps no credentials, a password is typed each time.

    Attributes:
        socket: Where that containerd listens.
        user: Who types; nobody where it is empty.
        password: What is typed.
    """

    socket: Path
    user: str = ""
    password: str = ""

    def push(self, layout: Layout, image: str) -> Finished:
        """Push a layout."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(layout.folder, ".")
        base = image.rpartition(":")[0]
        words = ("images", "import", "--no-unpack", "--base-name", base, "-")
        run(*self._program, *words, stdin=archive.getvalue(), check=True)
        return self._typing("images", "push", "--plain-http", *self._who, image)

    def pull(self, image: str) -> Finished:
        """Pull an image into a store that is empty."""
        if known := run(*self._program, "images", "ls", "--quiet", check=True).stdout.split():
            run(*self._program, "images", "rm", "--sync", *known, check=True)
        words = ("images", "pull", "--plain-http", "--snapshotter", "native", *self._who, image)
        return self._typing(*words)

    def _typing(self, *words: str) -> Finished:
        return run_typing(*self._program, *words, typed=f"{self.password}\n")

    @property
    def _program(self) -> tuple[str | Path, ...]:
        return (require("ctr", "containerd"), "--address", self.socket)

    @property
    def _who(self) -> tuple[str, ...]:
        return ("--user", self.user) if self.user else ()


@contextlib.contextmanager
def running_containerd() -> Iterator[Path]:
    """Start a containerd and give its socket."""
    require_root("containerd")
    program = require("containerd")
    folder = Path(tempfile.mkdtemp(prefix="wharfinger-ctr-"))
    try:
        configuration = folder / "config.toml"
        configuration.write_text(_CONFIGURATION.format(folder=folder))
        socket = folder / "containerd.sock"
        probe = (require("ctr", "containerd"), "--address", socket, "version")
        with Program(
            name="containerd",
            argv=(program, "--config", configuration),
            log=folder / "log",
            ready=lambda: run(*probe).status == 0,
            within=timedelta(seconds=60),
        ):
            yield socket
    finally:
        shutil.rmtree(folder, ignore_errors=True)
