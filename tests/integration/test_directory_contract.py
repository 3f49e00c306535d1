"""One contract for every directory: OpenLDAP, Samba, 389, UnboundID, ApacheDS, OpenDJ, and the fake.

OpenLDAP is there in two fillings, and behind its proxy; `tests/support/stands.py` says what each holds.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, DirectoryMisconfigured, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret
from tests.support.directory import (
    GROUPS,
    LOCKED,
    PASSWORDS,
    FakeDirectory,
    PasswordDirectory,
    group_names,
    log_in,
)
from tests.support.ports import free_port
from tests.support.server import REALM, Server, configuration
from tests.support.slapd import Slapd
from tests.support.stands import STANDS, Sections, Stand, Strategy

QUICK = "openldap"
"""The one server that the default run asks everything; the others take longer, or differ less."""


class Directory(PasswordDirectory, Protocol):
    """The port."""

    def ping(self) -> None:
        """Find out whether it works."""


@pytest.fixture(params=["slapd", "memory"])
def sample(request: pytest.FixtureRequest) -> Iterator[Directory]:
    """Return the sample company, real and in memory."""
    if request.param == "memory":
        yield FakeDirectory()
    else:
        sections: Sections = request.getfixturevalue("slapd_section")
        with contextlib.closing(_open(sections())) as real:
            yield real


def _marks(server: str) -> list[pytest.MarkDecorator]:
    return [] if server == QUICK else [pytest.mark.slow]


def _marked(*servers: str) -> list[Any]:
    return [pytest.param(server, marks=_marks(server)) for server in servers]


@pytest.fixture(params=_marked(*STANDS))
def server(request: pytest.FixtureRequest) -> str:
    """Return the name of each real server in turn."""
    name: str = request.param
    return name


@pytest.fixture
def stand(server: str) -> Stand:
    """Return what the server holds."""
    return STANDS[server]


@pytest.fixture
def section(server: str, request: pytest.FixtureRequest) -> Sections:
    """Start the server, where it does not run yet, and return its `directory` section."""
    sections: Sections = request.getfixturevalue(f"{server}_section")
    return sections


@pytest.fixture
def directory(section: Sections) -> Iterator[LdapDirectory]:
    """Return the server as it is set up by its kind's defaults."""
    with contextlib.closing(_open(section())) as opened:
        yield opened


def _open(section: dict[str, Any]) -> LdapDirectory:
    return LdapDirectory(DirectorySettings.model_validate(section))


def _log_in(directory: Directory, name: str, password: str) -> DirectorySubject | Refusal:
    return log_in(directory, Credentials(name, Secret(password)))


def _subject(directory: Directory, name: str, password: str) -> DirectorySubject:
    subject = _log_in(directory, name, password)
    assert isinstance(subject, DirectorySubject), (name, subject)
    return subject


def _is_wrong(answer: DirectorySubject | Refusal) -> bool:
    return isinstance(answer, Refusal) and (answer.code, answer.message) == (
        Code.WRONG_CREDENTIALS,
        WRONG_CREDENTIALS,
    )


@pytest.mark.parametrize("name", sorted(GROUPS.keys() - LOCKED))
def test_the_right_password_gives_the_subject_and_all_groups(sample: Directory, name: str) -> None:
    """Each person of the sample company is who they say, in their groups, the nested ones included."""
    subject = _subject(sample, name, PASSWORDS[name])
    assert subject.name == name
    assert subject.id
    assert not subject.is_robot
    assert group_names(subject.groups) == dict(GROUPS[name])


def test_everybody_is_who_they_say(directory: LdapDirectory, stand: Stand) -> None:
    """Commas, plus signs, blanks and UTF-8 in a DN, and in a password, are nothing special."""
    subjects = [_subject(directory, name, password) for name, password in stand.passwords.items()]
    assert [subject.name for subject in subjects] == list(stand.passwords)
    assert len({subject.id for subject in subjects}) == len(subjects)
    assert all(uuid.UUID(subject.id.replace("-", "")) for subject in subjects)


@pytest.mark.parametrize("typed", ["ALICE", "Alice", "aLICE"])
def test_another_case_is_the_same_subject(sample: Directory, typed: str) -> None:
    """A name typed in another case is the one canonical subject."""
    assert _subject(sample, typed, PASSWORDS["alice"]).name == "alice"


