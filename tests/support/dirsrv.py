"""A 389 Directory Server as a process, out of one folder, with an account in every state that it tells of.

Its configuration is written from the template of the package, so that no instance is made on the machine.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)

from tests.support import certificates, dirsrv_company
from tests.support.certificates import Certificate
from tests.support.commands import run
from tests.support.dirsrv_company import SUFFIX
from tests.support.ldif import replacement
from tests.support.ports import free_port
from tests.support.processes import Program, listens
from tests.support.tools import require, require_root

_PACKAGES: Final = "389-ds-base libnss3-tools"
_TEMPLATE: Final = Path("/usr/share/dirsrv/data/template-dse.ldif")
_SCHEMA: Final = Path("/etc/dirsrv/schema")
_ROOT: Final = "cn=Directory Manager"
_ROOT_PASSWORD: Final = "manager-password"
_PLUGINS: Final = {"MemberOf Plugin": "on", "7-bit check": "off"}
_ENABLED: Final = re.compile(r"^(nsslapd-pluginenabled: *)\w+", re.IGNORECASE | re.MULTILINE)
_FOLDERS: Final = ("schema", "lock", "tmp", "ldif", "bak", "run", "instance", "log", "db", "certificates")


@dataclass(slots=True)
class Dirsrv:
    """A directory server; it begins empty, and is filled when it is started.

    Attributes:
        folder: Its configuration, database and TLS material.
        port: The port of ldap://, where StartTLS is offered too.
        tls_port: The port of ldaps://.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    certificate: Certificate = field(init=False)
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        server = require("ns-slapd", _PACKAGES)
        require_root("389 Directory Server")
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(_SCHEMA, self.folder / "schema", dirs_exist_ok=True)
        self.certificate = certificates.make(self.folder / "tls", "localhost", "127.0.0.1")
        _import_certificate(self.folder / "certificates", self.certificate)
        (self.folder / "dse.ldif").write_text(self._configuration())
        self._program = Program(
            name="ns-slapd",
            argv=(server, "-D", self.folder, "-i", self.folder / "run" / "pid", "-d", "0"),
            log=self.folder.with_name(f"{self.folder.name}.log"),
            ready=lambda: listens(self.port)() and listens(self.tls_port)(),
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

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        return {
            "kind": "389ds",
            "servers": [self.tls_url],
            "tls": {"ca_file": str(self.certificate.ca_file)},
            "service_account": {
                "dn": dirsrv_company.SERVICE_ACCOUNT,
                "password": dirsrv_company.SERVICE_PASSWORD,
            },
            "users": {"bases": [f"ou=people,{SUFFIX}"]},
            "groups": {"bases": [f"ou=groups,{SUFFIX}"]},
        } | changed

    def _configuration(self) -> str:
        text = _with_plugins(_TEMPLATE.read_text())
        for name, value in _places(self.folder).items():
            text = text.replace(f"%{name}%", value)
        ports = f"nsslapd-port: {self.port}\nnsslapd-listenhost: 127.0.0.1\nnsslapd-security: on\n"
        tls = f"nsslapd-securePort: {self.tls_port}\nnsslapd-securelistenhost: 127.0.0.1\n"
        hashes = "nsslapd-allow-hashed-passwords: on\npasswordStorageScheme: SSHA512\n"
        return text.replace("nsslapd-port: %ds_port%\n", ports + tls + hashes)

    def _fill(self) -> None:
        for command, ldif in (
            ("ldapadd", dirsrv_company.backend()),
            ("ldapmodify", replacement("cn=config", **dirsrv_company.POLICY)),
            ("ldapadd", dirsrv_company.entries()),
            ("ldapmodify", dirsrv_company.changes()),
        ):
            self._as_root(command, ldif)

    def _as_root(self, command: str, ldif: str) -> None:
        require(command, "ldap-utils")
        password = self.folder / "manager-password"
        password.touch(mode=0o600)
        password.write_text(_ROOT_PASSWORD)
        run(command, "-x", "-H", self.url, "-D", _ROOT, "-y", password, stdin=ldif, check=True)

    def __enter__(self) -> Self:
        self._program.start()
        try:
            self._fill()
        except BaseException:
            self._program.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._program.stop()


def _with_plugins(template: str) -> str:
    """Switch on what writes memberOf, and off what lets nobody have a name beyond ASCII."""
    entries = template.split("\n\n")
    for index, text in enumerate(entries):
        for name, switch in _PLUGINS.items():
            if text.lstrip().startswith(f"dn: cn={name},cn=plugins,cn=config"):
                entries[index] = _ENABLED.sub(rf"\g<1>{switch}", text)
    return "\n\n".join(entries)


def _places(folder: Path) -> dict[str, str]:
    own = {
        "schema_dir": "schema",
        "lock_dir": "lock",
        "tmp_dir": "tmp",
        "cert_dir": "certificates",
        "ldif_dir": "ldif",
        "bak_dir": "bak",
        "run_dir": "run",
        "inst_dir": "instance",
        "log_dir": "log",
        "config_dir": "",
        "db_dir": "db",
        "db_home_dir": "db",
        "ldapi": "run/ldapi",
    }
    return {name: str(folder / place) for name, place in own.items()} | {
        "fqdn": "localhost",
        "ds_user": "root",
        "rootdn": _ROOT,
        "ds_passwd": _hashed(_ROOT_PASSWORD),
        "ldapi_enabled": "off",
        "ldapi_autobind": "off",
        "ds_suffix": SUFFIX,
        "db_lib": "bdb",
    }


def _hashed(password: str) -> str:
    salt = b"salt of tests"
    return "{SSHA512}" + base64.b64encode(hashlib.sha512(password.encode() + salt).digest() + salt).decode()


def _import_certificate(folder: Path, certificate: Certificate) -> None:
    """Put the certificate into NSS's database, where the server looks for it."""
    certutil, pk12util = require("certutil", "libnss3-tools"), require("pk12util", "libnss3-tools")
    password = folder / "password"
    password.write_text("nss-password")
    (folder / "pin.txt").write_text("Internal (Software) Token:nss-password\n")
    key = load_pem_private_key(certificate.key_file.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    own = x509.load_pem_x509_certificate(certificate.file.read_bytes())
    encrypted = BestAvailableEncryption(b"nss-password")
    packed = folder / "server.p12"
    packed.write_bytes(pkcs12.serialize_key_and_certificates(b"Server-Cert", key, own, None, encrypted))
    database = ("-d", folder, "-f", password)
    run(certutil, "-N", *database, check=True)
    run(certutil, "-A", *database, "-n", "ca", "-t", "CT,,", "-i", certificate.ca_file, check=True)
    run(pk12util, "-i", packed, "-d", folder, "-k", password, "-w", password, check=True)
