"""Which server is asked, and the breaker."""

from __future__ import annotations

import ssl

import pytest

from app.directory.settings import DirectorySettings
from app.ldap.breaker import Breaker
from app.ldap.servers import tls_context
from app.ldap.settings import TlsSettings

PATIENCE = 6.0
SECTION = {
    "service_account": {"dn": "cn=w", "password": "x"},
    "users": {"bases": ["ou=people"]},
    "groups": {"bases": ["ou=groups"]},
}


def test_three_failures_open_the_breaker_for_ten_seconds() -> None:
    """The fourth caller leaves the server alone, until ten seconds have passed."""
    breaker = Breaker()
    for moment in (0.0, 1.0):
        breaker.note(worked=False, now=moment)
        assert breaker.admits(moment, PATIENCE)
    assert breaker.note(worked=False, now=2.0)
    assert not breaker.admits(11.9, PATIENCE)
    assert breaker.admits(12.0, PATIENCE)


def test_one_success_counts_the_failures_anew() -> None:
    """Only failures in a row open it."""
    breaker = Breaker()
    for worked in (False, False, True, False, False):
        breaker.note(worked=worked, now=0.0)
    assert breaker.admits(0.0, PATIENCE)


def test_one_caller_alone_tries_a_server_that_failed() -> None:
    """Whoever comes while that one has not come back leaves the server alone."""
    breaker = _opened()
    assert breaker.admits(10.0, PATIENCE)
    assert not breaker.admits(10.1, PATIENCE)
    assert breaker.note(worked=True, now=10.2)
    assert not breaker.is_open()
    assert breaker.admits(10.2, PATIENCE)


def test_a_failed_try_leaves_the_server_alone_for_another_ten_seconds() -> None:
    """One failure is enough then."""
    breaker = _opened()
    assert breaker.admits(10.0, PATIENCE)
    assert not breaker.note(worked=False, now=13.0)
    assert not breaker.admits(22.9, PATIENCE)
    assert breaker.admits(23.0, PATIENCE)


def test_a_caller_that_never_comes_back_does_not_close_the_way() -> None:
    """After its patience the next one may try."""
    breaker = _opened()
    assert breaker.admits(10.0, PATIENCE)
    assert breaker.admits(10.0 + PATIENCE, PATIENCE)


def _opened() -> Breaker:
    breaker = Breaker()
    for _ in range(3):
        breaker.note(worked=False, now=0.0)
    return breaker


def test_addresses_keep_the_order_and_have_default_ports() -> None:
    """636 for ldaps, 389 for ldap; IPv6 literals without their brackets."""
    settings = DirectorySettings.model_validate(
        SECTION | {"servers": ["ldaps://ldap1.example.com", "ldaps://[::1]:6360", "ldap://localhost"]}
    )
    found = [(a.host, a.port, a.ldaps) for a in settings.addresses()]
    assert found == [("ldap1.example.com", 636, True), ("::1", 6360, True), ("localhost", 389, False)]


def test_all_servers_share_one_tls_context() -> None:
    """Building one costs as much as many logins."""
    settings = DirectorySettings.model_validate(
        SECTION | {"servers": ["ldaps://a.example", "ldaps://b.example"]}
    )
    first, second = settings.addresses()
    assert first.context is not None
    assert first.context is second.context


def test_plain_ldap_without_starttls_needs_no_context() -> None:
    """No certificates are read for a loopback server."""
    settings = DirectorySettings.model_validate(SECTION | {"servers": ["ldap://127.0.0.1"]})
    assert settings.addresses()[0].context is None


def test_the_context_verifies() -> None:
    """Chain and name are checked, the common name is not a name, and TLS 1.1 is not spoken."""
    context = tls_context(TlsSettings())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_tls_1_3_can_be_demanded() -> None:
    """`min_version` reaches the context."""
    assert tls_context(TlsSettings(min_version="TLSv1.3")).minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("name", [None, "directory.example.com"])
def test_the_name_that_is_checked_can_be_configured(name: str | None) -> None:
    """`tls.server_name` stands in for the host of the URL."""
    settings = DirectorySettings.model_validate(
        SECTION | {"servers": ["ldaps://10.0.0.1"], "tls": {"server_name": name}}
    )
    assert settings.addresses()[0].server_name == (name or "10.0.0.1")
