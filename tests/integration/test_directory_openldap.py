"""What only OpenLDAP makes: odd entries, references, limits of the service account, TLS that is required."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.directory.directory import LdapDirectory
from app.directory.inspect.server import inspect_server
from app.directory.names import TypedName
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, DirectoryMisconfigured, Refusal
from app.ldap.deadline import Deadline
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.directory import PASSWORDS, log_in
from tests.support.ldap import addresses, directory_settings, section
from tests.support.openldap_company import AFAR, BLIND, GROUPS, LIMITED, PASSWORD, PEOPLE
from tests.support.slapd import SUFFIX, Slapd, Variant


@contextlib.contextmanager
def _directory(slapd: Slapd, **changed: Any) -> Iterator[LdapDirectory]:
    settings = DirectorySettings.model_validate(section(slapd, **changed))
    with contextlib.closing(LdapDirectory(settings)) as directory:
        yield directory


def _log_in(slapd: Slapd, name: str, password: str = PASSWORD, **changed: Any) -> DirectorySubject | Refusal:
    with _directory(slapd, **changed) as directory:
        return log_in(directory, Credentials(name, Secret(password)))


def _is_wrong(answer: DirectorySubject | Refusal) -> bool:
    return isinstance(answer, Refusal) and answer.code is Code.WRONG_CREDENTIALS


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        (["uid", "mail"], ["alice", "alice@example.com", "Alice@Example.com"]),
        (["mail"], ["alice@example.com"]),
    ],
)
def test_a_mail_address_is_another_name_of_the_same_person(
    openldap: Slapd, attributes: list[str], names: list[str]
) -> None:
    """The subject and what wrong passwords are counted under stay; another address is nobody."""
    users = {"bases": [PEOPLE], "login_attributes": attributes}
    with _directory(openldap, users=users) as directory:
        found = [log_in(directory, Credentials(name, Secret(PASSWORDS["alice"]))) for name in names]
        typed = [directory.read_name(name) for name in names]
        meant = [
            directory.resolve(name, timedelta(seconds=5)) for name in typed if isinstance(name, TypedName)
        ]
        assert _is_wrong(log_in(directory, Credentials("bob@example.com", Secret(PASSWORDS["alice"]))))
    subjects = {each.name for each in found if isinstance(each, DirectorySubject)}
    assert (subjects, len(found)) == ({"alice"}, len(names))
    assert [each.account for each in meant] == ["alice"] * len(names)
    assert ("alice" in names) or _is_wrong(_log_in(openldap, "alice", PASSWORDS["alice"], users=users))


@pytest.mark.parametrize("name", ["twin", "two", "second", "alias", "no-password"])
def test_nobody_is_guessed(openldap: Slapd, name: str) -> None:
    """Two entries of one name, one of two names, an alias, and an entry without a password log nobody in."""
    assert _is_wrong(_log_in(openldap, name))


def test_a_reference_hides_no_group(openldap: Slapd) -> None:
    """Under a base with a reference to another server the list of groups may lack some: an error."""
    users = {"bases": [AFAR]}
    assert isinstance(_log_in(openldap, "neighbour", users=users), DirectorySubject)
    with pytest.raises(DirectoryMisconfigured, match="choose bases that it holds itself"):
        _log_in(openldap, "neighbour", users=users, groups={"bases": [AFAR]})


def test_nobody_is_unknown_who_may_be_elsewhere(openldap: Slapd) -> None:
    """A search that found a reference alone has found nothing out: no wrong password, and none counted."""
    with pytest.raises(DirectoryMisconfigured, match="choose bases that it holds itself"):
        _log_in(openldap, "nobody", users={"bases": [PEOPLE, AFAR]})
    assert _is_wrong(_log_in(openldap, "nobody", users={"bases": [PEOPLE]}))


def test_a_size_limit_of_the_server_cuts_no_list(openldap: Slapd) -> None:
    """One entry is all that this account gets: whoever is in two groups fails, whoever is in one does not."""
    account = {"dn": LIMITED, "password": PASSWORD}
    groups = {"bases": [GROUPS]}
    assert isinstance(_log_in(openldap, "dynamic", service_account=account, groups=groups), DirectorySubject)
    with pytest.raises(DirectoryMisconfigured, match="raise the server's size limit"):
        _log_in(openldap, "comma", service_account=account, groups=groups)


def test_an_account_that_may_not_read_groups_is_an_administrators_matter(openldap: Slapd) -> None:
    """It is not "in no group"."""
    account = {"dn": BLIND, "password": PASSWORD}
    with pytest.raises(DirectoryMisconfigured, match="may not read"):
        _log_in(openldap, "comma", service_account=account)


@pytest.mark.parametrize(("depth", "works"), [(4, False), (5, True)])
def test_nesting_ends_with_an_error_and_not_with_a_shorter_list(
    openldap: Slapd, depth: int, works: bool
) -> None:
    """The person is in a group in a group … five deep."""
    groups = {"bases": [GROUPS], "nested": True, "max_depth": depth}
    if works:
        subject = _log_in(openldap, "deep", groups=groups)
        assert isinstance(subject, DirectorySubject)
        assert len(subject.groups) == 5
    else:
        with pytest.raises(DirectoryMisconfigured, match="max_depth"):
            _log_in(openldap, "deep", groups=groups)


@pytest.mark.parametrize("strategy", ["token_groups", "in_chain"])
def test_what_only_active_directory_has_is_refused_here(openldap: Slapd, strategy: str) -> None:
    """OpenLDAP would find no groups that way, and say nothing."""
    with pytest.raises(DirectoryMisconfigured):
        _log_in(openldap, "comma", groups={"bases": [GROUPS], "strategy": strategy})


def test_a_filter_leaves_people_out(openldap: Slapd) -> None:
    """Whoever it does not match is nobody; whoever the disabled filter matches is somebody disabled."""
    users: dict[str, Any] = {"bases": [PEOPLE], "filter": "(!(employeeType=dismissed))"}
    assert _is_wrong(_log_in(openldap, "dismissed", users=users))
    users = {"bases": [PEOPLE], "disabled_filter": "(employeeType=dismissed)"}
    answer = _log_in(openldap, "dismissed", users=users)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.ACCOUNT_DISABLED


def test_an_account_that_has_expired_is_refused_by_its_attribute(openldap: Slapd) -> None:
    """OpenLDAP has no order for shadowExpire, so no filter with `<=` finds it: `disabled_by` does."""
    users: dict[str, Any] = {"bases": [PEOPLE], "disabled_by": ["shadowExpire"]}
    answer = _log_in(openldap, "expired", users=users)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.ACCOUNT_EXPIRED
    for name in ("lasting", "dismissed"):
        assert isinstance(_log_in(openldap, name, users=users), DirectorySubject)


def test_the_time_stands_in_a_disabled_filter(openldap: Slapd) -> None:
    """Everybody's entry was made before now, and nobody's after; both know no less than seconds."""
    time.sleep(1.1)
    for comparison, is_disabled in (("<=", True), (">=", False)):
        users = {"bases": [PEOPLE], "disabled_filter": f"(createTimestamp{comparison}{{now}})"}
        assert isinstance(_log_in(openldap, "lasting", users=users), Refusal) is is_disabled


@pytest.mark.parametrize(
    ("disabled", "warns"), [("(shadowExpire<={now_days})", True), ("(createTimestamp>={now})", False)]
)
def test_a_disabled_filter_that_can_never_match_is_told(openldap: Slapd, disabled: str, warns: bool) -> None:
    """The server has no order for the attribute, and says nothing of it."""
    settings = directory_settings(openldap, users={"bases": [PEOPLE], "disabled_filter": disabled})
    (address,) = addresses(settings)
    report = inspect_server(address, settings, Deadline(timedelta(seconds=30)), datetime.now(UTC))
    (step,) = [step for step in report.steps if step.name == "disabled people"]
    assert ("so it never does" in str(step.fault)) is warns


def test_a_check_names_people_of_two_names_and_aliases(openldap: Slapd) -> None:
    """Neither can log in, and nothing else tells why."""
    settings = directory_settings(openldap, users={"bases": [PEOPLE]})
    (address,) = addresses(settings)
    report = inspect_server(address, settings, Deadline(timedelta(seconds=30)), datetime.now(UTC))
    faults = {step.name: str(step.fault) for step in report.steps if step.fault is not None}
    assert "have several values of uid" in faults["names of people"]
    assert "(two, second)" in faults["names of people"]
    assert f"uid=alias,{PEOPLE} is an alias" in faults["aliases"]


def test_several_bases_are_one_company(openldap: Slapd) -> None:
    """Somebody under either is found; a name under both is nobody's."""
    users = {"bases": [PEOPLE, AFAR]}
    for name in ("neighbour", "loop"):
        assert isinstance(_log_in(openldap, name, users=users), DirectorySubject)
    both = {"bases": [f"ou=more,{PEOPLE}", PEOPLE], "scope": "one"}
    assert _is_wrong(_log_in(openldap, "twin", users=both))