def test_another_case_is_the_same_subject_everywhere(directory: LdapDirectory, stand: Stand) -> None:
    """The id too, by which a refresh token knows somebody."""
    name, password = next(iter(stand.passwords.items()))
    one, other = _subject(directory, name, password), _subject(directory, name.upper(), password)
    assert one == other


_SPELLINGS = [
    " {}",
    "{} ",
    "{}\t",
    "{}\0",
    "{}\0zzz",
    "\u200b{}",
    "{}\uff41",
    "{}" + "a" * 257,
    "*",
    "{}*",
    "{})(uid=*",
    "{}@ad.example.com",
    "ADEX\\{}",
]


@pytest.mark.parametrize("typed", [*_SPELLINGS, "\uff41lice", "al\u200bice", "al*"])
def test_a_spelling_that_servers_fold_is_nobody(sample: Directory, typed: str) -> None:
    """Blanks, NULs, invisible and full-width characters, and filter syntax never find alice."""
    assert _is_wrong(_log_in(sample, typed.format("alice"), PASSWORDS["alice"]))


def test_a_spelling_that_servers_fold_is_nobody_everywhere(directory: LdapDirectory, stand: Stand) -> None:
    """Nor is another form of the name, where it is not configured."""
    name, password = next(iter(stand.passwords.items()))
    for typed in _SPELLINGS:
        assert _is_wrong(_log_in(directory, typed.format(name), password)), typed


@pytest.mark.parametrize(
    ("name", "password"), [("bob", "wrong"), ("carol", "carol-password "), ("nobody", "x")]
)
def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing(
    sample: Directory, name: str, password: str
) -> None:
    """Both are refused with one code and one text."""
    assert _is_wrong(_log_in(sample, name, password))


def test_a_wrong_password_and_an_unknown_name_are_one_everywhere(
    directory: LdapDirectory, stand: Stand
) -> None:
    """And the right password still works afterwards."""
    for name, password in list(stand.passwords.items())[:2]:
        assert _is_wrong(_log_in(directory, name, f"{password} "))
        assert _is_wrong(_log_in(directory, f"no-{name}", password))
        _subject(directory, name, password)


@pytest.mark.parametrize("password", [PASSWORDS["dave"], "wrong"])
def test_a_locked_account_is_refused_without_saying_so(sample: Directory, password: str) -> None:
    """The password is not proved, so the text must not tell; the code may, for the log."""
    answer = _log_in(sample, "dave", password)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.message) == (Code.ACCOUNT_LOCKED, WRONG_CREDENTIALS)


def test_each_state_of_an_account_has_its_outcome(directory: LdapDirectory, stand: Stand) -> None:
    """Told to whoever gave the right password; to nobody where the server does not look at it."""
    for name, state in stand.states.items():
        answer = _log_in(directory, name, stand.state_password)
        assert isinstance(answer, Refusal), name
        assert answer.code is state.code, (name, answer)
        assert (answer.message != WRONG_CREDENTIALS) is state.proved, (name, answer)


def test_a_wrong_password_proves_no_state(directory: LdapDirectory, stand: Stand) -> None:
    """A guesser learns nothing of an account: one text for all; and where the server tells, the code says."""
    for name, state in stand.states.items():
        answer = _log_in(directory, name, "wrong")
        assert isinstance(answer, Refusal), name
        assert answer.message == WRONG_CREDENTIALS, (name, answer)
        assert answer.code is (Code.WRONG_CREDENTIALS if state.proved else state.code), (name, answer)


def test_who_asks_to_be_told_is_told(section: Sections, stand: Stand) -> None:
    """`tell_account_state` gives a text of its own to every state."""
    with contextlib.closing(_open(section(login={"tell_account_state": True}))) as directory:
        for name in stand.states:
            answer = _log_in(directory, name, stand.state_password)
            assert isinstance(answer, Refusal)
            assert answer.message != WRONG_CREDENTIALS, name


_STRATEGIES = [
    pytest.param(
        server,
        strategy,
        id=f"{server}-{name.replace(' ', '-')}",
        marks=_marks(server),
    )
    for server, stand in STANDS.items()
    for name, strategy in stand.strategies.items()
]


