"""OpenLDAP's proxy back end (slapd-ldap(5)): a slapd that passes everything on to another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from tests.support import ldap
from tests.support.ports import free_port
from tests.support.processes import Program, listens
from tests.support.slapd import SUFFIX, Slapd
from tests.support.tools import require

_CONFIGURATION: Final = """\
modulepath /usr/lib/ldap
moduleload back_ldap
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
database ldap
suffix "{suffix}"
uri "{url}"
rebind-as-user yes
"""


@dataclass(slots=True)
class SlapdProxy:
    """A proxy before a directory.

    Attributes:
        folder: Its configuration.
        behind: The directory that answers.
        port: The port of ldap://, on loopback.
    """

    folder: Path
    behind: Slapd
    port: int = field(default_factory=free_port)
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "slapd.conf"
        file.write_text(_CONFIGURATION.format(suffix=SUFFIX, url=self.behind.url))
        self._program = Program(
            name="slapd",
            argv=(require("slapd"), "-d", "none", "-f", file, "-h", f"ldap://127.0.0.1:{self.port}/"),
            log=self.folder.with_name(f"{self.folder.name}.log"),
            ready=listens(self.port),
            within=timedelta(seconds=60),
        )

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        asks_the_proxy = {"servers": [f"ldap://127.0.0.1:{self.port}"], "start_tls": False}
        return ldap.section(self.behind, **(asks_the_proxy | changed))

    def __enter__(self) -> Self:
        self._program.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.stop()