def test_scope_one_goes_one_level_down(openldap: Slapd) -> None:
    """Of the twins it finds the upper one."""
    subject = _log_in(openldap, "twin", users={"bases": [PEOPLE], "scope": "one"})
    assert isinstance(subject, DirectorySubject)
    assert subject.dn == f"uid=twin,{PEOPLE}"


DIRECT = {"mode": "direct", "template": f"uid={{username}},{PEOPLE}"}


@pytest.mark.parametrize("name", ["loop", "LOOP", "straße", "a+b=c"])
def test_a_direct_login_is_the_same_subject(openldap: Slapd, name: str) -> None:
    """With the name put into a DN, escaped."""
    searched, direct = _log_in(openldap, name), _log_in(openldap, name, login=DIRECT)
    assert isinstance(direct, DirectorySubject)
    assert direct == searched


@pytest.mark.parametrize(
    "name", ["loop,ou=people", "loop+cn=x", "*", "no-such-name", "two", "loop\\", "uid=loop", "comma", "#6c"]
)
def test_a_direct_login_takes_no_other_name(openldap: Slapd, name: str) -> None:
    """Neither what would be more of a DN, nor a name that is not the entry's own."""
    assert _is_wrong(_log_in(openldap, name, login=DIRECT))


@pytest.mark.slow
def test_an_account_that_the_server_locks_is_locked(openldap: Slapd) -> None:
    """After five wrong passwords the right one does not log in, and nobody is told why."""
    with _directory(openldap) as directory:
        wrong = [log_in(directory, Credentials("mallory", Secret(f"no {n}"))) for n in range(5)]
        right = log_in(directory, Credentials("mallory", Secret(PASSWORD)))
    assert all(map(_is_wrong, wrong))
    assert isinstance(right, Refusal)
    assert right.code is Code.ACCOUNT_LOCKED


