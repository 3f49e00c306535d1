"""Directories that run on the Java virtual machine: UnboundID's in memory, ApacheDS, OpenDJ.

Maven brings them in pinned versions; they lie in the ignored cache.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)

from tests.support import certificates, plain_company
from tests.support.commands import run
from tests.support.plain_company import SUFFIX
from tests.support.ports import free_port
from tests.support.processes import Program, listens
from tests.support.tools import CACHE, exclusive, require

_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_START_TLS: Final = "dn: ads-extendedOpId=starttlshandler,"
"""ApacheDS begins TLS with a certificate of its own making, which nobody can verify."""
_HEAP: Final = "-Xmx512m"
_LONGEST_START: Final = timedelta(minutes=3)


def artifact(coordinates: str) -> Path:
    """Return the file of an artifact, fetched at the first use.

    Args:
        coordinates: `group:name:version` or `group:name:version:type`.
    """
    maven = require("mvn", "maven")
    folder = CACHE / "maven"
    _, name, version, *kind = coordinates.split(":")
    file = folder / f"{name}-{version}.{kind[0] if kind else 'jar'}"
    with exclusive(folder / ".lock"):
        if not file.exists():
            words = (f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}")
            run(maven, "-q", "-B", _PLUGIN, *words, within=timedelta(minutes=10), check=True)
    return file


@dataclass(slots=True)
class JvmDirectory:
    """A directory on the JVM, filled with the plain company when it is started.

    Attributes:
        folder: Its files.
        port: The port of ldap://, on loopback.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    _program: Program = field(init=False)
    administrator: ClassVar[tuple[str, str]] = ("", "")
    """The DN and the password with which it is filled."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._program = Program(
            name=type(self).__name__,
            argv=self.prepare(require("java", "default-jre-headless")),
            log=self.folder.with_name(f"{self.folder.name}.log"),
            ready=listens(self.port),
            within=_LONGEST_START,
        )

    def prepare(self, java: Path) -> tuple[str | Path, ...]:
        """Write its files and return the program with its arguments."""
        raise NotImplementedError

    def fill(self) -> None:
        """Put the company into it."""
        name, password = self.administrator
        file = self.folder / "administrator-password"
        file.touch(mode=0o600)
        file.write_text(password)
        words = ("-x", "-H", self.url, "-D", name, "-y", file)
        run(require("ldapadd", "ldap-utils"), *words, stdin=plain_company.entries(), check=True)

    @property
    def url(self) -> str:
        """The address."""
        return f"ldap://127.0.0.1:{self.port}"

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        return {
            "kind": "generic",
            "servers": [self.url],
            "service_account": {
                "dn": plain_company.SERVICE_ACCOUNT,
                "password": plain_company.SERVICE_PASSWORD,
            },
            "users": {"bases": [plain_company.PEOPLE]},
            "groups": {"bases": [plain_company.GROUPS]},
        } | changed

    def start(self) -> None:
        """Start it on the same port and data as before."""
        self._program.start()

    def stop(self) -> None:
        """End it, as when the machine under it goes down."""
        self._program.stop()

    def __enter__(self) -> Self:
        self.start()
        try:
            self.fill()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class UnboundId(JvmDirectory):
    """UnboundID's in-memory directory server; what is in it comes from a file."""

    def prepare(self, java: Path) -> tuple[str | Path, ...]:
        """Write the LDIF."""
        ldif = self.folder / "company.ldif"
        ldif.write_text(plain_company.root() + plain_company.entries())
        tool = "com.unboundid.ldap.listener.InMemoryDirectoryServerTool"
        jar = artifact("com.unboundid:unboundid-ldapsdk:7.0.3")
        data = ("--baseDN", SUFFIX, "--ldifFile", ldif, "--useDefaultSchema")
        return (java, _HEAP, "-cp", jar, tool, "--port", str(self.port), *data)

    def fill(self) -> None:
        """Do nothing: it has read the file."""


class ApacheDs(JvmDirectory):
    """ApacheDS, with the configuration of its package on another port."""

    administrator: ClassVar[tuple[str, str]] = ("uid=admin,ou=system", "secret")

    def prepare(self, java: Path) -> tuple[str | Path, ...]:
        """Write the instance's configuration."""
        jar = artifact("org.apache.directory.server:apacheds-service:2.0.0.AM27")
        with zipfile.ZipFile(jar) as packed:
            text = packed.read("config.ldif").decode()
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        text = re.sub(r"^(ads-systemport: )10389$", rf"\g<1>{self.port}", text, flags=re.MULTILINE)
        text = re.sub(r"^(ads-systemport: )10636$", rf"\g<1>{free_port()}", text, flags=re.MULTILINE)
        text = re.sub(rf"({_START_TLS}.*?ads-enabled: )TRUE", r"\g<1>FALSE", text, flags=re.DOTALL)
        (conf / "config.ldif").write_text(text)
        jars = f"{jar}:{artifact('org.slf4j:slf4j-api:1.7.36')}"
        return (java, _HEAP, "-cp", jars, "org.apache.directory.server.UberjarMain", self.folder)


class OpenDj(JvmDirectory):
    """OpenDJ, set up by its own command."""

    administrator: ClassVar[tuple[str, str]] = ("cn=Directory Manager", "manager-password")

    def prepare(self, java: Path) -> tuple[str | Path, ...]:
        """Unpack it and set it up."""
        packed = artifact("org.openidentityplatform.opendj:opendj-server-legacy:4.9.3:zip")
        shutil.unpack_archive(packed, self.folder)
        home = self.folder / "opendj"
        for program in (home / "setup", *(home / "bin").iterdir(), *(home / "lib").glob("*.sh")):
            program.chmod(0o755)
        name, password = self.administrator
        file = self.folder / "password"
        file.touch(mode=0o600)
        file.write_text(password)
        ports = ("--ldapPort", str(self.port), "--adminConnectorPort", str(free_port()))
        root = ("--rootUserDN", name, "--rootUserPasswordFile", file, "--hostname", "localhost")
        quiet = ("--cli", "--no-prompt", "--acceptLicense", "--doNotStart", "--skipPortCheck")
        base = ("--baseDN", SUFFIX, "--addBaseEntry")
        tls = ("--enableStartTLS", "--usePkcs12keyStore", self._key_store(), "--keyStorePasswordFile", file)
        extra = {"OPENDJ_JAVA_BIN": str(java)}
        run(
            home / "setup", *quiet, *base, *ports, *root, *tls, extra=extra, within=_LONGEST_START, check=True
        )
        return (home / "bin" / "start-ds", "--nodetach")

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        tls = {"start_tls": True, "tls": {"ca_file": str(self.folder / "tls" / "ca.pem")}}
        return super().section(**(tls | changed))

    def _key_store(self) -> Path:
        """Write a certificate with its key in the form that Java reads, and return the file."""
        made = certificates.make(self.folder / "tls", "localhost", "127.0.0.1")
        key = load_pem_private_key(made.key_file.read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        own = x509.load_pem_x509_certificate(made.file.read_bytes())
        encrypted = BestAvailableEncryption(self.administrator[1].encode())
        packed = self.folder / "server.p12"
        packed.write_bytes(pkcs12.serialize_key_and_certificates(b"server-cert", key, own, None, encrypted))
        return packed