@pytest.mark.parametrize(("server", "strategy"), _STRATEGIES, indirect=["server"])
def test_each_strategy_finds_exactly_these_groups(
    section: Sections, stand: Stand, strategy: Strategy
) -> None:
    """And says of each how it was found; nobody is in one group more or less."""
    groups = {"bases": [stand.group_bases], **strategy.groups}
    with contextlib.closing(_open(section(groups=groups))) as directory:
        for name, found in strategy.found.items():
            subject = _subject(directory, name, stand.passwords[name])
            assert group_names(subject.groups) == dict(found), name


@pytest.mark.parametrize(("server", "strategy"), _STRATEGIES, indirect=["server"])
def test_a_look_up_finds_the_same_subject_without_a_password(
    section: Sections, stand: Stand, strategy: Strategy
) -> None:
    """What `directory whois` and `rules explain` say is what a login gives, with more of how."""
    groups = {"bases": [stand.group_bases], **strategy.groups}
    with contextlib.closing(_open(section(groups=groups))) as directory:
        for name, found in strategy.found.items():
            looked_up = directory.look_up(name)
            assert isinstance(looked_up, DirectorySubject), name
            assert group_names(looked_up.groups).keys() == dict(found).keys(), name
            assert looked_up.id == _subject(directory, name, stand.passwords[name]).id
        assert isinstance(directory.look_up("no-such-name"), Refusal)


@pytest.mark.parametrize(("server", "strategy"), _STRATEGIES, indirect=["server"])
def test_each_strategy_fails_where_the_list_would_be_cut_off(
    section: Sections, stand: Stand, strategy: Strategy
) -> None:
    """`max_groups` below the number of groups is an error, not a shorter list: it could lose a denial."""
    many = {name: len(found) for name, found in strategy.found.items() if len(found) > 1}
    groups = {"bases": [stand.group_bases], **strategy.groups}
    for name, number in list(many.items())[:2]:
        changed = {**groups, "max_groups": number - 1}
        with contextlib.closing(_open(section(groups=changed))) as directory:
            with pytest.raises(DirectoryMisconfigured):
                _log_in(directory, name, stand.passwords[name])
            with pytest.raises(DirectoryMisconfigured):
                directory.look_up(name)


@pytest.mark.parametrize("server", _marked("openldap", "samba", "dirsrv"), indirect=True)
def test_groups_of_one_name_are_two_groups(section: Sections, server: str, stand: Stand) -> None:
    """Both are there, by their DNs; each says that its name alone does not tell which is meant."""
    name = {"openldap": "comma", "samba": "carol", "dirsrv": "carol"}[server]
    changed = {"bases": [stand.group_bases], "name_attribute": "cn"}
    with contextlib.closing(_open(section(groups=changed))) as directory:
        groups = _subject(directory, name, stand.passwords[name]).groups
    same = [group for group in groups if group.name == "same"]
    assert len(same) == len({group.dn for group in same}) == 2
    assert all(group.ambiguous for group in same)
    assert not any(group.ambiguous for group in groups if group.name != "same")


@pytest.mark.parametrize("server", _marked("slapd", "samba", "dirsrv"), indirect=True)
def test_the_root_of_the_tree_will_do_for_a_base(section: Sections, stand: Stand) -> None:
    """Active Directory would refer each such search to other partitions, which hold nobody."""
    name, password = next(iter(stand.passwords.items()))
    below, whole = (
        {"users": {"bases": [stand.suffix]}, "groups": {"bases": [base], "nested": True}}
        for base in (stand.group_bases, stand.suffix)
    )
    with contextlib.closing(_open(section(**below))) as directory:
        some = _subject(directory, name, password)
    with contextlib.closing(_open(section(**whole))) as directory:
        more = _subject(directory, name, password)
    assert more.id == some.id
    assert group_names(more.groups).items() >= group_names(some.groups).items()


def test_a_service_account_with_a_wrong_password_is_an_administrators_matter(section: Sections) -> None:
    """It is no wrong password of a person."""
    account = {**section()["service_account"], "password": "wrong"}
    with (
        contextlib.closing(_open(section(service_account=account))) as directory,
        pytest.raises(DirectoryMisconfigured, match="refuses the service account"),
    ):
        _log_in(directory, "alice", "alice-password")


