"""What the directory does when the network, the server or its certificate fails."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.requests import Query
from app.ldap.resolver import Resolver
from app.ldap.transport import Address
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support import certificates
from tests.support.certificates import Kind
from tests.support.commands import run
from tests.support.directory import log_in
from tests.support.ldap import directory_settings
from tests.support.proxy import Mode, Proxy
from tests.support.slapd import SERVICE_ACCOUNT, SUFFIX, Slapd
from tests.support.tap import Tap
from tests.support.tools import require

ALICE = Credentials("alice", Secret("alice-password"))
QUICK = {"connect": "300ms", "operation": "400ms", "login": "800ms"}
MOST_SECONDS = 1.3


@contextlib.contextmanager
def _directory(slapd: Slapd, **changed: Any) -> Iterator[LdapDirectory]:
    with contextlib.closing(LdapDirectory(directory_settings(slapd, **changed))) as directory:
        yield directory


@pytest.fixture
def proxy(slapd: Slapd) -> Iterator[Proxy]:
    """Return a proxy before the plain port of the sample directory."""
    with Proxy(slapd.port) as running:
        yield running


def _over(proxy: Proxy) -> dict[str, Any]:
    return {"servers": [f"ldap://127.0.0.1:{proxy.port}"], "timeouts": QUICK}


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.DRIP, Mode.RESET, Mode.GARBAGE])
@pytest.mark.parametrize("warm", [False, True])
def test_a_misbehaving_server_is_unavailable_in_time(
    slapd: Slapd, proxy: Proxy, mode: Mode, warm: bool
) -> None:
    """Hanging, dripping, resetting or babbling: an error within the login deadline, never an answer."""
    with _directory(slapd, **_over(proxy)) as directory:
        if warm:
            assert isinstance(log_in(directory, ALICE), DirectorySubject)
        proxy.mode = mode
        start = time.monotonic()
        with pytest.raises(DirectoryUnavailable) as caught:
            log_in(directory, ALICE)
        assert time.monotonic() - start < MOST_SECONDS
        assert "alice-password" not in repr(caught.value.args) + str(caught.value)


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.DRIP])
def test_a_handshake_ends_at_the_deadline(slapd: Slapd, mode: Mode) -> None:
    """A server that takes connections and never finishes, or drips, is as good as none."""
    with Proxy(slapd.tls_port) as proxy:
        proxy.mode = mode
        settings = {"servers": [f"ldaps://127.0.0.1:{proxy.port}"], "timeouts": QUICK}
        with _directory(slapd, **settings) as directory:
            start = time.monotonic()
            with pytest.raises(DirectoryUnavailable, match="did not answer in time"):
                log_in(directory, ALICE)
            assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.RESET, Mode.GARBAGE])
def test_after_a_fault_the_next_login_works(slapd: Slapd, proxy: Proxy, mode: Mode) -> None:
    """No broken connection is used again."""
    with _directory(slapd, **_over(proxy)) as directory:
        proxy.mode = mode
        with pytest.raises(DirectoryUnavailable):
            log_in(directory, ALICE)
        proxy.mode = Mode.PASS
        assert isinstance(log_in(directory, ALICE), DirectorySubject)


def test_connections_are_used_again(slapd: Slapd, proxy: Proxy) -> None:
    """Twenty logins in a row take one search connection and one login connection."""
    with _directory(slapd, servers=[f"ldap://127.0.0.1:{proxy.port}"]) as directory:
        for _ in range(20):
            assert isinstance(log_in(directory, ALICE), DirectorySubject)
        assert proxy.accepted == 2


def test_no_descriptor_is_lost_on_faults(slapd: Slapd, proxy: Proxy) -> None:
    """Fifty failed logins leave as many open files as one."""
    with _directory(slapd, **_over(proxy)) as directory:
        proxy.mode = Mode.GARBAGE
        counts = []
        for _ in range(50):
            with pytest.raises(DirectoryUnavailable):
                log_in(directory, ALICE)
            counts.append(len(list(Path(f"/proc/{os.getpid()}/fd").iterdir())) - 4 * proxy.accepted)
        assert max(counts) - min(counts) <= 4 * proxy.accepted


def test_a_restarted_directory_is_found_again(start_slapd: Callable[[], Slapd]) -> None:
    """Connections from before the restart are noticed to be dead before a password goes over them."""
    own = start_slapd()
    with _directory(own) as directory:
        assert isinstance(log_in(directory, ALICE), DirectorySubject)
        own.stop()
        with pytest.raises(DirectoryUnavailable):
            log_in(directory, ALICE)
        own.start()
        assert isinstance(log_in(directory, ALICE), DirectorySubject)


def test_the_second_server_takes_over(slapd: Slapd) -> None:
    """A server that refuses connections is passed over within the same login."""
    with Proxy(slapd.port) as gone:
        pass
    servers = [f"ldap://127.0.0.1:{gone.port}", slapd.tls_url]
    with _directory(slapd, servers=servers) as directory:
        assert isinstance(log_in(directory, ALICE), DirectorySubject)


def test_starttls_works(slapd: Slapd) -> None:
    """ldap:// with start_tls logs people in over TLS."""
    with _directory(slapd, servers=[f"ldap://localhost:{slapd.port}"], start_tls=True) as directory:
        assert isinstance(log_in(directory, ALICE), DirectorySubject)


