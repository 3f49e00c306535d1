"""Who searches without a DN: the owner of a certificate, nobody in particular, somebody by another name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from app.directory.directory import LdapDirectory
from app.directory.inspect.server import inspect_server
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import DirectoryMisconfigured, DirectoryUnavailable, Refusal, WharfingerError
from app.ldap.deadline import Deadline
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support import certificates
from tests.support.certificates import Certificate, Kind
from tests.support.directory import log_in
from tests.support.ldap import addresses, section
from tests.support.samba import Samba
from tests.support.samba_company import DOMAIN, REALM, SERVICE_PASSWORD
from tests.support.slapd import SERVICE_ACCOUNT, Slapd, Variant
from tests.support.slapd import SERVICE_PASSWORD as SLAPDS_PASSWORD

EXTERNAL: Final = {"external": True}
ANONYMOUS: Final = {"anonymous": True}
_ASKS_FOR_CERTIFICATES: Final = """
TLSCACertificateFile "{ca_file}"
TLSVerifyClient {verify}
authz-regexp "^cn=wharfinger$" "{account}"
"""
_READABLE_BY_ALL: Final = """
access to attrs=userPassword,pwdHistory by anonymous auth by * none
access to * by * read
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """A directory that asks clients for a certificate, and two that a client may have."""

    slapd: Slapd
    ours: Certificate
    other: Certificate

    def section(self, certificate: Certificate | None, **changed: Any) -> Mapping[str, Any]:
        """Return the `directory` section of a client with this certificate."""
        tls = {"ca_file": str(self.slapd.ca_file)}
        if certificate is not None:
            tls |= {"client_cert": str(certificate.file), "client_key": str(certificate.key_file)}
        return section(self.slapd, **({"tls": tls} | changed))


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Start a slapd that lets nobody connect through TLS without a certificate."""
    folder = tmp_path_factory.mktemp("asking")
    ours = certificates.make(folder / "ours", "wharfinger", kind=Kind.FOR_CLIENTS)
    other = certificates.make(folder / "other", "wharfinger", kind=Kind.FOR_CLIENTS)
    config = _ASKS_FOR_CERTIFICATES.format(ca_file=ours.ca_file, verify="demand", account=SERVICE_ACCOUNT)
    with Slapd(folder / "slapd", variant=Variant(config=config)) as running:
        yield Asking(running, ours, other)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Slapd, str]]:
    """Start a slapd that listens on a Unix socket too, where this process is the service account."""
    folder = tmp_path_factory.mktemp("local")
    socket = folder / "a socket"
    user = f"gidNumber={os.getgid()}[+]uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth"
    config = f'\nauthz-regexp "^{user}$" "{SERVICE_ACCOUNT}"\n'
    with Slapd(folder / "slapd", variant=Variant(config=config, socket=socket)) as running:
        yield running, f"ldapi://{quote(str(socket), safe='')}"


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Start a slapd in which everybody may read everything but passwords."""
    folder = tmp_path_factory.mktemp("readable")
    with Slapd(folder / "slapd", variant=Variant(config=_READABLE_BY_ALL)) as running:
        yield running


def _log_in(section: Mapping[str, Any], password: str = "alice-password") -> DirectorySubject | Refusal:
    with contextlib.closing(LdapDirectory(DirectorySettings.model_validate(section))) as directory:
        return log_in(directory, Credentials("alice", Secret(password)))


def _steps(section: Mapping[str, Any], now: datetime | None = None) -> dict[str, str]:
    """Return what `directory check` finds: the detail of each step, or what is wrong."""
    settings = DirectorySettings.model_validate(section)
    (address,) = addresses(settings)
    report = inspect_server(address, settings, Deadline(timedelta(seconds=30)), now or datetime.now(UTC))
    return {step.name: str(step.fault or step.detail) for step in report.steps}


@pytest.mark.parametrize("start_tls", [False, True], ids=["ldaps", "start_tls"])
def test_a_certificate_alone_searches(asking: Asking, start_tls: bool) -> None:
    """The server maps its subject to the service account; people still log in by their passwords."""
    server = f"ldap://127.0.0.1:{asking.slapd.port}" if start_tls else asking.slapd.tls_url
    given = asking.section(asking.ours, service_account=EXTERNAL, servers=[server], start_tls=start_tls)
    subject = _log_in(given)
    assert isinstance(subject, DirectorySubject)
    assert "team-platform" in {group.name for group in subject.groups}
    assert isinstance(_log_in(given, "wrong"), Refusal)
    assert _steps(given)["service account"] == "the owner of our certificate or socket"


def test_key_and_certificate_may_be_in_one_file(asking: Asking, tmp_path: Path) -> None:
    """As `client_key` may be left out."""
    both = tmp_path / "both.pem"
    both.write_bytes(asking.ours.file.read_bytes() + asking.ours.key_file.read_bytes())
    tls = {"ca_file": str(asking.slapd.ca_file), "client_cert": str(both)}
    assert isinstance(_log_in(asking.section(None, service_account=EXTERNAL, tls=tls)), DirectorySubject)


