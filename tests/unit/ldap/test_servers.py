"""Which server is asked, and how."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from app.directory.settings import DirectorySettings
from app.ldap.servers import tls_context
from app.ldap.settings import TlsSettings

SECTION = {
    "service_account": {"dn": "cn=w", "password": "x"},
    "users": {"bases": ["ou=people"]},
    "groups": {"bases": ["ou=groups"]},
}


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


def test_certificates_are_judged_alike_on_every_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13 refuses CAs whose basicConstraints are not critical, and companies have such."""
    flags = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    make = ssl.create_default_context

    def as_since_3_13(**given: Any) -> ssl.SSLContext:
        context = make(**given)
        context.verify_flags |= flags
        return context

    monkeypatch.setattr(ssl, "create_default_context", as_since_3_13)
    context = tls_context(TlsSettings())
    assert not context.verify_flags & flags
    assert context.verify_mode is ssl.CERT_REQUIRED


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