@pytest.mark.parametrize("part", ["users", "groups"])
def test_a_base_that_is_not_there_is_named(section: Sections, stand: Stand, part: str) -> None:
    """It is neither "unknown user" nor "no groups"."""
    changed = {part: {**section()[part], "bases": [f"ou=nowhere,{stand.suffix}"]}}
    if part == "groups":
        changed[part]["strategy"] = "member_search"
    name, password = next(iter(stand.passwords.items()))
    with (
        contextlib.closing(_open(section(**changed))) as directory,
        pytest.raises(DirectoryMisconfigured, match="ou=nowhere"),
    ):
        _log_in(directory, name, password)


def test_further_attributes_are_read(section: Sections, stand: Stand) -> None:
    """For rules: `cn` and one that nobody has."""
    users = {**section()["users"], "attributes": ["cn", "employeeNumber"]}
    name, password = next(iter(stand.passwords.items()))
    with contextlib.closing(_open(section(users=users))) as directory:
        attributes = _subject(directory, name, password).attributes
    assert attributes["cn"]
    assert not attributes.get("employeenumber")


def test_a_disabled_filter_refuses_whoever_it_matches(section: Sections, stand: Stand) -> None:
    """After the password was proved, and for nobody else."""
    (name, password), (other, its) = list(stand.passwords.items())[:2]
    attribute = "sAMAccountName" if stand is STANDS["samba"] else "uid"
    users = {**section()["users"], "disabled_filter": f"({attribute}={name})"}
    with contextlib.closing(_open(section(users=users))) as directory:
        answer = _log_in(directory, name, password)
        assert isinstance(answer, Refusal)
        assert answer.code is Code.ACCOUNT_DISABLED
        assert _is_wrong(_log_in(directory, name, "wrong"))
        _subject(directory, other, its)


def test_a_directory_that_works_answers_a_ping(directory: LdapDirectory) -> None:
    """A ping raises nothing."""
    directory.ping()


def test_the_fake_answers_a_ping(sample: Directory) -> None:
    """As the real one does."""
    sample.ping()


def _check(folder: Path, slapd: Slapd, section: dict[str, Any], *words: str) -> Result:
    settings = configuration(free_port(), slapd)
    settings["realms"][REALM]["directory"] = section
    config = Server(folder / "wharfinger", settings).config
    return CliRunner().invoke(main, ["directory", "check", "--config", str(config), *words])


def test_the_doctor_finds_nothing_wrong(
    section: Sections, stand: Stand, slapd: Slapd, tmp_path: Path
) -> None:
    """`directory check` goes through every step with each kind of server, and shows somebody's groups.

    One company has an alias among its people, which is told.
    """
    name, found = next(iter(next(iter(stand.strategies.values())).found.items()))
    done = _check(tmp_path, slapd, section(), "--strict", "--user", name)
    assert done.exit_code == (1 if "uid=alias," in done.output else 0), done.output
    assert "Every server works." in done.output
    assert "ok    attributes, " in done.output
    assert "not checked" not in done.output
    assert all(group in done.output for group in list(found)[:2])


def test_the_doctor_says_what_to_change(section: Sections, slapd: Slapd, tmp_path: Path) -> None:
    """Of a service account whose password is wrong; without showing it."""
    account = {**section()["service_account"], "password": "marked-password"}
    done = _check(tmp_path, slapd, section(service_account=account))
    assert done.exit_code == 1
    assert "FAIL  service account" in done.output
    assert "0 of 1 servers work." in done.output
    assert "marked-password" not in done.output


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return a function that returns everything logged so far, with all that belongs to it."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(str(vars(record)) for record in caplog.records)


def test_no_password_is_in_what_is_logged_or_raised(
    section: Sections, stand: Stand, quiet: Callable[[], str]
) -> None:
    """Neither people's nor the service account's, whatever happens."""
    with contextlib.closing(_open(section())) as directory:
        texts = [repr(_log_in(directory, name, password)) for name, password in stand.passwords.items()]
        texts += [repr(_log_in(directory, name, stand.state_password)) for name in stand.states]
        texts += [repr(directory), repr(vars(directory)), quiet()]
    secrets = {*stand.passwords.values(), stand.state_password, section()["service_account"]["password"]}
    for text in texts:
        assert not [secret for secret in secrets if secret in text]
