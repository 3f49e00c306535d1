"""A Samba Active Directory domain controller as a process, with an account in every state that there is.

The domain is provisioned once, into a packed folder in the ignored cache; each run unpacks a copy, so that
every run begins with the same accounts.
"""

from __future__ import annotations

import hashlib
import inspect
import shutil
import ssl
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from tests.support import certificates, samba_company
from tests.support.certificates import Certificate
from tests.support.commands import run
from tests.support.ports import free_port
from tests.support.processes import Program
from tests.support.samba_company import DOMAIN, REALM, SUFFIX
from tests.support.tools import CACHE, exclusive, require, require_root

_BYPASS_PASSWORD_HASH: Final = "local_oid:1.3.6.1.4.1.7165.4.3.12:0"
"""The control that lets pwdLastSet be written as it is, in a database that nobody serves."""
_PACKAGES: Final = "samba samba-ad-dc samba-ad-provision samba-dsdb-modules ldb-tools"


def _own_address() -> str:
    """Return an address of the loopback network that no other run uses."""
    port = free_port()
    return f"127.5.{port // 256}.{port % 256}"


@dataclass(slots=True)
class Samba:
    """A domain controller; its ports are fixed, so each has a loopback address of its own.

    Attributes:
        folder: Its configuration, databases and TLS material.
        address: Where it listens.
    """

    folder: Path
    address: str = field(default_factory=_own_address)
    certificate: Certificate = field(init=False)
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        samba = require("samba", _PACKAGES)
        require_root("a domain controller")
        _unpack(_packed_domain(), self.folder)
        self.certificate = certificates.make(self.folder / "tls", self.address, f"dc1.{REALM.lower()}")
        smb_conf = _write_smb_conf(self.folder, self.address, self.certificate)
        self._program = Program(
            name="samba",
            argv=(samba, "-i", "-M", "single", "-s", smb_conf, "--no-process-group", "--debug-stdout"),
            log=self.folder.with_name(f"{self.folder.name}.log"),
            ready=self._answers,
            within=timedelta(seconds=60),
        )

    @property
    def url(self) -> str:
        """The address without TLS, where no simple bind is taken."""
        return f"ldap://{self.address}"

    @property
    def tls_url(self) -> str:
        """The address with TLS."""
        return f"ldaps://{self.address}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._program.pid

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        return {
            "kind": "activedirectory",
            "servers": [self.tls_url],
            "tls": {"ca_file": str(self.certificate.ca_file)},
            "service_account": {
                "dn": samba_company.SERVICE_ACCOUNT,
                "password": samba_company.SERVICE_PASSWORD,
            },
            "users": {"bases": [SUFFIX]},
            "groups": {"bases": [f"OU=Groups,{SUFFIX}"]},
        } | changed

    def _answers(self) -> bool:
        try:
            ssl.get_server_certificate((self.address, 636), ca_certs=str(self.certificate.ca_file), timeout=2)
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        self._program.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.stop()


def _packed_domain() -> Path:
    """Return the packed domain; made at the first use, and when what is in it has changed."""
    version = (
        run("samba", "--version").stdout + inspect.getsource(samba_company) + inspect.getsource(_provision)
    )
    digest = hashlib.sha256(version.encode()).hexdigest()[:16]
    packed = CACHE / "samba" / f"domain-{digest}.tar.gz"
    with exclusive(packed.with_suffix(".lock")):
        if not packed.exists():
            for older in packed.parent.glob("domain-*.tar.gz"):
                older.unlink()
            with tempfile.TemporaryDirectory(prefix="wharfinger-samba-") as folder:
                _provision(Path(folder) / "domain")
                _fill(Path(folder) / "domain" / "private" / "sam.ldb")
                _pack(Path(folder) / "domain", packed)
    return packed


def _provision(folder: Path) -> None:
    empty = folder.with_name("empty.conf")
    empty.touch()
    run(
        *("samba-tool", "domain", "provision", "-s", empty, f"--targetdir={folder}"),
        *(f"--realm={REALM}", f"--domain={DOMAIN}", "--server-role=dc", "--dns-backend=NONE"),
        *("--host-name=dc1", "--host-ip=127.0.0.1", "--use-rfc2307"),
        *("--option=bind interfaces only = yes", "--option=interfaces = lo"),
        within=timedelta(minutes=5),
        check=True,
    )


def _fill(database: Path) -> None:
    rules = ("--complexity=off", "--min-pwd-length=1", "--history-length=0", "--min-pwd-age=0")
    lockout = ("--account-lockout-threshold=5", "--account-lockout-duration=0")
    forget = "--reset-account-lockout-after=0"
    command = ("samba-tool", "domain", "passwordsettings", "set", "-H", database)
    run(*command, *rules, *lockout, forget, check=True)
    run("ldbadd", "-H", database, stdin=samba_company.entries(), check=True)
    token = run("ldbsearch", "-H", database, "(cn=team-web)", "primaryGroupToken", check=True).stdout
    (number,) = (line.split()[1] for line in token.splitlines() if line.startswith("primaryGroupToken:"))
    changes = samba_company.changes(number)
    run("ldbmodify", "-H", database, f"--controls={_BYPASS_PASSWORD_HASH}", stdin=changes, check=True)
    _hide(database, samba_company.HIDDEN, samba_company.SERVICE_ACCOUNT)


def _hide(database: Path, dn: str, account: str) -> None:
    """Let an account read nothing of an entry."""
    found = run("ldbsearch", "-H", database, "-b", account, "-s", "base", "objectSid", check=True).stdout
    (sid,) = (line.split()[1] for line in found.splitlines() if line.startswith("objectSid:"))
    run(
        "samba-tool",
        "dsacl",
        "set",
        "-H",
        database,
        f"--objectdn={dn}",
        f"--sddl=(D;;RP;;;{sid})",
        check=True,
    )


def _pack(folder: Path, archive: Path) -> None:
    unfinished = archive.with_suffix(".unfinished")
    with tarfile.open(unfinished, "w:gz") as tar:
        for name in ("private", "state"):
            tar.add(folder / name, name)
    unfinished.chmod(0o600)
    unfinished.replace(archive)


def _unpack(archive: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    for name in ("cache", "run", "tls"):
        (folder / name).mkdir()


def _write_smb_conf(folder: Path, address: str, certificate: Certificate) -> Path:
    file = folder / "smb.conf"
    file.write_text(f"""\
[global]
netbios name = DC1
realm = {REALM}
workgroup = {DOMAIN}
server role = active directory domain controller
server services = ldap
interfaces = {address}/8
bind interfaces only = yes
private dir = {folder}/private
state directory = {folder}/state
cache directory = {folder}/cache
lock directory = {folder}/run
pid directory = {folder}/run
ncalrpc dir = {folder}/run/ncalrpc
winbindd socket directory = {folder}/run/winbindd
ntp signd socket directory = {folder}/run/ntp
tls enabled = yes
tls cafile = {certificate.ca_file}
tls certfile = {certificate.file}
tls keyfile = {certificate.key_file}
""")
    return file
