"""Logging in directly (`login.mode: direct`): the typed name becomes the name to bind with, without a search.

If a service account reads the entry afterwards, a bind by DN uses the pooled login connections. Otherwise it
has a connection of its own, which is bound as the person and closed at the end of the login.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app import dn
from app.directory import names, returned
from app.directory.active_directory import own_sids
from app.directory.passwords import PasswordCheck
from app.directory.people import UNKNOWN, Authenticated, People, Person
from app.directory.searcher import Searcher
from app.directory.settings import PLACE, DirectorySettings
from app.errors import Code, DirectoryMisconfigured, Fault, Refusal
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.filters import NO_ATTRIBUTES
from app.protocol.credentials import WRONG_CREDENTIALS
from app.protocol.secret import Secret

_NOT_IN_ACTIVE_DIRECTORY = frozenset('"/\\[]:;|=,+*?<>@')
"""Characters that no sAMAccountName has; @ and backslash would make it a name in another form."""


class DirectLogin:
    """Binds by the template, then finds the entry of exactly the account that was bound."""

    def __init__(
        self,
        settings: DirectorySettings,
        passwords: PasswordCheck,
        people: People,
        searcher: Searcher | None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            settings: With a template.
            passwords: Binds as people.
            people: Reads entries.
            searcher: Searches as the service account; None where there is none.
        """
        self._template = settings.login.template or ""
        self._by_dn = settings.login.binds_by_dn
        self._passwords, self._people, self._searcher = passwords, people, searcher

    def bind_name(self, name: str) -> str | None:
        """Return the name to bind with; None where no account can have the typed name."""
        if self._by_dn:
            return self._template.replace(PLACE, dn.escape(name))
        if any(character in _NOT_IN_ACTIVE_DIRECTORY for character in name):
            return None
        return self._template.replace(PLACE, name)

    @contextmanager
    def logged_in(self, name: str, password: Secret, deadline: Deadline) -> Iterator[Authenticated | Refusal]:
        """Find out whether the password is right and whose it is; the result is valid within the `with`.

        Raises:
            DirectoryUnavailable: No server answers, or the answer got lost.
            DirectoryMisconfigured: An administrator must change something.
        """
        bind_name = self.bind_name(name) if _has_one_spelling(name) else None
        if bind_name is None:
            yield UNKNOWN
        elif self._by_dn and self._searcher is not None:
            refusal = self._passwords.check(bind_name, password, deadline, typed=True)
            yield refusal or self._authenticated(self._searcher, name, deadline)
        else:
            with self._passwords.bound(bind_name, password, deadline) as bound:
                yield bound if isinstance(bound, Refusal) else self._of_bound(bound, name, deadline)

    def _of_bound(self, connection: Connection, name: str, deadline: Deadline) -> Authenticated | Refusal:
        """Find the entry of the account that a connection is bound as."""
        found = self._authenticated(self._searcher or connection, name, deadline)
        if self._by_dn or isinstance(found, Refusal):
            return found
        # Active Directory reads one name in several ways: the owner of the name may be another than was bound
        sids = found.person.entry.attributes.get("objectsid", ())
        if len(sids) != 1 or bytes(sids[0]) not in own_sids(connection, deadline):
            return Refusal(
                Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "bound as another account than the name's"
            )
        return found

    def _authenticated(self, searcher: Searcher, name: str, deadline: Deadline) -> Authenticated | Refusal:
        person = self.entry(searcher, name, deadline)
        if person is not None:
            return Authenticated(person, searcher)
        if self._by_dn:
            self._require_readable(searcher, self.bind_name(name) or "", deadline)
        return UNKNOWN

    def _require_readable(self, searcher: Searcher, bound: str, deadline: Deadline) -> None:
        """Make sure that the entry that was bound can be read: then it is none of the configured people.

        Raises:
            DirectoryMisconfigured: It cannot, although the password is right.
        """
        if returned.entry_at(searcher, bound, "", (NO_ATTRIBUTES,), deadline) is None:
            hint = (
                "let the service account read people"
                if self._searcher is not None
                else "let people read their own entries, or set directory.service_account"
            )
            raise DirectoryMisconfigured(Fault(f"{bound} can bind, and its entry cannot be read", hint))

    def entry(self, searcher: Searcher, name: str, deadline: Deadline) -> Person | None:
        """Find the entry of a name without a password; None where there is none of ours.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """
        if self._by_dn:
            return self._people.read(searcher, self.bind_name(name) or "", name, deadline)
        person = self._people.find(searcher, name, deadline)
        # another name of the same person would be counted as another account
        return person if person is not None and person.name == names.canonical(name) else None


def _has_one_spelling(name: str) -> bool:
    """Whether a server knows the account of this name by no other spelling, apart from case.

    The bind comes before the search. With marks or blanks that servers ignore, a guesser would have a budget
    of wrong passwords for each spelling, and all would count against one account (RFC 4518 §2.2, §2.6).
    """
    blanks = "  " not in name and not any(sign.isspace() and sign != " " for sign in name)
    return blanks and not any(map(names.is_mark, names.canonical(name)))  # the lower case of `İ` has one
