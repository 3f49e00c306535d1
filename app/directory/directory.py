"""The directory as the other rooms use it: a name and a password become a subject with groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from app.directory import names
from app.directory.account_check import AccountCheck
from app.directory.direct import DirectLogin
from app.directory.emptiness import EmptinessCheck
from app.directory.existence import GroupCheck
from app.directory.groups import GroupFinder
from app.directory.members import Members
from app.directory.names import TypedName
from app.directory.passwords import PasswordCheck
from app.directory.people import UNKNOWN, Authenticated, People, Person
from app.directory.service_account import ServiceSearcher
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.dn import DN
from app.errors import DirectoryMisconfigured, Fault, Refusal
from app.ldap.deadline import Deadline
from app.ldap.servers import Servers
from app.protocol.secret import Secret
from app.rules import robot_names
from app.rules.robot_names import RobotNames

_PING_TIMEOUT = timedelta(seconds=2)
_LOOK_UP_TIMEOUT = timedelta(minutes=1)
"""For explanations, which search once for each group."""


class LdapDirectory:
    """One LDAP directory. It connects when it is first asked, so the process may fork before that."""

    def __init__(
        self,
        settings: DirectorySettings,
        robots: RobotNames = robot_names.DEFAULT,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to nothing yet.

        Args:
            settings: How it is reached, and what it calls things.
            robots: The names that are robots' in this realm, and nobody's here.
            clock: Monotonic, in seconds: says when a server or a password is tried again.

        Raises:
            OSError: A certificate file cannot be read.
        """
        self._settings = settings
        self._servers = Servers(
            settings.places(),
            connect_timeout=settings.timeouts.connect,
            operation_timeout=settings.timeouts.operation,
            clock=clock,
        )
        account = settings.service_account
        self._searcher = (
            ServiceSearcher(self._servers, settings, account, clock) if account is not None else None
        )
        self._passwords = PasswordCheck(self._servers, settings)
        self._people = People(settings, robots)
        self._groups = GroupFinder(settings)
        users, groups = settings.users, settings.groups
        self._accounts = AccountCheck(users.disabled_filter, users.disabled_by)
        self._no_people = EmptinessCheck("users", users.bases, users.scope, users.filter)
        self._no_groups = EmptinessCheck("groups", groups.bases, groups.scope, groups.filter)
        direct = settings.login.mode == "direct"
        self._direct = (
            DirectLogin(settings, self._passwords, self._people, self._searcher) if direct else None
        )

    def read_name(self, typed: str) -> TypedName | Refusal:
        """Read a typed name, which is refused where nobody can have it; no server is asked."""
        return names.read(typed, self._settings.login, self._settings.kind)

    def resolve(self, name: TypedName, within: timedelta) -> TypedName:
        """Return the name of the account that is meant by a typed name.

        A server is asked only about a UPN, and where people have other names than their subject's.

        Args:
            name: As `read_name` gave it.
            within: How long that may take.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: A server answered, but an administrator must change something.
        """
        if name.upn:
            return self._people.resolve(self._service(), name, Deadline(within))
        if self._direct is None and self._people.have_other_names:
            return self._people.under_one_account(self._service(), name, Deadline(within))
        return name

    def authenticate(self, name: TypedName, password: Secret) -> DirectorySubject | Refusal:
        """Find out who somebody is.

        Args:
            name: As `resolve` gave it.
            password: As typed, checked for emptiness.

        Returns:
            The subject with all groups, or why not. An unknown name and a wrong password have the same text.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: A server answered, but an administrator must change something.
        """
        deadline = Deadline(self._settings.timeouts.login)
        with self._logged_in(name.plain, password, deadline) as authenticated:
            if isinstance(authenticated, Refusal):
                return authenticated
            return self._subject(authenticated, deadline)

    def look_up(self, name: str) -> DirectorySubject | Refusal:
        """Find out who somebody would be without a password: for explanations, never for a login.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: An administrator must change something; there is no service account.
        """
        searcher = self._service()
        typed = self.read_name(name)
        if isinstance(typed, Refusal):
            return typed
        plain = self.resolve(typed, _LOOK_UP_TIMEOUT).plain
        deadline = Deadline(_LOOK_UP_TIMEOUT)
        find = self._people.find if self._direct is None else self._direct.entry
        person = find(searcher, plain, deadline)
        return (
            UNKNOWN
            if person is None
            else self._subject(Authenticated(person, searcher), deadline, explain=True)
        )

    def people_in(self, group: DN | str) -> Iterator[Person]:
        """Yield the people in a group, and those in nested groups where the settings count them.

        Args:
            group: Its DN, or its name, which several groups may have.

        Raises:
            DirectoryUnavailable: No server answered in time.
            DirectoryMisconfigured: An administrator must change something; there is no service account.
        """
        return Members(self._settings, self._people, self._service()).people_in(group)

    def group_fault(self, name: str) -> Fault | None:
        """Return why no login finds a group of this name (a name with `=` in it is a DN); None where one can.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account may not search there, or there is none.
        """
        check = GroupCheck(self._service(), self._settings.groups)
        return check.fault(name, Deadline(self._settings.timeouts.login))

    def ping(self) -> None:
        """Make sure that a server answers the service account; without one, that a server answers at all.

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
        """Close the idle connections. The directory can still be used, and opens new ones."""
        if self._searcher is not None:
            self._searcher.close()
        self._passwords.close()

    def _service(self) -> ServiceSearcher:
        if self._searcher is None:
            raise DirectoryMisconfigured("nobody can be looked up without directory.service_account")
        return self._searcher

    def _logged_in(
        self, name: str, password: Secret, deadline: Deadline
    ) -> AbstractContextManager[Authenticated | Refusal]:
        if self._direct is not None:
            return self._direct.logged_in(name, password, deadline)
        return self._found_and_bound(name, password, deadline)

    @contextmanager
    def _found_and_bound(
        self, name: str, password: Secret, deadline: Deadline
    ) -> Iterator[Authenticated | Refusal]:
        """Find the person as the service account, then bind as that person."""
        searcher = self._service()
        person = self._people.find(searcher, name, deadline)
        if person is None:
            self._no_people.missed(searcher, deadline)
            yield UNKNOWN
        else:
            self._no_people.found()
            refusal = self._passwords.check(person.entry.dn, password, deadline)
            yield refusal or Authenticated(person, searcher)

    def _subject(
        self, authenticated: Authenticated, deadline: Deadline, *, explain: bool = False
    ) -> DirectorySubject | Refusal:
        person, searcher = authenticated.person, authenticated.searcher
        if refusal := self._accounts.refusal(searcher, person.entry, deadline):
            return refusal
        groups = self._groups.of_person(searcher, person.entry, deadline, explain=explain)
        if groups:
            self._no_groups.found()
        elif self._settings.groups.strategy != "none":
            self._no_groups.missed(searcher, deadline)
        return self._people.subject(person, groups)
