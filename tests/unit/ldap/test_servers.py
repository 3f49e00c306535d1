"""Which server is asked, and how."""

from __future__ import annotations

import ssl

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


def test_a_unix_socket_is_an_address_by_its_path() -> None:
    """Percent-encoded in the place of a host, in which case makes a difference."""
    url = "ldapi://%2Frun%2FSlapd%2Fa%20socket"
    (address,) = DirectorySettings.model_validate(SECTION | {"servers": [url]}).addresses()
    assert address.socket == "/run/Slapd/a socket"
    assert str(address) == url
    assert not address.is_in_clear


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
