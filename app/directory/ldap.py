"""The directory, put together: a name and a password become a subject with groups."""

from __future__ import annotations

from datetime import timedelta

from app.directory import existence, names
from app.directory.connection import Deadline, Entry
from app.directory.groups import GroupSearch
from app.directory.login import PasswordCheck
from app.directory.search import Searcher, find_person, subject_name
from app.directory.servers import Servers, addresses
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials

_PING_TIMEOUT = timedelta(seconds=2)


class LdapDirectory:
    """One LDAP directory; connects when it is first asked, so that it may be forked before."""

    def __init__(self, settings: DirectorySettings) -> None:
        """Prepare.

        Raises:
            OSError: A certificate file cannot be read.
        """
        self._settings = settings
        servers = Servers(addresses(settings), settings.timeouts.connect)
        self._searcher = Searcher(servers, settings)
        self._passwords = PasswordCheck(servers, settings)
        self._groups = GroupSearch(self._searcher, settings.groups)

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
        name = credentials.username
        if not names.is_plausible(name):
            return _wrong("a name that is not looked up")
        deadline = Deadline(self._settings.timeouts.login)
        entry = find_person(self._searcher, self._settings.users, name, deadline)
        if entry is None:
            return _wrong("unknown user")
        subject = subject_name(entry, self._settings.users)
        if subject is None or names.canonical(name) != subject:
            return _wrong("the name is not the entry's own")
        refusal = self._passwords.check(entry.dn, credentials.password, deadline)
        return refusal if refusal is not None else self._subject(subject, entry, deadline)

    def has_group(self, name: str) -> bool:
        """Tell whether there is a group of a name, or of a DN where `=` is in it.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account may not search there.
        """
        deadline = Deadline(self._settings.timeouts.login)
        return existence.has_group(self._searcher, self._settings.groups, name, deadline)

    def ping(self) -> None:
        """Make sure that a server answers the service account.

        Raises:
            DirectoryUnavailable: None answers.
            DirectoryMisconfigured: The service account cannot bind.
        """
        self._searcher.ping(Deadline(_PING_TIMEOUT))

    def close(self) -> None:
        """Close the idle connections; the directory can still be used, and opens new ones."""
        self._searcher.close()
        self._passwords.close()

    def _subject(self, name: str, entry: Entry, deadline: Deadline) -> DirectorySubject:
        users = self._settings.users
        return DirectorySubject(
            name=name,
            id=next(iter(entry.texts(users.id_attribute)), ""),
            dn=entry.dn,
            groups=self._groups.of_person(entry, deadline),
            attributes={attribute.lower(): entry.texts(attribute) for attribute in users.attributes},
        )


def _wrong(detail: str) -> Refusal:
    return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail)
