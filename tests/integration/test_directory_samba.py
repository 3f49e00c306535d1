"""What only Active Directory makes: forms of names, binds without a DN, TLS that is required, its lockout."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import pytest

from app.directory.directory import LdapDirectory
from app.directory.names import TypedName
from app.directory.people import UNKNOWN
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, DirectoryMisconfigured, Refusal
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.directory import log_in
from tests.support.samba import Samba
from tests.support.samba_company import ALICE2S_UPN, DOMAIN, FRANKS_UPN, GROUPS, REALM, STATE_PASSWORD
from tests.support.stands import SAMBA

pytestmark = pytest.mark.slow

SUFFIX: Final = REALM.lower()
FORMS: Final = {
    "forms": ["name", "upn", "domain\\name"],
    "suffixes": [SUFFIX],
    "domains": [DOMAIN],
}


@contextlib.contextmanager
def _directory(samba: Samba, **changed: Any) -> Iterator[LdapDirectory]:
    settings = DirectorySettings.model_validate(samba.section(**changed))
    with contextlib.closing(LdapDirectory(settings)) as directory:
        yield directory


def _log_in(samba: Samba, name: str, password: str, **changed: Any) -> DirectorySubject | Refusal:
    with _directory(samba, **changed) as directory:
        return log_in(directory, Credentials(name, Secret(password)))


def _is_wrong(answer: DirectorySubject | Refusal) -> bool:
    return isinstance(answer, Refusal) and answer.code is Code.WRONG_CREDENTIALS


def test_every_form_is_the_same_subject(samba: Samba) -> None:
    r"""`alice`, `alice@suffix` and `DOMAIN\alice`, in any case, are one subject with one id."""
    typed = ["alice", f"alice@{SUFFIX}", f"ALICE@{REALM}", f"{DOMAIN}\\alice", f"{DOMAIN.lower()}\\Alice"]
    with _directory(samba, login=FORMS) as directory:
        found = [log_in(directory, Credentials(name, Secret("alice-password"))) for name in typed]
        names = [directory.read_name(name) for name in typed]
        assert {name.account for name in names if isinstance(name, TypedName)} == {"alice"}
        assert all(isinstance(name, TypedName) for name in names)
    assert isinstance(found[0], DirectorySubject)
    assert all(each == found[0] for each in found)


def test_a_upn_is_its_owners_and_wrong_passwords_for_it_lock_nobody_else(samba: Samba) -> None:
    """`alice@corp.example.com` is alice2: as many wrong passwords as the domain allows leave alice alone."""
    login = FORMS | {"suffixes": [SUFFIX, "corp.example.com"]}
    with _directory(samba, login=login) as directory:

        def ask(name: str, password: str) -> DirectorySubject | Refusal:
            return log_in(directory, Credentials(name, Secret(password)))

        owners = {ALICE2S_UPN: "alice2", FRANKS_UPN: "frank", "frank@corp.example.com": "frank"}
        for typed, owner in owners.items():
            subject = ask(typed, f"{owner}-password")
            assert isinstance(subject, DirectorySubject), typed
            assert subject == ask(owner, f"{owner}-password")
        assert all(_is_wrong(ask(ALICE2S_UPN.upper(), f"no {n}")) for n in range(5))
        locked, alice = ask("alice2", "alice2-password"), ask("alice", "alice-password")
        assert isinstance(locked, Refusal)
        assert locked.code is Code.ACCOUNT_LOCKED
        assert isinstance(alice, DirectorySubject)
        shown = directory.look_up(ALICE2S_UPN)
        assert isinstance(shown, DirectorySubject)
        assert shown.name == "alice2"


@pytest.mark.parametrize(
    "typed",
    [
        *("alice@example.com", "OTHER\\alice", f"{DOMAIN}\\{DOMAIN}\\alice", f"alice@x@{SUFFIX}"),
        *(f"{DOMAIN}\\alice@{SUFFIX}", f"@{SUFFIX}", f"{DOMAIN}\\", f"{DOMAIN}/alice", "alice\0zzz"),
    ],
)
def test_another_ending_is_nobody(samba: Samba, typed: str) -> None:
    """Only the suffixes and domains that are ours, once."""
    assert _is_wrong(_log_in(samba, typed, "alice-password", login=FORMS))


TEMPLATES: Final = (f"{{username}}@{SUFFIX}", f"{DOMAIN}\\{{username}}")


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("served", [True, False], ids=["service account", "none"])
def test_a_bind_without_a_dn_is_the_same_subject(samba: Samba, template: str, served: bool) -> None:
    r"""By UPN and by DOMAIN\name; without a service account the person's own connection reads."""
    account = {} if served else {"service_account": None}
    for name, password in SAMBA.passwords.items():
        searched = _log_in(samba, name, password)
        direct = _log_in(samba, name, password, login={"mode": "direct", "template": template}, **account)
        assert isinstance(direct, DirectorySubject), name
        assert direct == searched


