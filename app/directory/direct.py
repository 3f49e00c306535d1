"""Logging in directly (`login.mode: direct`): the typed name becomes the name to bind with, without a search.

A bind by DN goes over the pooled login connections where a service account reads the entry afterwards.
Otherwise it has a connection of its own, bound as that person, which is closed at the end of the login and
never lent to anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.directory import names
from app.directory.active_directory import own_sids
from app.directory.login import PasswordCheck
from app.directory.people import UNKNOWN, People, Person, Proved, Search
from app.directory.settings import PLACE, DirectorySettings
from app.errors import Code, Refusal
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.protocol.credentials import WRONG_CREDENTIALS
from app.protocol.secret import Secret

_DN_SPECIAL = frozenset('",+<>;=\\#')
_NOT_IN_ACTIVE_DIRECTORY = frozenset('"/\\[]:;|=,+*?<>@')
"""What no sAMAccountName holds; an @ or a backslash would make it somebody's name in another form."""


class DirectLogin:
    """Binds as a person by the template, then finds the entry of exactly whoever was bound."""

    def __init__(
        self,
        settings: DirectorySettings,
        passwords: PasswordCheck,
        people: People,
        searcher: Search | None,
    ) -> None:
        """Prepare.

        Args:
            settings: With a template.
            passwords: Where binds happen.
            people: Reads entries.
            searcher: Of the service account; None where there is none.
        """
        self._template = settings.login.template or ""
        self._by_dn = settings.login.binds_by_dn
        self._passwords, self._people, self._searcher = passwords, people, searcher

    def bind_name(self, name: str) -> str | None:
        """Give the name to bind with; None where no account can have the name."""
        if self._by_dn:
            return self._template.replace(PLACE, escape_dn_value(name))
        if any(character in _NOT_IN_ACTIVE_DIRECTORY for character in name):
            return None
        return self._template.replace(PLACE, name)

    @contextmanager
    def logged_in(self, name: str, password: Secret, deadline: Deadline) -> Iterator[Proved | Refusal]:
        """Find out, for the length of a `with`, whether the password is right, and whose it is.

        Raises:
            DirectoryUnavailable: No server answers, or the answer got lost.
            DirectoryMisconfigured: An administrator must change something.
        """
        bind_name = self.bind_name(name) if _has_one_spelling(name) else None
        if bind_name is None:
            yield UNKNOWN
        elif self._by_dn and self._searcher is not None:
            refusal = self._passwords.check(bind_name, password, deadline, typed=True)
            yield refusal or self._proved(self._searcher, name, deadline)
        else:
            with self._passwords.bound(bind_name, password, deadline) as bound:
                yield bound if isinstance(bound, Refusal) else self._of_bound(bound, name, deadline)

    def _of_bound(self, connection: Connection, name: str, deadline: Deadline) -> Proved | Refusal:
        """Find the entry of whoever a connection is bound as."""
        found = self._proved(self._searcher or connection, name, deadline)
        if self._by_dn or isinstance(found, Refusal):
            return found
        # Active Directory takes one name for several forms: the name's owner need not be who was bound
        sids = found.person.entry.attributes.get("objectsid", ())
        if len(sids) != 1 or bytes(sids[0]) not in own_sids(connection, deadline):
            return Refusal(
                Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "bound as another than the name's owner"
            )
        return found

    def _proved(self, search: Search, name: str, deadline: Deadline) -> Proved | Refusal:
        person = self.entry(search, name, deadline)
        return UNKNOWN if person is None else Proved(person, search)

    def entry(self, search: Search, name: str, deadline: Deadline) -> Person | None:
        """Find the entry of a name, whatever the password; None where there is none of ours.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """
        if self._by_dn:
            return self._people.read(search, self.bind_name(name) or "", name, deadline)
        return self._people.find(search, name, deadline)


def _has_one_spelling(name: str) -> bool:
    """Tell whether a server takes no other name for this one but for case.

    The bind comes first, so that whoever could add marks or blanks that servers do not see would have a
    budget of wrong passwords for each spelling, all of them strikes on one account (RFC 4518 §2.2, §2.6).
    """
    blanks = "  " not in name and not any(sign.isspace() and sign != " " for sign in name)
    return blanks and not any(map(names.is_mark, names.canonical(name)))  # of `İ` lower case has one


def escape_dn_value(value: str) -> str:
    """Escape a value for a DN (RFC 4514 §2.4)."""
    last = len(value) - 1
    return "".join(
        "\\00" if each == "\0" else f"\\{each}" if _needs_escape(each, position, last) else each
        for position, each in enumerate(value)
    )


def _needs_escape(character: str, position: int, last: int) -> bool:
    return character in _DN_SPECIAL or (character == " " and position in (0, last))
