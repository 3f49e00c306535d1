"""Which server is asked, and how."""

from __future__ import annotations

import ssl

import pytest

from app.directory.settings import DirectorySettings
from app.ldap.servers import tls_context
from app.ldap.settings import TlsSettings
from app.ldap.srv import SrvName
from app.ldap.transport import Address
from tests.support.ldap import addresses

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
    found = [(a.host, a.port, a.ldaps) for a in addresses(settings)]
    assert found == [("ldap1.example.com", 636, True), ("::1", 6360, True), ("localhost", 389, False)]


def test_a_unix_socket_is_an_address_by_its_path() -> None:
    """Percent-encoded in the place of a host, in which case makes a difference."""
    url = "ldapi://%2Frun%2FSlapd%2Fa%20socket"
    (address,) = addresses(DirectorySettings.model_validate(SECTION | {"servers": [url]}))
    assert address.socket == "/run/Slapd/a socket"
    assert str(address) == url
    assert not address.is_in_clear


def test_all_servers_share_one_tls_context() -> None:
    """Building one costs as much as many logins."""
    settings = DirectorySettings.model_validate(
        SECTION | {"servers": ["ldaps://a.example", "ldaps://b.example"]}
    )
    first, second = addresses(settings)
    assert first.context is not None
    assert first.context is second.context


def test_plain_ldap_without_starttls_needs_no_context() -> None:
    """No certificates are read for a loopback server."""
    settings = DirectorySettings.model_validate(SECTION | {"servers": ["ldap://127.0.0.1"]})
    assert addresses(settings)[0].context is None


def test_tls_1_3_can_be_demanded() -> None:
    """`min_version` reaches the context."""
    assert tls_context(TlsSettings(min_version="TLSv1.3")).minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("name", [None, "directory.example.com"])
def test_the_name_that_is_checked_can_be_configured(name: str | None) -> None:
    """`tls.server_name` stands in for the host of the URL."""
    settings = DirectorySettings.model_validate(
        SECTION | {"servers": ["ldaps://10.0.0.1"], "tls": {"server_name": name}}
    )
    assert addresses(settings)[0].server_name == (name or "10.0.0.1")


def _places(*servers: str, **more: object) -> tuple[Address | SrvName, ...]:
    return DirectorySettings.model_validate(SECTION | {"servers": list(servers)} | more).places()


def test_srv_records_say_where_servers_are() -> None:
    """`_ldaps` begins with TLS, `_ldap` by an operation of its own; the domain is the certificate's name."""
    (secure,) = _places("srv:_ldaps._tcp.Corp.example.com")
    (plain,) = _places("srv:_ldap._tcp.corp.example.com", start_tls=True, tls={"srv_hosts": True})
    assert isinstance(secure, SrvName)
    assert isinstance(plain, SrvName)
    assert (secure.pattern.ldaps, secure.pattern.server_name) == (True, "corp.example.com")
    assert (plain.pattern.start_tls, plain.names_hosts, plain.pattern.is_in_clear) == (True, True, False)
    (named,) = _places("srv:_ldaps._tcp.corp.example.com", tls={"server_name": "ldap.example.com"})
    assert isinstance(named, SrvName)
    assert named.pattern.server_name == "ldap.example.com"


@pytest.mark.parametrize(
    ("server", "more", "text"),
    [
        ("srv:_ldap._tcp.corp.example.com", {}, "passwords would go to srv:_ldap"),
        ("srv:_ldaps._tcp.corp.example.com", {"start_tls": True}, "start_tls does not go with"),
        ("srv:_kerberos._udp.example.com", {}, "is no LDAP server"),
        ("srv:_ldaps._tcp", {}, "is no LDAP server"),
        ("srv:_ldaps._tcp.example.com:636", {}, "is no LDAP server"),
        ("srv://_ldaps._tcp.example.com", {}, "is no LDAP server"),
        (
            "ldaps://a.example",
            {"tls": {"srv_hosts": True, "server_name": "b.example"}},
            "take server_name out",
        ),
    ],
)
def test_what_is_no_name_of_srv_records_is_an_error(server: str, more: dict[str, object], text: str) -> None:
    """And so is one by which passwords would go in clear."""
    with pytest.raises(ValueError, match=text):
        _places(server, **more)