@pytest.fixture(scope="module")
def tls_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Return a directory that speaks to nobody in clear."""
    folder = tmp_path_factory.mktemp("tls-only") / "slapd"
    with Slapd(folder, variant=Variant(config="security tls=1\n")) as running:
        yield running


def test_a_server_that_wants_tls_says_so_to_the_operator(tls_only: Slapd) -> None:
    """Result 13 is an administrator's matter, and the advice is what to change."""
    with pytest.raises(DirectoryMisconfigured, match="ldaps:// or start_tls"):
        _log_in(tls_only, "alice", "alice-password", servers=[tls_only.url])


@pytest.mark.parametrize("start_tls", [False, True])
def test_tls_in_either_way_satisfies_it(tls_only: Slapd, start_tls: bool) -> None:
    """LDAPS and StartTLS."""
    server = f"ldap://localhost:{tls_only.port}" if start_tls else tls_only.tls_url
    answer = _log_in(tls_only, "alice", "alice-password", servers=[server], start_tls=start_tls)
    assert isinstance(answer, DirectorySubject)


def test_attributes_for_rules_keep_all_values(openldap: Slapd) -> None:
    """In the server's order, as text."""
    users = {"bases": [PEOPLE], "attributes": ["objectClass", "departmentNumber"]}
    subject = _log_in(openldap, "dynamic", users=users)
    assert isinstance(subject, DirectorySubject)
    assert subject.attributes == {"objectclass": ("inetOrgPerson",), "departmentnumber": ("7",)}
    assert SUFFIX in subject.dn
