"""Every way in which TLS can fail: refused, nothing secret sent, and the operator's log names the fault."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from app.directory.directory import LdapDirectory
from app.directory.subject import DirectorySubject
from app.errors import DirectoryUnavailable
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support import certificates
from tests.support.certificates import Certificate, Kind
from tests.support.directory import log_in
from tests.support.ldap import directory_settings
from tests.support.slapd import Slapd, Variant
from tests.support.tap import Tap
from tests.support.wire import Answering

ALICE: Final = Credentials("alice", Secret("alice-password"))
FAULTS: Final = {
    Kind.EXPIRED: "certificate has expired",
    Kind.NOT_YET_VALID: "certificate is not yet valid",
    Kind.WRONG_HOST: "certificate is not valid for",
    Kind.COMMON_NAME_ONLY: "certificate is not valid for",
    Kind.UNKNOWN_AUTHORITY: "unable to get local issuer certificate",
    Kind.SELF_SIGNED: "self-signed certificate",
    Kind.FOR_CLIENTS: "certificate purpose",
}


_QUICK: Final = (Kind.EXPIRED, Kind.WRONG_HOST, Kind.UNKNOWN_AUTHORITY, Kind.SELF_SIGNED)
_KINDS: Final = [
    pytest.param(kind, id=kind.name.lower(), marks=[] if kind in _QUICK else pytest.mark.slow)
    for kind in FAULTS
]


@pytest.fixture(scope="module", params=_KINDS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Return a real slapd for each bad certificate."""
    folder = tmp_path_factory.mktemp("served")
    certificate = certificates.make(folder / "tls", "localhost", kind=request.param)
    with Slapd(folder / "slapd", variant=Variant(certificate=certificate)) as running:
        yield running


@pytest.fixture
def good(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate with which nothing is wrong."""
    return certificates.make(tmp_path_factory.mktemp("good"), "localhost")


@contextlib.contextmanager
def _directory(slapd: Slapd, **changed: Any) -> Iterator[LdapDirectory]:
    with contextlib.closing(LdapDirectory(directory_settings(slapd, **changed))) as directory:
        yield directory


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return what an operator reads: every line with all that belongs to it."""
    return "\n".join(str(vars(record)) for record in caplog.records if record.levelno >= logging.WARNING)


def _refused(directory: LdapDirectory, caplog: pytest.LogCaptureFixture, *words: str) -> None:
    """Hold that the login ends with "unavailable", and that the log and the detail have one of the words."""
    with pytest.raises(DirectoryUnavailable) as caught:
        log_in(directory, ALICE)
    for text in (_logged(caplog), caught.value.detail):
        assert any(word in text for word in words), text
        assert "alice-password" not in text
        assert "wharfinger-password" not in text


@pytest.mark.parametrize("start_tls", [False, True], ids=["ldaps", "start_tls"])
def test_a_bad_certificate_is_refused_and_the_log_says_what_is_wrong_with_it(
    served: Slapd, request: pytest.FixtureRequest, start_tls: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Expired, not yet valid, wrong name, name only in the CN, unknown authority, none, another purpose."""
    kind: Kind = request.node.callspec.params["served"]
    url = f"ldap://localhost:{served.port}" if start_tls else f"ldaps://localhost:{served.tls_port}"
    with _directory(served, servers=[url], start_tls=start_tls) as directory:
        _refused(directory, caplog, FAULTS[kind])


def _tap(slapd: Slapd, certificate: Certificate, change: Callable[[ssl.SSLContext], None]) -> Tap:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key_file)
    change(context)
    return Tap(lambda: slapd.port, context)


def _up_to(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL does not speak the older versions at all
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version

    return change


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("newest", "least"),
    [(ssl.TLSVersion.TLSv1_1, "TLSv1.2"), (ssl.TLSVersion.TLSv1_2, "TLSv1.3")],
    ids=["1.1", "1.2"],
)
def test_a_version_below_the_least_is_refused(
    slapd: Slapd, good: Certificate, newest: ssl.TLSVersion, least: str, caplog: pytest.LogCaptureFixture
) -> None:
    """TLS 1.1 never; 1.2 where `min_version` asks for more."""
    tls = {"ca_file": str(good.ca_file), "min_version": least}
    with _tap(slapd, good, _up_to(newest)) as tap:
        settings = {"servers": [f"ldaps://localhost:{tap.port}"], "tls": tls}
        with _directory(slapd, **settings) as directory:
            _refused(directory, caplog, "protocol version", "unsupported protocol", "handshake failure")
        assert not tap.conversations


def test_tls_1_2_is_enough_by_default(slapd: Slapd, good: Certificate) -> None:
    """The same server, with a good certificate and TLS 1.2, is spoken to: the faults above are the cause."""
    with _tap(slapd, good, _up_to(ssl.TLSVersion.TLSv1_2)) as tap:
        settings = {"servers": [f"ldaps://localhost:{tap.port}"], "tls": {"ca_file": str(good.ca_file)}}
        with _directory(slapd, **settings) as directory:
            assert isinstance(log_in(directory, ALICE), DirectorySubject)


def test_tls_towards_a_port_without_it_is_refused(slapd: Slapd, caplog: pytest.LogCaptureFixture) -> None:
    """ldaps:// with the port of plain LDAP."""
    url = f"ldaps://localhost:{slapd.port}"
    with _directory(slapd, servers=[url]) as directory:
        _refused(directory, caplog, "EOF", "wrong version number", "reset")
        assert url in _logged(caplog)


def test_no_tls_towards_a_port_with_it_is_refused(slapd: Slapd) -> None:
    """ldap:// with the port of LDAPS: nothing is taken for an answer."""
    url = f"ldap://127.0.0.1:{slapd.tls_port}"
    with _directory(slapd, servers=[url]) as directory, pytest.raises(DirectoryUnavailable, match=url):
        log_in(directory, ALICE)


@pytest.mark.parametrize("code", [1, 2, 52, 53])
def test_starttls_that_is_refused_is_an_error_and_nothing_is_sent_in_clear(
    slapd: Slapd, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the server's reason, the connection ends there; no password goes over it."""
    with Answering(code) as server:
        url = f"ldap://localhost:{server.port}"
        with _directory(slapd, servers=[url], start_tls=True) as directory:
            _refused(directory, caplog, "TLS")
        assert server.heard
        assert b"password" not in server.heard
        assert b"cn=wharfinger" not in server.heard


def test_octets_before_the_handshake_are_not_taken_for_answers(
    slapd: Slapd, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers that somebody on the wire puts behind the one to StartTLS never count (as CVE-2011-0411)."""
    with Answering(0, bound=True) as server:
        url = f"ldap://localhost:{server.port}"
        with _directory(slapd, servers=[url], start_tls=True) as directory:
            _refused(directory, caplog, url)
        assert b"password" not in server.heard
