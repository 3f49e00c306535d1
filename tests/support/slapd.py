"""The sample directory as a process, by the script that the demo and the container use too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import ldap3

from tests.support.certificates import Certificate
from tests.support.ports import free_port
from tests.support.processes import Program, listens
from tests.support.tools import REPOSITORY, require

SUFFIX: Final = "dc=example,dc=com"
SERVICE_ACCOUNT: Final = f"cn=wharfinger,ou=services,{SUFFIX}"
SERVICE_PASSWORD: Final = "wharfinger-password"

_START: Final = REPOSITORY / "ldap-fixtures" / "start-slapd"


@dataclass(frozen=True, slots=True)
class Variant:
    """What makes a directory another one than the sample.

    Attributes:
        config: More configuration of the database.
        ldif: More entries.
        certificate: In the place of the one that is made for it.
        socket: The path of a Unix socket to listen on too.
    """

    config: str = ""
    ldif: str = ""
    certificate: Certificate | None = None
    socket: Path | None = None

    def environment(self, folder: Path) -> dict[str, str]:
        """Write what the start script is to read into an empty folder, and give the names of the files."""
        named = {}
        for name, text in (("SAMPLE_CONFIG", self.config), ("SAMPLE_LDIF", self.ldif)):
            if text:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
                named[name] = str(folder / name)
        if self.certificate is not None:
            named["SAMPLE_TLS"] = str(self.certificate.file.parent)
        if self.socket is not None:
            named["SAMPLE_SOCKET"] = quote(str(self.socket), safe="")
        return named


@dataclass(slots=True)
class Slapd:
    """A slapd with the sample company; it keeps its ports and data over a stop and a start.

    Attributes:
        folder: Its configuration, database and TLS material.
        port: The port of ldap://, where StartTLS is offered too.
        tls_port: The port of ldaps://.
        variant: What makes it another one than the sample directory.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    variant: Variant = field(default_factory=Variant)
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        require("slapd")
        self._program = Program(
            name="slapd",
            argv=(_START, self.folder, str(self.port), str(self.tls_port)),
            log=self.folder.with_name(f"{self.folder.name}.log"),
            ready=lambda: listens(self.port)() and listens(self.tls_port)(),
            extra=self.variant.environment(self.folder.with_name(f"{self.folder.name}-variant")),
            within=timedelta(seconds=60),
        )

    @property
    def url(self) -> str:
        """The address without TLS."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The address with TLS."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """The certificate that signed its own."""
        return self.folder / "tls" / "ca.pem"

    @property
    def pid(self) -> int:
        """The process id of slapd itself."""
        return self._program.pid

    @property
    def log(self) -> Path:
        """What it wrote to its terminal."""
        return self._program.log

    def start(self) -> None:
        """Start it, on the same ports and data as before."""
        self._program.start()

    def stop(self) -> None:
        """End it, as when the machine under it goes down."""
        self._program.stop()

    def forgive(self, user: str, password: str) -> None:
        """Log a person in, so that the directory forgets wrong passwords: five would lock the account.

        Raises:
            ldap3.core.exceptions.LDAPExceptionError: The password is wrong, or the account is locked already.
        """
        server = ldap3.Server(self.url, get_info=ldap3.NONE)
        name = f"uid={user},ou=people,{SUFFIX}"
        with ldap3.Connection(server, user=name, password=password, raise_exceptions=True):
            pass

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
