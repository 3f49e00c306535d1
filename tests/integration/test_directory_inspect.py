"""What commands learn of a directory: a server step by step, people without a password, groups' members."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import dn
from app.directory.directory import LdapDirectory
from app.directory.inspect.report import ServerReport
from app.directory.inspect.server import inspect_server
from app.directory.subject import DirectorySubject
from app.errors import DirectoryMisconfigured, Refusal
from app.ldap.deadline import Deadline
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.directory import log_in
from tests.support.ldap import addresses, directory_settings
from tests.support.slapd import SERVICE_ACCOUNT, SERVICE_PASSWORD, SUFFIX, Slapd

GROUPS = {"bases": [f"ou=groups,{SUFFIX}"], "nested": True}


def _report(slapd: Slapd, *, now: datetime | None = None, **changed: Any) -> ServerReport:
    settings = directory_settings(slapd, **changed)
    (address,) = addresses(settings)
    return inspect_server(address, settings, Deadline(timedelta(seconds=5)), now or datetime.now(UTC))


def _faults(report: ServerReport) -> dict[str, str]:
    return {step.name: str(step.fault) for step in report.steps if step.fault is not None}


def test_a_server_that_works_has_no_fault(slapd: Slapd) -> None:
    """Every step is there with its time, and the certificate with its names and end."""
    report = _report(slapd, servers=[f"ldaps://localhost:{slapd.tls_port}"])
    assert report.works
    assert _faults(report) == {}
    assert [step.name for step in report.steps] == [
        "name",
        "connection",
        "root entry",
        "service account",
        "attributes",
        f"people under ou=people,{SUFFIX}",
        "names of people",
        "aliases",
        f"groups under ou=groups,{SUFFIX}",
    ]
    assert all(step.milliseconds >= 0 for step in report.steps)
    assert "127.0.0.1" in report.endpoints
    assert report.tls is not None
    assert report.tls.version.startswith("TLSv1.")
    assert report.tls.cipher
    assert report.tls.certificate is not None
    assert {"localhost", "127.0.0.1"} <= set(report.tls.certificate.names)
    assert "Sample company CA" in report.tls.certificate.issuer
    assert SERVICE_PASSWORD not in repr(report)


@pytest.mark.parametrize("start_tls", [False, True])
def test_a_certificate_that_is_refused_is_shown(slapd: Slapd, start_tls: bool) -> None:
    """Whoever has to mend it sees its names and issuer."""
    server = f"ldap://localhost:{slapd.port}" if start_tls else slapd.tls_url
    tls = {"ca_file": str(slapd.ca_file), "server_name": "ldap.example.com"}
    report = _report(slapd, servers=[server], start_tls=start_tls, tls=tls)
    assert not report.works
    assert "tls.server_name" in _faults(report)["connection"]
    assert report.tls is not None
    assert report.tls.certificate is not None
    assert "localhost" in report.tls.certificate.names


def test_a_certificate_that_ends_soon_is_told(slapd: Slapd) -> None:
    """It still works: a fault that is not fatal."""
    certificate = _report(slapd).tls
    assert certificate is not None
    assert certificate.certificate is not None
    report = _report(slapd, now=certificate.certificate.not_after - timedelta(days=12))
    assert report.works
    assert "ends in 12 days" in _faults(report)["certificate"]


@pytest.mark.parametrize(
    ("changed", "step", "text"),
    [
        ({"servers": ["ldap://127.0.0.1:1"]}, "connection", "nothing listens there"),
        ({"servers": ["ldaps://nobody.invalid"]}, "name", "cannot be resolved"),
        (
            {"service_account": {"dn": SERVICE_ACCOUNT, "password": "wrong"}},
            "service account",
            "check its name and password",
        ),
        (
            {"users": {"bases": [f"ou=nowhere,{SUFFIX}"]}},
            f"people under ou=nowhere,{SUFFIX}",
            "the base does not exist",
        ),
    ],
    ids=["port", "name", "password", "base"],
)
def test_what_is_wrong_is_named_at_its_step(
    slapd: Slapd, changed: dict[str, Any], step: str, text: str
) -> None:
    """With what to change; the steps after it are not taken."""
    report = _report(slapd, **changed)
    assert not report.works
    assert report.steps[-1].name == step
    assert text in _faults(report)[step]


@pytest.mark.parametrize(
    ("changed", "step", "text"),
    [
        ({"kind": "activedirectory"}, "root entry", "set directory.kind"),
        (
            {"users": {"bases": [f"ou=people,{SUFFIX}"], "filter": "(objectClas=person)"}},
            f"people under ou=people,{SUFFIX}",
            "matches nothing",
        ),
        (
            {"users": {"bases": [f"ou=people,{SUFFIX}"], "disabled_filter": "(!(employeTipe=active))"}},
            "attributes",
            "knows no attribute employeTipe (users.disabled_filter)",
        ),
        (
            {"users": {"bases": [f"ou=people,{SUFFIX}"], "attributes": ["departmentNumber", "offise"]}},
            "attributes",
            "knows no attribute offise (users.attributes)",
        ),
    ],
    ids=["kind", "filter", "disabled filter", "attribute"],
)
def test_what_is_suspicious_is_told(slapd: Slapd, changed: dict[str, Any], step: str, text: str) -> None:
    """A wrong kind, and a filter that is misspelled."""
    report = _report(slapd, **changed)
    assert text in _faults(report)[step]


def test_a_server_that_could_start_tls_is_told_of(slapd: Slapd) -> None:
    """On ldap:// without start_tls, passwords go in clear for no reason."""
    report = _report(slapd, servers=[slapd.url])
    assert "set start_tls" in _faults(report)["root entry"]
    assert _faults(_report(slapd, servers=[f"ldap://localhost:{slapd.port}"], start_tls=True)) == {}


