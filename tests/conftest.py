"""Fixtures for tests that need real servers; those of a session are started once for each worker."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import hypothesis
import pytest

from tests.support import ldap, openldap_company
from tests.support.dirsrv import Dirsrv
from tests.support.jvm import ApacheDs, JvmDirectory, OpenDj, UnboundId
from tests.support.ports import free_port
from tests.support.samba import Samba
from tests.support.server import SAMPLE_RULES, Server, configuration, sample_server
from tests.support.slapd import Slapd
from tests.support.slapd_proxy import SlapdProxy
from tests.support.stands import Sections

# A machine that is busy is no reason to fail, and what CI says of a commit is the same every time.
# The default run stays under a minute: what needs more examples is marked slow and says how many.
hypothesis.settings.register_profile("here", deadline=None, max_examples=50)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

Change: TypeAlias = Callable[[dict[str, Any]], object]


def _unchanged(_: dict[str, Any]) -> None:
    """Leave the configuration as it is."""


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Return the sample directory; a test that stops or changes one starts its own by `start_slapd`."""
    with Slapd(tmp_path_factory.mktemp("directory") / "slapd") as running:
        yield running


@pytest.fixture(scope="session")
def slapd_section(slapd: Slapd) -> Sections:
    """Return the `directory` section of the sample directory."""
    return functools.partial(ldap.section, slapd)


@pytest.fixture(scope="session")
def openldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Return an OpenLDAP with everything in it that people trip over."""
    with Slapd(tmp_path_factory.mktemp("openldap") / "slapd", variant=openldap_company.company()) as running:
        yield running


@pytest.fixture(scope="session")
def openldap_section(openldap: Slapd) -> Sections:
    """Return its `directory` section."""
    return functools.partial(ldap.section, openldap)


@pytest.fixture(scope="session")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    """Return a domain controller."""
    with Samba(tmp_path_factory.mktemp("samba") / "samba") as running:
        yield running


@pytest.fixture(scope="session")
def samba_section(samba: Samba) -> Sections:
    """Return its `directory` section."""
    return samba.section


@pytest.fixture(scope="session")
def dirsrv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dirsrv]:
    """Return a 389 Directory Server."""
    with Dirsrv(tmp_path_factory.mktemp("dirsrv") / "dirsrv") as running:
        yield running


@pytest.fixture(scope="session")
def dirsrv_section(dirsrv: Dirsrv) -> Sections:
    """Return its `directory` section."""
    return dirsrv.section


@pytest.fixture(scope="session")
def slapd_proxy_section(tmp_path_factory: pytest.TempPathFactory, slapd: Slapd) -> Iterator[Sections]:
    """Start OpenLDAP's proxy back end before the sample directory; return its `directory` section."""
    with SlapdProxy(tmp_path_factory.mktemp("proxy") / "slapd-proxy", slapd) as running:
        yield running.section


@pytest.fixture(scope="session")
def unboundid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JvmDirectory]:
    """Start UnboundID's in-memory directory."""
    with UnboundId(tmp_path_factory.mktemp("unboundid") / "unboundid") as running:
        yield running


@pytest.fixture(scope="session")
def unboundid_section(unboundid: JvmDirectory) -> Sections:
    """Return its `directory` section."""
    return unboundid.section


@pytest.fixture(scope="session")
def apacheds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JvmDirectory]:
    """Start an ApacheDS."""
    with ApacheDs(tmp_path_factory.mktemp("apacheds") / "apacheds") as running:
        yield running


@pytest.fixture(scope="session")
def apacheds_section(apacheds: JvmDirectory) -> Sections:
    """Return its `directory` section."""
    return apacheds.section


@pytest.fixture(scope="session")
def opendj(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JvmDirectory]:
    """Start an OpenDJ."""
    with OpenDj(tmp_path_factory.mktemp("opendj") / "opendj") as running:
        yield running


@pytest.fixture(scope="session")
def opendj_section(opendj: JvmDirectory) -> Sections:
    """Return its `directory` section."""
    return opendj.section


@pytest.fixture
def start_slapd(tmp_path: Path) -> Iterator[Callable[[], Slapd]]:
    """Return a function that starts a further sample directory; it ends with the test."""
    with contextlib.ExitStack() as running:

        def start() -> Slapd:
            return running.enter_context(Slapd(_next(tmp_path, "slapd")))

        yield start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, slapd: Slapd) -> Iterator[Server]:
    """Return the sample company's server; a test that needs another configuration uses `start_server`."""
    with sample_server(tmp_path_factory.mktemp("wharfinger"), slapd) as running:
        yield running


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a further server on a directory; it ends with the test.

    Its second argument changes the configuration in place, as in
    `start_server(slapd, lambda settings: settings["log"].update(level="debug"))`.
    """
    with contextlib.ExitStack() as running:

        def start(directory: Slapd, change: Change = _unchanged, rules: Path = SAMPLE_RULES) -> Server:
            settings = configuration(free_port(), directory)
            change(settings)
            return running.enter_context(Server(_next(tmp_path, "wharfinger"), settings, rules=rules))

        yield start


def _next(folder: Path, name: str) -> Path:
    taken = sum(path.is_dir() for path in folder.glob(f"{name}-*"))
    return folder / f"{name}-{taken + 1}"