@pytest.mark.parametrize("start_tls", [False, True])
@pytest.mark.parametrize(
    ("tls", "fault"),
    [
        ({}, r"signed by a CA that is not trusted .*tls\.ca_file"),
        ({"server_name": "other.example.com"}, r"not valid for other\.example\.com: .*tls\.server_name"),
    ],
)
def test_a_certificate_that_does_not_prove_the_server_is_refused(
    slapd: Slapd,
    start_tls: bool,
    tls: dict[str, str],
    fault: str,
) -> None:
    """An unknown authority and a wrong name end the connection, and the detail says which it was."""
    known = {"ca_file": str(slapd.ca_file)} if tls else {}
    server = f"ldap://localhost:{slapd.port}" if start_tls else f"ldaps://localhost:{slapd.tls_port}"
    with (
        _directory(slapd, servers=[server], start_tls=start_tls, tls=tls | known) as directory,
        pytest.raises(DirectoryUnavailable, match=fault),
    ):
        log_in(directory, ALICE)


def test_a_client_certificate_is_shown_where_a_server_wants_one(slapd: Slapd, tmp_path: Path) -> None:
    """Without it the operator reads which settings are missing."""
    ours = certificates.make(tmp_path / "ours", "wharfinger", kind=Kind.FOR_CLIENTS)
    theirs = certificates.make(tmp_path / "theirs", "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ours.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(theirs.file, theirs.key_file)
    with Tap(lambda: slapd.port, context) as tap:
        settings = {"servers": [f"ldaps://localhost:{tap.port}"], "timeouts": QUICK}
        tls = {"ca_file": str(theirs.ca_file)}
        with (
            _directory(slapd, tls=tls, **settings) as directory,
            pytest.raises(DirectoryUnavailable, match=r"tls\.client_cert"),
        ):
            log_in(directory, ALICE)
        tls |= {"client_cert": str(ours.file), "client_key": str(ours.key_file)}
        with _directory(slapd, tls=tls, **settings) as directory:
            assert isinstance(log_in(directory, ALICE), DirectorySubject)


def test_an_encrypted_key_is_an_error_at_the_start(slapd: Slapd, tmp_path: Path) -> None:
    """Nobody would answer the prompt."""
    ours = certificates.make(tmp_path / "ours", "wharfinger", kind=Kind.FOR_CLIENTS)
    key = load_pem_private_key(ours.key_file.read_bytes(), None)
    encryption = BestAvailableEncryption(b"pass phrase")
    ours.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    tls = {"client_cert": str(ours.file), "client_key": str(ours.key_file)}
    with pytest.raises(OSError, match="encrypted"):
        LdapDirectory(directory_settings(slapd, tls=tls))


def test_starttls_never_falls_back(slapd: Slapd) -> None:
    """A server that does not offer it gets no password in clear."""
    with Proxy(slapd.port) as proxy:
        proxy.mode = Mode.GARBAGE
        settings = {"servers": [f"ldap://127.0.0.1:{proxy.port}"], "start_tls": True, "timeouts": QUICK}
        with _directory(slapd, **settings) as directory, pytest.raises(DirectoryUnavailable):
            log_in(directory, ALICE)


def test_a_wrong_service_password_is_an_administrators_matter(slapd: Slapd, tmp_path: Path) -> None:
    """It is no wrong password of a person; it is not tried again for a minute, and a mended file at once."""
    password = tmp_path / "password"
    password.write_text("wrong\n")
    account = {"dn": SERVICE_ACCOUNT, "password_file": str(password)}
    with _directory(slapd, service_account=account) as directory:
        with pytest.raises(DirectoryMisconfigured, match="refuses the service account"):
            log_in(directory, ALICE)
        with pytest.raises(DirectoryMisconfigured, match="not tried again for a while"):
            log_in(directory, ALICE)
        password.write_text("wharfinger-password\n")
        assert isinstance(log_in(directory, ALICE), DirectorySubject)


@pytest.mark.parametrize("section", ["users", "groups"])
def test_a_base_that_does_not_exist_is_named(slapd: Slapd, section: str) -> None:
    """An administrator's mistake is never "unknown user" or "no groups"."""
    with (
        _directory(slapd, **{section: {"bases": [f"ou=nowhere,{SUFFIX}"]}}) as directory,
        pytest.raises(DirectoryMisconfigured, match="ou=nowhere"),
    ):
        log_in(directory, ALICE)


def test_a_group_list_that_would_be_cut_off_fails_the_login(slapd: Slapd) -> None:
    """Half a list could lack the group of a deny rule."""
    groups = {"bases": [f"ou=groups,{SUFFIX}"], "max_groups": 1}
    with (
        _directory(slapd, groups=groups) as directory,
        pytest.raises(DirectoryMisconfigured, match=r"cut off|max_groups"),
    ):
        log_in(directory, ALICE)


def test_nesting_deeper_than_allowed_fails_the_login(slapd: Slapd) -> None:
    """The second group of erin lies one deeper than `max_depth: 1` follows."""
    groups = {"bases": [f"ou=groups,{SUFFIX}"], "nested": True, "max_depth": 1}
    erin = Credentials("erin", Secret("erin-password"))
    with (
        _directory(slapd, groups=groups) as directory,
        pytest.raises(DirectoryMisconfigured, match="max_depth"),
    ):
        log_in(directory, erin)


def _add(slapd: Slapd, ldif: str) -> None:
    require("ldapadd", "ldap-utils")
    password = slapd.folder / "admin-password"
    password.touch(mode=0o600)
    password.write_text("admin-password")
    run("ldapadd", "-x", "-H", slapd.url, "-D", f"cn=admin,{SUFFIX}", "-y", password, stdin=ldif, check=True)


def _person(uid: str, *more: str, under: str = "people") -> str:
    lines = [
        f"dn: cn=person {uid},ou={under},{SUFFIX}",
        "objectClass: inetOrgPerson",
        f"cn: person {uid}",
        "sn: x",
        f"uid: {uid}",
        "userPassword: x-password",
        *more,
    ]
    return "\n".join(lines) + "\n\n"


def _group(dn: str, name: str, *members: str) -> str:
    lines = [
        f"dn: {dn}",
        "objectClass: groupOfNames",
        f"cn: {name}",
        *(f"member: {each}" for each in members),
    ]
    return "\n".join(lines) + "\n\n"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Return a directory with everything that LDAP allows and people trip over; nobody changes it."""
    with Slapd(tmp_path_factory.mktemp("odd") / "slapd") as own:
        _fill(own)
        yield own


def _fill(own: Slapd) -> None:
    ou = f"ou=groups,{SUFFIX}"
    comma = f"cn=person comma,ou=people,{SUFFIX}"
    loop = f"cn=person loop,ou=people,{SUFFIX}"
    _add(
        own,
        _person("comma")
        + _person("loop")
        + _person("twin")
        + _person("straße")
        + _person("strasse")
        + f"dn: ou=more,ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: more\n\n"
        + _person("twin", under="more,ou=people")
        + _person("two", "uid: second")
        + _group(f"cn=Sales\\, North \\+ South (old)*,{ou}", "Sales, North + South (old)*", comma)
        + f"dn: ou=east,{ou}\nobjectClass: organizationalUnit\nou: east\n\n"
        + _group(f"cn=same,{ou}", "same", comma)
        + _group(f"cn=same,ou=east,{ou}", "same", comma)
        + _group(f"cn=ring-a,{ou}", "ring-a", loop, f"cn=ring-b,{ou}")
        + _group(f"cn=ring-b,{ou}", "ring-b", f"cn=ring-a,{ou}"),
    )


def _groups(slapd: Slapd, name: str) -> dict[str, tuple[str, bool]]:
    with _directory(slapd) as directory:
        subject = log_in(directory, Credentials(name, Secret("x-password")))
    assert isinstance(subject, DirectorySubject)
    return {group.name: (group.found, group.ambiguous) for group in subject.groups}


def test_names_beyond_the_ordinary(odd: Slapd) -> None:
    """Commas, plus signs and stars in a DN; two groups of one name; groups that contain each other."""
    assert _groups(odd, "comma") == {
        "sales, north + south (old)*": ("direct", False),
        "same": ("direct", True),
    }
    assert _groups(odd, "loop") == {"ring-a": ("direct", False), "ring-b": ("through ring-a", False)}


@pytest.mark.parametrize("name", ["twin", "two", "second"])
def test_nobody_is_guessed(odd: Slapd, name: str) -> None:
    """Two entries with one name, and an entry with two names, are refused."""
    with _directory(odd) as directory:
        assert isinstance(log_in(directory, Credentials(name, Secret("x-password"))), Refusal)


@pytest.mark.parametrize("name", ["straße", "strasse"])
def test_whom_the_directory_keeps_apart_are_two_subjects(odd: Slapd, name: str) -> None:
    """Full case folding would make one subject of the two."""
    with _directory(odd) as directory:
        subject = log_in(directory, Credentials(name, Secret("x-password")))
    assert isinstance(subject, DirectorySubject)
    assert subject.name == name


@pytest.mark.slow
@pytest.mark.parametrize("mode", [Mode.HANG, Mode.DRIP])
def test_the_defaults_lie_under_the_patience_of_clients(slapd: Slapd, proxy: Proxy, mode: Mode) -> None:
    """Docker gives up after 15 s; by then it has its answer, whatever the directory does."""
    with _directory(slapd, servers=[f"ldap://127.0.0.1:{proxy.port}"]) as directory:
        proxy.mode = mode
        start = time.monotonic()
        with pytest.raises(DirectoryUnavailable):
            log_in(directory, ALICE)
        assert time.monotonic() - start < 14


def _again_and_again(directory: LdapDirectory, times: int) -> list[DirectorySubject | Refusal | str]:
    answers: list[DirectorySubject | Refusal | str] = []
    for _ in range(times):
        try:
            answers.append(log_in(directory, ALICE))
        except DirectoryUnavailable as error:
            answers.append(error.detail)
    return answers


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.GARBAGE])
def test_a_server_that_takes_connections_and_fails_is_passed_over(
    slapd: Slapd, proxy: Proxy, mode: Mode
) -> None:
    """Not only a refused connection counts: so does an operation that hangs or breaks."""
    proxy.mode = mode
    servers = [f"ldap://127.0.0.1:{proxy.port}", slapd.tls_url]
    timeouts = QUICK | {"operation": "300ms", "login": "1s"}
    with _directory(slapd, servers=servers, timeouts=timeouts) as directory:
        answers = _again_and_again(directory, 6)
        assert isinstance(answers[-1], DirectorySubject)
        at_rest = proxy.accepted
        assert isinstance(log_in(directory, ALICE), DirectorySubject)
        assert proxy.accepted == at_rest


def test_idle_connections_to_a_failing_server_are_not_used(slapd: Slapd, proxy: Proxy) -> None:
    """Three hangs in a row, then whoever logs in next goes to the next server at once."""
    servers = [f"ldap://127.0.0.1:{proxy.port}", slapd.tls_url]
    with _directory(slapd, servers=servers, timeouts=QUICK) as directory:
        assert isinstance(log_in(directory, ALICE), DirectorySubject)
        proxy.mode = Mode.HANG
        answers = _again_and_again(directory, 3)
        assert any(isinstance(answer, DirectorySubject) for answer in answers)
        start = time.monotonic()
        assert isinstance(log_in(directory, ALICE), DirectorySubject)
        assert time.monotonic() - start < 0.2


def test_with_every_server_dead_the_answer_comes_at_once(slapd: Slapd) -> None:
    """After three failures nothing is tried any more; the detail names each server."""
    with Proxy(slapd.port) as gone, Proxy(slapd.port) as gone_too:
        pass
    servers = [f"ldap://127.0.0.1:{each.port}" for each in (gone, gone_too)]
    with _directory(slapd, servers=servers) as directory:
        details = _again_and_again(directory, 4)
    assert all(server in str(details[0]) for server in servers)
    assert "nothing listens there" in str(details[0])
    assert str(details[3]).count("left alone") == 2


def test_every_address_of_a_name_is_tried(slapd: Slapd) -> None:
    """A server that listens on one address of its name alone is found."""
    address = Address(
        host="ldap.example.com",
        port=slapd.port,
        ldaps=False,
        start_tls=False,
        server_name="ldap.example.com",
        context=None,
    )
    unknown_family = (255, 1, 6, ("::1", slapd.port))  # what an IPv6 address is to a kernel without IPv6
    others = [(2, 1, 6, (host, slapd.port)) for host in ("127.0.0.9", "127.0.0.8", "127.0.0.1")]
    endpoints = (unknown_family, *others)
    deadline = Deadline(timedelta(seconds=2))
    connection = Connection(address, Resolver(lambda *_: endpoints), deadline)
    with contextlib.closing(connection):
        result = connection.search(Query("", "base", "(objectClass=*)", ("1.1",)), deadline)
    assert result.code == 0


def test_a_port_for_tls_that_is_spoken_to_in_plain_is_named(slapd: Slapd) -> None:
    """The operator reads what to write instead."""
    with (
        _directory(slapd, servers=[f"ldap://127.0.0.1:{slapd.tls_port}"], timeouts=QUICK) as directory,
        pytest.raises(DirectoryUnavailable, match="write ldaps://"),
    ):
        log_in(directory, ALICE)


def test_a_plain_port_that_is_spoken_to_in_tls_is_named(slapd: Slapd) -> None:
    """Likewise."""
    tls = {"ca_file": str(slapd.ca_file)}
    server = f"ldaps://127.0.0.1:{slapd.port}"
    with (
        _directory(slapd, servers=[server], tls=tls, timeouts=QUICK) as directory,
        pytest.raises(DirectoryUnavailable, match=r"write ldap:// with start_tls"),
    ):
        log_in(directory, ALICE)


def _direct(slapd: Slapd, **changed: Any) -> DirectorySettings:
    login = {"mode": "direct", "template": f"uid={{username}},ou=people,{SUFFIX}"}
    return directory_settings(slapd, login=login, **changed)


def test_a_direct_login_needs_no_search_for_the_person(slapd: Slapd) -> None:
    """The entry and the groups are read afterwards, by the service account."""
    with contextlib.closing(LdapDirectory(_direct(slapd))) as directory:
        subject = log_in(directory, ALICE)
        assert isinstance(subject, DirectorySubject)
        assert (subject.name, subject.dn) == ("alice", f"uid=alice,ou=people,{SUFFIX}")
        assert {group.name for group in subject.groups} == {"team-platform", "release-managers"}


@pytest.mark.parametrize(
    "name",
    [
        "alice,ou=people",
        "alice+sn=x",
        f"alice,ou=people,{SUFFIX}",
        "alice\\2c",
        "nobody",
        "#616c696365",
        "a=b",
    ],
)
def test_a_typed_name_is_one_value_of_the_dn(slapd: Slapd, name: str) -> None:
    """Nothing that is typed becomes another entry, nor an error: it is an unknown user."""
    with contextlib.closing(LdapDirectory(_direct(slapd))) as directory:
        answer = log_in(directory, Credentials(name, ALICE.password))
        assert isinstance(answer, Refusal)
        assert answer.code is Code.WRONG_CREDENTIALS


def test_without_a_service_account_a_login_reads_as_the_person(slapd: Slapd) -> None:
    """The sample lets the service account alone read: a right password is told from a wrong one."""
    settings = _direct(slapd).model_copy(update={"service_account": None})
    with contextlib.closing(LdapDirectory(settings)) as directory:
        directory.ping()
        wrong = log_in(directory, Credentials("alice", Secret("wrong")))
        assert isinstance(wrong, Refusal)
        assert wrong.detail == "wrong password"
        with pytest.raises(DirectoryMisconfigured, match=r"entry cannot be read: let people read their own"):
            log_in(directory, ALICE)
        with pytest.raises(DirectoryMisconfigured, match="service_account"):
            directory.look_up("alice")
    slapd.forgive("alice", "alice-password")


def test_connections_of_people_are_not_kept(slapd: Slapd, proxy: Proxy) -> None:
    """Without a service account each login has one of its own."""
    servers = [f"ldap://127.0.0.1:{proxy.port}"]
    settings = _direct(slapd, servers=servers).model_copy(update={"service_account": None})
    with contextlib.closing(LdapDirectory(settings)) as directory:
        for _ in range(3):
            with pytest.raises(DirectoryMisconfigured):
                log_in(directory, ALICE)
    assert proxy.accepted == 3


def test_a_disabled_account_is_told_to_whoever_has_the_password(slapd: Slapd) -> None:
    """The filter is asked for after the bind: a wrong password stays a wrong password."""
    users = {"bases": [f"ou=people,{SUFFIX}"], "disabled_filter": "(uid=alice)"}
    with _directory(slapd, users=users) as directory:
        right = log_in(directory, ALICE)
        wrong = log_in(directory, Credentials("alice", Secret("wrong")))
        assert isinstance(log_in(directory, Credentials("bob", Secret("bob-password"))), DirectorySubject)
    slapd.forgive("alice", "alice-password")
    assert isinstance(right, Refusal)
    assert (right.code, "disabled" in right.message) == (Code.ACCOUNT_DISABLED, True)
    assert isinstance(wrong, Refusal)
    assert wrong.code is Code.WRONG_CREDENTIALS


@pytest.mark.parametrize("strategy", ["member_of", "member_search"])
def test_both_strategies_find_the_same_groups(odd: Slapd, strategy: str) -> None:
    """Spelled with commas and plus signs, named twice, in a ring."""
    groups = {"bases": [f"ou=groups,{SUFFIX}"], "nested": True, "strategy": strategy}
    with _directory(odd, groups=groups) as directory:
        comma, loop = directory.look_up("comma"), directory.look_up("loop")
    assert isinstance(comma, DirectorySubject)
    assert isinstance(loop, DirectorySubject)
    names = sorted(group.name for group in comma.groups)
    assert names == ["sales, north + south (old)*", "same", "same"]
    assert {group.name: group.found for group in loop.groups} == {
        "ring-a": "direct",
        "ring-b": "through ring-a",
    }


def test_a_strategy_of_active_directory_is_an_error_elsewhere(slapd: Slapd) -> None:
    """OpenLDAP would find no groups, and say nothing."""
    for strategy in ("in_chain", "token_groups"):
        groups = {"bases": [f"ou=groups,{SUFFIX}"], "strategy": strategy}
        with _directory(slapd, groups=groups) as directory, pytest.raises(DirectoryMisconfigured):
            log_in(directory, ALICE)


@pytest.mark.slow
def test_a_server_that_works_again_gets_its_work_back(slapd: Slapd, proxy: Proxy) -> None:
    """After ten seconds one caller tries it out; then new connections go to it, and old ones end."""
    servers = [f"ldap://127.0.0.1:{proxy.port}", slapd.tls_url]
    pool = {"lifetime": "500ms"}
    with _directory(slapd, servers=servers, timeouts=QUICK, pool=pool) as directory:
        proxy.mode = Mode.GARBAGE
        assert isinstance(_again_and_again(directory, 6)[-1], DirectorySubject)
        proxy.mode = Mode.PASS
        left = proxy.accepted
        assert isinstance(log_in(directory, ALICE), DirectorySubject)
        assert proxy.accepted == left
        time.sleep(10.5)
        assert isinstance(log_in(directory, ALICE), DirectorySubject)
        assert proxy.accepted > left
