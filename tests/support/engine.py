"""A container engine of our own: a dockerd that leaves the machine's firewall and other engines alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.base import base_archive, codename
from tests.support.clients import Docker
from tests.support.commands import run
from tests.support.images import tar_of
from tests.support.processes import Program
from tests.support.tools import CACHE, require, require_root

_DATA: Final = CACHE / "engine" / "data"

# Its networks lie in the range that RFC 2544 keeps for tests, where they meet nobody's.
_RANGE: Final = "198.18.0.0/15"
_BRIDGE: Final = "wharf"
_POOL: Final = "base=198.19.0.0/16,size=24"

# Published ports go through the engine's own proxy, so it needs nothing of the machine's firewall but leave
# for its containers to talk to each other, which another engine may have taken away. If it set up the
# firewall itself, it would flush that other engine's rules.
_APART: Final = ("--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false")
_LEAVE: Final = ("FORWARD", "--source", _RANGE, "--destination", _RANGE, "--jump", "ACCEPT")


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine.

    Attributes:
        folder: Its socket and run-time state; short, as the name of a socket must be.
        data: Images and containers; kept from run to run where it lies in the cache.
    """

    folder: Path
    data: Path

    @property
    def address(self) -> str:
        """What DOCKER_HOST is set to."""
        return f"unix://{self.folder}/docker.sock"

    def client(self, folder: Path) -> Docker:
        """Return a client with a configuration of its own in this folder."""
        return Docker(self.address, folder)

    def import_image(self, name: str, content: bytes) -> None:
        """Make an image of one layer with one small file."""
        self._docker("import", "-", name, stdin=tar_of({"hello": content}), check=True)

    def base_image(self) -> str:
        """Return the name of the base image, imported at the first use."""
        name = f"wharfinger-test/base:{codename()}"
        if self._docker("image", "inspect", name).status:
            self._docker("import", base_archive(), name, within=timedelta(minutes=5), check=True)
        return name

    def build(self, folder: Path, name: str, **arguments: str) -> None:
        """Build an image from a folder with a Dockerfile, on the host's network."""
        words = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        self._docker(
            "build", "--network=host", "--tag", name, *words, folder, within=timedelta(minutes=15), check=True
        )

    @property
    def _docker(self) -> Docker:
        return self.client(self.folder / "config")


@contextlib.contextmanager
def running_engine() -> Iterator[Engine]:
    """Start an engine, and end it with everything that runs in it."""
    dockerd = require("dockerd", "docker.io")
    require("docker", "docker.io")
    require_root("a container engine")
    with _data_folder() as data, _folder("wharfinger-engine-") as folder, _bridge() as bridge:
        engine = Engine(folder, data)
        argv = (
            *(dockerd, "--data-root", data, "--exec-root", folder / "exec", "--pidfile", folder / "pid"),
            *(
                "--host",
                engine.address,
                "--group",
                "root",
                "--bridge",
                bridge,
                "--default-address-pool",
                _POOL,
                *_APART,
            ),
        )
        client = engine.client(folder / "config")
        ready = lambda: client("version").status == 0  # noqa: E731 - a probe
        program = Program("dockerd", argv, folder / "log", ready, within=timedelta(seconds=60))
        with program:
            _clear(client)
            yield engine
            _clear(client)


def _clear(client: Docker) -> None:
    """Remove all but images that are no test registry's; an engine that was killed leaves such things too."""
    if containers := client("ps", "--all", "--quiet").stdout.split():
        client("rm", "--force", "--volumes", *containers, check=True)
    names = client("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", check=True).stdout.split()
    if of_registries := [name for name in names if name.startswith("127.0.0.1:") and "<none>" not in name]:
        client("image", "rm", "--force", *of_registries, check=True)
    client("network", "prune", "--force", check=True)
    client("volume", "prune", "--force", check=True)


@contextlib.contextmanager
def _bridge() -> Iterator[str]:
    """Return a network bridge of our own: the default one may be another engine's."""
    ip, iptables = require("ip", "iproute2"), require("iptables")
    _sweep(ip, iptables)
    name = f"{_BRIDGE}{os.getpid()}"
    with contextlib.ExitStack() as undone:
        run(ip, "link", "add", name, "type", "bridge", check=True)
        undone.callback(run, ip, "link", "delete", name)
        run(ip, "address", "add", f"198.18.{os.getpid() % 256}.1/24", "dev", name, check=True)
        run(iptables, "--wait", "--insert", *_LEAVE, check=True)
        undone.callback(run, iptables, "--wait", "--delete", *_LEAVE)
        yield name


def _sweep(ip: Path, iptables: Path) -> None:
    """Remove what test runs left that were killed."""
    for link in Path("/sys/class/net").glob(f"{_BRIDGE}[0-9]*"):
        if not Path("/proc", link.name.removeprefix(_BRIDGE)).exists():
            run(ip, "link", "delete", link.name)
            run(iptables, "--wait", "--delete", *_LEAVE)


@contextlib.contextmanager
def _data_folder() -> Iterator[Path]:
    """Return the kept folder, or a passing one where another test run has it."""
    _DATA.mkdir(parents=True, exist_ok=True)
    with _DATA.with_suffix(".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _folder("wharfinger-images-") as passing:
                yield passing
        else:
            # Where it remembers the bridge of a former run, it removes the machine's docker0 at its start.
            shutil.rmtree(_DATA / "network", ignore_errors=True)
            yield _DATA


@contextlib.contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        for mount in _mounts_below(folder):
            run("umount", "--lazy", mount)
        shutil.rmtree(folder)


def _mounts_below(folder: Path) -> list[str]:
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)
