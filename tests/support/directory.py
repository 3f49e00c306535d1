"""The sample directory in memory: the same port and the same answers as slapd with the sample company.

`tests/integration/test_directory_contract.py` holds both to one contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from app import dn
from app.directory import names
from app.directory.names import IMPLAUSIBLE, TypedName
from app.directory.people import Person
from app.directory.subject import DirectorySubject, Group
from app.dn import DN
from app.errors import Code, Refusal, WharfingerError
from app.ldap.answers import Entry
from app.login.login import Circumstances
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret

GROUPS: Final = {
    "alice": (("team-platform", "direct"), ("release-managers", "direct")),
    "bob": (("team-web", "direct"), ("contractors", "direct")),
    "carol": (("auditors", "direct"),),
    "dave": (),
    "erin": (("data-leads", "direct"), ("team-data", "through data-leads")),
    "frank": (),
    "zoë": (),
}
PASSWORDS: Final = {name: f"{name}-password" for name in GROUPS} | {"zoë": "pä:ss%w+rd &ß€"}
_RESOLVED_WITHIN: Final = timedelta(seconds=3)
LOCKED: Final = frozenset({"dave"})


@dataclass(slots=True)
class FakeDirectory:
    """Answers like the sample directory.

    Attributes:
        fault: Raised instead of an answer, where it is set.
        asked: The names that were asked for, in order.
    """

    fault: WharfingerError | None = None
    asked: list[str] = field(default_factory=list)

    def read_name(self, typed: str) -> TypedName | Refusal:
        """Read a typed name, which is refused where nobody can have it."""
        return TypedName(typed, names.canonical(typed)) if names.is_plausible(typed) else IMPLAUSIBLE

    def resolve(self, name: TypedName, within: timedelta) -> TypedName:
        """Return the name of the account that is meant by a typed name."""
        return name

    def authenticate(self, name: TypedName, password: Secret) -> DirectorySubject | Refusal:
        """Find out who somebody is."""
        self.asked.append(name.plain)
        self.ping()
        if name.account not in GROUPS:
            return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "unknown user")
        if name.account in LOCKED:
            return Refusal(Code.ACCOUNT_LOCKED, WRONG_CREDENTIALS, "locked")
        if password.reveal() != PASSWORDS[name.account]:
            return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "wrong password")
        return _subject(name.account)

    def look_up(self, name: str) -> DirectorySubject | Refusal:
        """Find out who somebody would be, without a password."""
        self.ping()
        canonical = names.canonical(name)
        if not names.is_plausible(name) or canonical not in GROUPS:
            return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "unknown user")
        return _subject(canonical)

    def people_in(self, group: DN | str) -> Iterator[Person]:
        """Return the people in a group."""
        self.ping()
        for name in GROUPS:
            found = groups_of(name)
            if any(group in (each.name, each.dn) for each in found):
                yield Person(name, Entry(_subject(name).dn, {}))

    def ping(self) -> None:
        """Raise the fault, where there is one."""
        if self.fault is not None:
            raise self.fault


class PasswordDirectory(Protocol):
    """What a name and a password are logged in at."""

    def read_name(self, typed: str) -> TypedName | Refusal: ...

    def resolve(self, name: TypedName, within: timedelta) -> TypedName: ...

    def authenticate(self, name: TypedName, password: Secret) -> DirectorySubject | Refusal: ...


def log_in(directory: PasswordDirectory, credentials: Credentials) -> DirectorySubject | Refusal:
    """Log somebody in at a directory, without anything before it."""
    name = directory.read_name(credentials.username)
    if isinstance(name, Refusal):
        return name
    return directory.authenticate(directory.resolve(name, _RESOLVED_WITHIN), credentials.password)


@dataclass(frozen=True, slots=True)
class Unshielded:
    """An authenticator that asks a directory every time."""

    directory: PasswordDirectory

    def claims(self, credentials: Credentials) -> bool:
        return True

    def authenticate(
        self, credentials: Credentials, circumstances: Circumstances
    ) -> DirectorySubject | Refusal:
        return log_in(self.directory, credentials)


def _subject(name: str) -> DirectorySubject:
    dn = f"uid={name},ou=people,dc=example,dc=com"
    return DirectorySubject(name, f"id-of-{name}", dn, groups_of(name))


def groups_of(name: str) -> tuple[Group, ...]:
    """Return a person's groups as the directory finds them."""
    return tuple(group(each, found) for each, found in GROUPS[name])


def group(name: str, found: str = "direct") -> Group:
    """Return one group."""
    return Group(name, dn.parse(f"cn={name},ou=groups,dc=example,dc=com"), found)


def group_names(groups: Sequence[Group]) -> dict[str, str]:
    """Return how each group was found, by name."""
    return {each.name: each.found for each in groups}
