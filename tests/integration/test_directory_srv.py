"""A directory whose servers DNS names: a real query, and a server whose certificate is verified."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import DirectoryUnavailable
from app.ldap.deadline import Deadline
from app.ldap.servers import Servers
from tests.support.dns import dns_server
from tests.support.ldap import directory_settings
from tests.support.ports import free_port
from tests.support.slapd import Slapd


def _servers(slapd: Slapd, name: str, records: list[str], **tls: bool) -> str:
    """Connect to the servers of a name; return where the connection leads."""
    section = {"ca_file": str(slapd.ca_file)} | tls
    settings = directory_settings(slapd, servers=[f"srv:{name}"], tls=section)
    with dns_server(name, records) as look_up:
        servers = Servers(
            settings.places(),
            connect_timeout=timedelta(seconds=10),
            operation_timeout=timedelta(seconds=10),
            look_up=look_up,
        )
        connection = servers.connect(Deadline(timedelta(seconds=30)))
        connection.close()
        return str(connection.address)


@pytest.mark.parametrize("srv_hosts", [False, True])
def test_the_server_that_dns_names_is_asked(slapd: Slapd, srv_hosts: bool) -> None:
    """One that has gone is passed over for the next in priority."""
    records = [f"2 0 {slapd.tls_port} localhost.", f"1 0 {free_port()} localhost."]
    asked = _servers(slapd, "_ldaps._tcp.localhost", records, srv_hosts=srv_hosts)
    assert asked == f"ldaps://localhost:{slapd.tls_port}"


def test_a_server_without_a_certificate_of_the_domain_gets_no_password(slapd: Slapd) -> None:
    """Whoever forges DNS can name any server, and that of a trusted authority too."""
    records = [f"0 0 {slapd.tls_port} localhost."]
    with pytest.raises(DirectoryUnavailable, match=r"is not valid for .*corp\.example\.com"):
        _servers(slapd, "_ldaps._tcp.corp.example.com", records)


def test_a_name_without_records_is_told(slapd: Slapd) -> None:
    """With what to do."""
    with pytest.raises(DirectoryUnavailable, match=r"srv:_ldaps\._tcp\.localhost: DNS has no servers"):
        _servers(slapd, "_ldaps._tcp.localhost", [])
