"""A base image made of this machine's own packages: for engines that can reach no public registry.

It trusts what this machine trusts and fetches from where this machine fetches, so that apt-get and pip
work inside a build as they do outside. It stays in the ignored cache and never leaves the machine.
"""

from __future__ import annotations

import ast
import configparser
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.commands import run
from tests.support.tools import CACHE, exclusive, missing, require, require_root

_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"

_COPIED: Final = (
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/apt/keyrings",
    "etc/apt/trusted.gpg.d",
    "etc/apt/auth.conf.d",
    "usr/share/keyrings",
    "usr/local/share/ca-certificates",
    _CERTIFICATES,
)

# The settings of pip that say where packages come from, and nothing that names this machine's folders.
_PIP: Final = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "retries")


def codename() -> str:
    """Return the name of this machine's own release, which is the base image's too."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def base_archive() -> Path:
    """Return the base image's file system as a tar archive, made at the first use.

    It may carry credentials for the sources of packages, so only its owner can read it.
    """
    archive = CACHE / "engine" / f"base-{codename()}.tar"
    with exclusive(archive.with_suffix(".lock")):
        if not archive.exists():
            require_root("making a base image")
            with tempfile.TemporaryDirectory(prefix="wharfinger-base-") as folder:
                _bootstrap(Path(folder))
                _furnish(Path(folder))
                _pack(Path(folder), archive)
    return archive


def _bootstrap(root: Path) -> None:
    debootstrap = require("debootstrap")
    words = ("--variant=minbase", codename(), root, _mirror())
    run(debootstrap, *words, within=timedelta(minutes=15), check=True)


def _mirror() -> str:
    targets = run(require("apt-get", "apt"), "indextargets", "--format", "$(RELEASE) $(REPO_URI)").stdout
    addresses = dict(line.split(" ", 1) for line in reversed(targets.splitlines()))
    return addresses.get(codename()) or missing(f"apt-get knows no source of {codename()}")


def _furnish(root: Path) -> None:
    """Return the new system this machine's sources of packages and what it trusts."""
    for name in _COPIED:
        source, target = Path("/", name), root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, target)
    (root / "etc/apt/apt.conf.d/99machine").write_text("".join(_apt_settings()))
    with (root / "etc/pip.conf").open("w") as pip:
        _pip_settings().write(pip)


def _apt_settings() -> Iterator[str]:
    for line in run(require("apt-config", "apt"), "dump").stdout.splitlines(keepends=True):
        if line.startswith(("Acquire::Check-", "Acquire::http", "Acquire::https", "Acquire::Retries")):
            yield line


def _pip_settings() -> configparser.RawConfigParser:
    settings = configparser.RawConfigParser()
    settings["global"] = {"cert": f"/{_CERTIFICATES}"} if Path("/", _CERTIFICATES).exists() else {}
    for line in run(sys.executable, "-m", "pip", "config", "list").stdout.splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in _PIP:
            settings["global"][option] = ast.literal_eval(value)
    return settings


def _pack(root: Path, archive: Path) -> None:
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
    unfinished = archive.with_suffix(".part")
    unfinished.touch(mode=0o600)
    run(
        require("tar"),
        "--numeric-owner",
        "-C",
        root,
        "-cf",
        unfinished,
        ".",
        within=timedelta(minutes=5),
        check=True,
    )
    unfinished.replace(archive)