def test_a_name_of_another_form_is_nobodys_with_the_domain_before_it(samba: Samba) -> None:
    r"""A UPN of another name than the sAMAccountName: `name@` finds it, `DOMAIN\name` does not.

    So wrong passwords that strike one account are counted under one name.
    """
    name, _, suffix = FRANKS_UPN.partition("@")
    details = {f"{{username}}@{suffix}": UNKNOWN.detail, f"{DOMAIN}\\{{username}}": "wrong password"}
    for template, detail in details.items():
        answer = _log_in(samba, name, "frank-password", login={"mode": "direct", "template": template})
        assert isinstance(answer, Refusal)
        assert answer.detail == detail


@pytest.mark.parametrize("template", TEMPLATES)
def test_states_are_told_apart_without_a_search_too(samba: Samba, template: str) -> None:
    """The data codes come with any bind; an unknown name is a wrong password."""
    login = {"mode": "direct", "template": template}
    for name, state in SAMBA.states.items():
        answer = _log_in(samba, name, STATE_PASSWORD, login=login, service_account=None)
        assert isinstance(answer, Refusal)
        assert answer.code is state.code, name
    for name in ("nobody", "alice@ad.example.com", f"{DOMAIN}\\alice", "alice*", "Alice Archer", "DC1$"):
        assert _is_wrong(_log_in(samba, name, "alice-password", login=login, service_account=None)), name


def test_a_server_that_wants_tls_says_so_to_the_operator(samba: Samba) -> None:
    """Result 8, strongerAuthRequired, is an administrator's matter."""
    with pytest.raises(DirectoryMisconfigured, match="ldaps:// or start_tls"):
        _log_in(samba, "alice", "alice-password", servers=[samba.url])


def test_a_global_catalog_is_searched_from_the_root(samba: Samba) -> None:
    """The empty base is everything that it has."""
    place = {"servers": [f"{samba.tls_url}:3269"], "users": {"bases": [""]}, "groups": {"bases": [""]}}
    subject = _log_in(samba, "alice", "alice-password", **place)
    assert isinstance(subject, DirectorySubject)
    below = _log_in(samba, "alice", "alice-password")
    assert isinstance(below, DirectorySubject)
    assert {group.name for group in subject.groups} >= {group.name for group in below.groups}


def test_starttls_works(samba: Samba) -> None:
    """On the plain port."""
    assert isinstance(
        _log_in(samba, "alice", "alice-password", servers=[samba.url], start_tls=True), DirectorySubject
    )


def test_an_account_that_the_domain_locks_is_locked(samba: Samba) -> None:
    """After five wrong passwords the right one does not log in, and nobody is told why."""
    with _directory(samba) as directory:
        wrong = [log_in(directory, Credentials("mallory", Secret(f"no {n}"))) for n in range(5)]
        right = log_in(directory, Credentials("mallory", Secret("mallory-password")))
    assert all(map(_is_wrong, wrong))
    assert isinstance(right, Refusal)
    assert right.code is Code.ACCOUNT_LOCKED


def test_people_are_not_computers(samba: Samba) -> None:
    """The domain controller's own account has a sAMAccountName too; and the domain's own is disabled."""
    with _directory(samba) as directory:
        answers = [directory.look_up(name) for name in ("DC1$", "krbtgt")]
    assert [answer.code for answer in answers if isinstance(answer, Refusal)] == [
        Code.WRONG_CREDENTIALS,
        Code.ACCOUNT_DISABLED,
    ]


def test_a_look_up_says_through_which_group(samba: Samba) -> None:
    """The tokenGroups do not tell; a look-up takes the time to find out."""
    with _directory(samba) as directory:
        alice = directory.look_up("alice")
    assert isinstance(alice, DirectorySubject)
    assert {group.name: group.found for group in alice.groups} == {
        "team-platform": "direct",
        "release-managers": "direct",
        "platform-all": "through team-platform",
        "company": "through platform-all",
    }


def test_groups_outside_the_bases_are_none(samba: Samba) -> None:
    """Domain Users and the built-in groups lie elsewhere, and a base may be narrower still."""
    subject = _log_in(samba, "carol", "carol-password", groups={"bases": [f"OU=East,{GROUPS}"]})
    assert isinstance(subject, DirectorySubject)
    assert [group.name for group in subject.groups] == ["same-east"]


def test_a_group_that_the_service_account_may_not_read_is_one_without_a_name(samba: Samba) -> None:
    """The controller still says that grace is in it, and a rule that denies by name might mean it."""
    subject = _log_in(samba, "grace", "grace-password")
    assert isinstance(subject, DirectorySubject)
    assert {group.name: str(group.dn)[:14] for group in subject.groups} == {
        "visible": "cn=visible,ou=",
        "": "<sid=s-1-5-21-",
    }
