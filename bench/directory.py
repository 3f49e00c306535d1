"""slapd with the company: the sample directory's own start script and configuration, with other entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench import company
from bench.company import Person
from tests.support.ports import free_port
from tests.support.processes import Program, listens
from tests.support.slapd import SERVICE_ACCOUNT, SUFFIX
from tests.support.tools import REPOSITORY

_FIXTURES: Final = ("start-slapd", "slapd.conf", "openssl.cnf", "base.ldif", "memberof.awk")


@dataclass(frozen=True, slots=True)
class Directory:
    """Where it lies and listens.

    Attributes:
        folder: Of everything; empty before.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)

    def program(self, everybody: Sequence[Person]) -> Program:
        """Return slapd with these people, not yet started."""
        fixtures = self.folder / "fixtures"
        fixtures.mkdir(parents=True)
        for name in _FIXTURES:
            (fixtures / name).symlink_to(REPOSITORY / "ldap-fixtures" / name)
        company.write_ldif(everybody, fixtures)
        return Program(
            name="slapd",
            # the script takes the entries that lie beside it
            argv=(fixtures / "start-slapd", self.folder / "slapd", str(self.port), str(self.tls_port)),
            log=self.folder / "slapd.log",
            ready=listens(self.tls_port),
        )

    def section(self, *, nested: bool, tls: bool) -> dict[str, Any]:
        """Return the `directory` section of a realm's configuration."""
        ldaps, ldap = f"ldaps://127.0.0.1:{self.tls_port}", f"ldap://127.0.0.1:{self.port}"
        return {
            "servers": [ldaps if tls else ldap],
            "tls": {"ca_file": str(self.folder / "slapd" / "tls" / "ca.pem")},
            "service_account": {"dn": SERVICE_ACCOUNT, "password_file": "ldap-password"},
            "users": {"bases": [f"ou=people,{SUFFIX}"]},
            "groups": {"bases": [f"ou=groups,{SUFFIX}"], "nested": nested},
        }