def test_a_certificate_goes_along_with_a_password(asking: Asking) -> None:
    """Google Secure LDAP takes both; here the password says who searches."""
    account = {"dn": SERVICE_ACCOUNT, "password": SLAPDS_PASSWORD}
    assert isinstance(_log_in(asking.section(asking.ours, service_account=account)), DirectorySubject)


@pytest.mark.parametrize("certificate", ["other", None])
def test_a_certificate_that_the_server_does_not_trust_is_named(
    asking: Asking, certificate: str | None
) -> None:
    """Another CA's, or none at all: what to set stands in the log."""
    account = {"dn": SERVICE_ACCOUNT, "password": SLAPDS_PASSWORD}
    given = asking.section(getattr(asking, certificate) if certificate else None, service_account=account)
    with pytest.raises(WharfingerError, match=r"tls\.client_cert and tls\.client_key"):
        _log_in(given)


def test_a_server_that_asks_for_no_certificate_takes_none(slapd: Slapd, asking: Asking) -> None:
    """It offers no EXTERNAL then, which is a fault of the set-up."""
    tls = {
        "ca_file": str(slapd.ca_file),
        "client_cert": str(asking.ours.file),
        "client_key": str(asking.ours.key_file),
    }
    given = section(slapd, tls=tls, service_account=EXTERNAL)
    with pytest.raises(DirectoryMisconfigured, match="TLSVerifyClient"):
        _log_in(given)
    assert "TLSVerifyClient" in _steps(given)["service account"]


def test_a_certificate_that_may_not_search_finds_nobody(asking: Asking) -> None:
    """Mapped to no account that may read: the search says so, and nobody logs in."""
    with pytest.raises(DirectoryMisconfigured, match="the base does not exist, or"):
        _log_in(asking.section(asking.ours, service_account=ANONYMOUS))


def test_our_certificate_that_ends_soon_is_told(asking: Asking) -> None:
    """Nobody else tells: the server would refuse it one day."""
    given = asking.section(asking.ours, service_account=EXTERNAL)
    assert "our certificate" not in _steps(given)
    found = _steps(given, datetime.now(UTC) + timedelta(days=290))
    assert found["our certificate"].startswith("tls.client_cert ends in")


def test_a_unix_socket_says_who_we_are(local: tuple[Slapd, str]) -> None:
    """SASL EXTERNAL is the user of this process there: neither certificate nor password."""
    slapd, url = local
    given = section(slapd, servers=[url], service_account=EXTERNAL)
    assert isinstance(_log_in(given), DirectorySubject)
    assert isinstance(_log_in(given, "wrong"), Refusal)
    found = _steps(given)
    assert found["service account"] == "the owner of our certificate or socket"
    assert found["root entry"] == ""


def test_a_socket_that_is_not_there_is_named(local: tuple[Slapd, str]) -> None:
    """As a host that does not answer, and failing over to one that does."""
    slapd, url = local
    missing = f"{url}-gone"
    with pytest.raises(DirectoryUnavailable, match="there is no such socket"):
        _log_in(section(slapd, servers=[missing], service_account=EXTERNAL))
    assert isinstance(
        _log_in(section(slapd, servers=[missing, url], service_account=EXTERNAL)), DirectorySubject
    )


def test_nobody_in_particular_searches(readable: Slapd) -> None:
    """Without a bind, where the directory lets everybody read."""
    given = section(readable, service_account=ANONYMOUS)
    subject = _log_in(given)
    assert isinstance(subject, DirectorySubject)
    assert "team-platform" in {group.name for group in subject.groups}
    assert isinstance(_log_in(given, "wrong"), Refusal)
    assert _steps(given)["service account"] == "anonymous"


def test_a_directory_that_lets_nobody_read_anonymously_says_so(slapd: Slapd) -> None:
    """A fault of the set-up, not an unknown user."""
    with pytest.raises(DirectoryMisconfigured, match="may not read it"):
        _log_in(section(slapd, service_account=ANONYMOUS))


@pytest.mark.slow
@pytest.mark.parametrize("name", [f"wharfinger@{REALM.lower()}", f"{DOMAIN}\\wharfinger"])
def test_active_directory_knows_its_accounts_by_name(samba: Samba, name: str) -> None:
    """By UPN and by DOMAIN and name, as its administrators write them."""
    given = samba.section(service_account={"name": name, "password": SERVICE_PASSWORD})
    assert isinstance(_log_in(given), DirectorySubject)
    assert _steps(given)["service account"] == name


@pytest.mark.slow
def test_active_directory_wants_somebody_to_bind(samba: Samba) -> None:
    """It answers an anonymous search with operationsError, which would pass with time elsewhere."""
    with pytest.raises(DirectoryMisconfigured, match=r"name an account in directory\.service_account"):
        _log_in(samba.section(service_account=ANONYMOUS))
