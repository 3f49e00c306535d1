"""People whom no other test knows: nothing of them is remembered anywhere, and nobody else is locked out."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import ldap3

from tests.support.slapd import SUFFIX, Slapd

_ADMINISTRATOR: Final = f"cn=admin,{SUFFIX}"
_PASSWORD: Final = "admin-password"
_numbers: Final = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody with an account; the name is also that of a sandbox."""

    name: str

    @property
    def dn(self) -> str:
        """The name of the entry."""
        return f"uid={self.name},ou=people,{SUFFIX}"

    @property
    def password(self) -> str:
        """The password, as the sample company makes them."""
        return f"{self.name}-password"


@contextlib.contextmanager
def newcomer(slapd: Slapd, *groups: str) -> Iterator[Newcomer]:
    """Put somebody into the directory and into these groups, for a while."""
    person = Newcomer(f"newcomer-{os.getpid()}-{next(_numbers)}")
    names = [f"cn={group},ou=groups,{SUFFIX}" for group in groups]
    attributes = {"cn": person.name, "sn": "Newcomer", "uid": person.name, "userPassword": person.password}
    server = ldap3.Server(slapd.url, get_info=ldap3.NONE)
    with ldap3.Connection(
        server, user=_ADMINISTRATOR, password=_PASSWORD, raise_exceptions=True
    ) as directory:
        directory.add(person.dn, "inetOrgPerson", attributes)
        for name in names:
            directory.modify(name, {"member": [(ldap3.MODIFY_ADD, [person.dn])]})
        try:
            yield person
        finally:
            for name in names:
                directory.modify(name, {"member": [(ldap3.MODIFY_DELETE, [person.dn])]})
            directory.delete(person.dn)
