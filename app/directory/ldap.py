"""The directory, put together: a name and a password become a subject with groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from app.directory import existence, names, outcome
from app.directory.direct import DirectLogin
from app.directory.emptiness import EmptinessCheck
from app.directory.groups import GroupSearch
from app.directory.login import PasswordCheck
from app.directory.members import Members
from app.directory.people import UNKNOWN, People, Person, Proved
from app.directory.search import Searcher
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.dn import DN
from app.errors import Code, DirectoryMisconfigured, Refusal
from app.ldap.deadline import Deadline
from app.ldap.servers import Servers
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret

_PING_TIMEOUT = timedelta(seconds=2)
_LOOK_UP_TIMEOUT = timedelta(minutes=1)
"""An explanation asks once for each group."""
_IMPLAUSIBLE = Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "a name that is not looked up")


class LdapDirectory:
    """One LDAP directory; connects when it is first asked, so that it may be forked before."""

    def __init__(self, settings: DirectorySettings) -> None:
        """Prepare.

        Raises:
            OSError: A certificate file cannot be read.
        """
        self._settings = settings
        self._servers = Servers(settings.addresses(), settings.timeouts.connect)
        account = settings.service_account
        self._searcher = Searcher(self._servers, settings, account) if account is not None else None
        self._passwords = PasswordCheck(self._servers, settings)
        self._people = People(settings)
        self._groups = GroupSearch(settings)
        users, groups = settings.users, settings.groups
        self._no_people = EmptinessCheck("users", users.bases, users.scope, users.filter)
        self._no_groups = EmptinessCheck("groups", groups.bases, groups.scope, groups.filter)
        direct = settings.login.mode == "direct"
        self._direct = (
            DirectLogin(settings, self._passwords, self._people, self._searcher) if direct else None
        )

    def account_of(self, typed: str) -> str | None:
        """Give what wrong passwords for a typed name are counted under; None for a name that nobody can have.

        It is one for every spelling by which a server may find an account.
        """
        name = names.plain(typed, self._settings.login)
        return None if name is None else names.account(name, self._settings.kind)

    def authenticate(self, credentials: Credentials) -> DirectorySubject | Refusal:
        """Find out who somebody is.

        Args:
            credentials: As typed, checked for emptiness.

        Returns:
            The subject with all groups, or why not; an unknown name and a wrong password are the same text.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: A server answered, but an administrator must change something.
        """
        name = names.plain(credentials.username, self._settings.login)
        if name is None:
            return _IMPLAUSIBLE
        deadline = Deadline(self._settings.timeouts.login)
        with self._logged_in(name, credentials.password, deadline) as proved:
            return proved if isinstance(proved, Refusal) else self._subject(proved, deadline)

    def look_up(self, name: str) -> DirectorySubject | Refusal:
        """Find out who somebody would be, without a password: for explanations, never for a login.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: An administrator must change something; there is no service account.
        """
        searcher = self._service()
        plain = names.plain(name, self._settings.login)
        if plain is None:
            return _IMPLAUSIBLE
        deadline = Deadline(_LOOK_UP_TIMEOUT)
        find = self._people.find if self._direct is None else self._direct.entry
        person = find(searcher, plain, deadline)
        return UNKNOWN if person is None else self._subject(Proved(person, searcher), deadline, explain=True)

    def people_in(self, group: DN | str) -> Iterator[Person]:
        """Give the people in a group, those of nested groups included where the settings have them count.

        Args:
            group: Its DN, or its name; several groups may have that.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: An administrator must change something; there is no service account.
        """
        return Members(self._settings, self._people, self._service()).people_in(group)

    def has_group(self, name: str) -> bool:
        """Tell whether there is a group of a name, or of a DN where `=` is in it.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account may not search there, or there is none.
        """
        deadline = Deadline(self._settings.timeouts.login)
        return existence.has_group(self._service(), self._settings.groups, name, deadline)

    def ping(self) -> None:
        """Make sure that a server answers the service account, or at all where there is none.

        Raises:
            DirectoryUnavailable: None answers.
            DirectoryMisconfigured: The service account cannot bind.
        """
        deadline = Deadline(_PING_TIMEOUT)
        if self._searcher is not None:
            self._searcher.ping(deadline)
        else:
            self._passwords.ping(deadline)

    def close(self) -> None:
        """Close the idle connections; the directory can still be used, and opens new ones."""
        if self._searcher is not None:
            self._searcher.close()
        self._passwords.close()

    def _service(self) -> Searcher:
        if self._searcher is None:
            raise DirectoryMisconfigured("nobody can be looked up without directory.service_account")
        return self._searcher

    def _logged_in(
        self, name: str, password: Secret, deadline: Deadline
    ) -> AbstractContextManager[Proved | Refusal]:
        if self._direct is not None:
            return self._direct.logged_in(name, password, deadline)
        return self._found_and_bound(name, password, deadline)

    @contextmanager
    def _found_and_bound(self, name: str, password: Secret, deadline: Deadline) -> Iterator[Proved | Refusal]:
        """Let the service account find the person, and bind as whom it found."""
        searcher = self._service()
        person = self._people.find(searcher, name, deadline)
        if person is None:
            self._no_people.missed(searcher, deadline)
            yield UNKNOWN
        else:
            self._no_people.found()
            refusal = self._passwords.check(person.entry.dn, password, deadline)
            yield refusal or Proved(person, searcher)

    def _subject(
        self, proved: Proved, deadline: Deadline, *, explain: bool = False
    ) -> DirectorySubject | Refusal:
        person, search = proved.person, proved.search
        if self._people.is_disabled(search, person.entry, deadline):
            return outcome.DISABLED
        groups = self._groups.of_person(search, person.entry, deadline, explain=explain)
        if groups:
            self._no_groups.found()
        elif self._settings.groups.strategy != "none":
            self._no_groups.missed(search, deadline)
        return self._people.subject(person, groups)