@pytest.fixture
def directory(slapd: Slapd) -> Iterator[LdapDirectory]:
    """Return the sample directory."""
    with contextlib.closing(LdapDirectory(directory_settings(slapd))) as real:
        yield real


def test_somebody_is_looked_up_without_a_password(directory: LdapDirectory) -> None:
    """The subject is that of a login."""
    subject = directory.look_up("Erin")
    assert subject == log_in(directory, Credentials("erin", Secret("erin-password")))
    assert isinstance(subject, DirectorySubject)
    assert {group.name: group.found for group in subject.groups}["team-data"] == "through data-leads"


@pytest.mark.parametrize("name", ["nobody", "*", " erin"])
def test_nobody_is_looked_up_by_a_name_that_nobody_has(directory: LdapDirectory, name: str) -> None:
    """It is a value, as in a login."""
    assert isinstance(directory.look_up(name), Refusal)


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("team-platform", {"alice"}),
        ("Team-Data", {"erin"}),
        (dn.parse(f"CN=team-data, OU=groups,{SUFFIX}"), {"erin"}),
        ("nothing", set()),
        ("team*", set()),
    ],
    ids=str,
)
def test_the_people_of_a_group_are_found(directory: LdapDirectory, group: Any, names: set[str]) -> None:
    """By the group's name or DN; whoever is in it through another group too."""
    assert {person.name for person in directory.people_in(group)} == names


def test_nested_people_count_where_the_settings_have_them_count(slapd: Slapd) -> None:
    """As in a login."""
    settings = directory_settings(slapd, groups=GROUPS | {"nested": False})
    with contextlib.closing(LdapDirectory(settings)) as directory:
        assert list(directory.people_in("team-data")) == []


def test_a_filter_that_matches_nothing_is_told_once(slapd: Slapd, caplog: pytest.LogCaptureFixture) -> None:
    """The server takes a misspelled attribute without a word, and everybody is unknown."""
    users = {"bases": [f"ou=people,{SUFFIX}"], "filter": "(objectClas=person)"}
    with contextlib.closing(LdapDirectory(directory_settings(slapd, users=users))) as directory:
        for _ in range(2):
            assert isinstance(directory.look_up("alice"), Refusal)
            answer = log_in(directory, Credentials("alice", Secret("alice-password")))
            assert isinstance(answer, Refusal)
    told = [record for record in caplog.records if "matches nothing at all" in record.message]
    assert [record.levelno for record in told] == [logging.ERROR]


def test_an_unknown_name_alone_tells_nothing(
    directory: LdapDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    """There are others whom the filter finds."""
    assert isinstance(log_in(directory, Credentials("nobody", Secret("x"))), Refusal)
    assert not [record for record in caplog.records if "matches nothing" in record.message]


def test_the_service_account_tries_a_wrong_password_once(slapd: Slapd) -> None:
    """Everybody who logs in at the same moment waits for that one try: it must not lock itself out."""
    account = {"dn": SERVICE_ACCOUNT, "password": "wrong"}
    report = []
    with contextlib.closing(LdapDirectory(directory_settings(slapd, service_account=account))) as directory:
        for _ in range(3):
            with pytest.raises(DirectoryMisconfigured) as caught:
                directory.ping()
            report.append("refuses" in caught.value.detail)
    assert report == [True, False, False]
