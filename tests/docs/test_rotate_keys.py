"""docs/how-to/rotate-keys.md: every command block is run, in its order, and says what the page shows."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from cryptography import x509

from app.cli.keys import realm as realms
from app.cli.main import main
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from tests.docs.reading import DOCS, blocks
from tests.support.authority import Authority
from tests.support.commands import run

_PAGE = (DOCS / "how-to" / "rotate-keys.md").read_text(encoding="utf-8")
_SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", _PAGE, re.DOTALL | re.MULTILINE))
_WITH_COMMANDS = [heading for heading, text in _SECTIONS.items() if blocks(text, "console")]
_OLD, _NEW = "2025-01-31-es256-vuzd", "2026-01-31-es256-7h2k"
_NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

# Tools that reach other machines: here they only have to be given files that exist.
_ELSEWHERE = ("kubectl", "rsync", "scp", "ssh")
_STUB = """#!/bin/sh
for word in "$@"; do
    case $word in /*|--from-file=*) test -e "${word#--from-file=}" || { echo "no $word" >&2; exit 1; } ;; esac
done
test "$1" = apply && cat >/dev/null
exit 0
"""


@dataclass(slots=True)
class Reader:
    """Somebody who does what a section says, in a folder that stands for the machine's root.

    Attributes:
        root: That folder.
        now: The time; a reader waits where the page says so.
        authority: Who certifies keys.
        variables: What the reader exported.
    """

    root: Path
    now: datetime = _NOW
    authority: Authority = field(default_factory=lambda: Authority.make(_NOW))
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        """The keys folder."""
        exported = self.variables.get("WHARFINGER__REALMS__CORP__KEYS")
        return Path(exported) if exported else self.root / "var" / "lib" / "wharfinger" / "keys"

    def prepare(self, heading: str) -> None:
        """Set up what the section takes for granted."""
        x5c = "authority" in heading
        for folder in ("etc/wharfinger", "srv/registry", "srv/keys", "bin"):
            (self.root / folder).mkdir(parents=True)
        for name in _ELSEWHERE:
            (self.root / "bin" / name).write_text(_STUB)
            (self.root / "bin" / name).chmod(0o755)
        realm = {
            "issuer": "https://auth.example.com/auth/realms/corp",
            "services": {"registry.example.com": {"x5c": x5c}},
            "rules": "rules.yaml",
            "keys": str(self.keys),
            "directory": {
                "servers": ["ldaps://ldap.example.com"],
                "service_account": {"dn": "cn=x,dc=example,dc=com", "password": "x"},
                "users": {"bases": ["dc=example,dc=com"]},
                "groups": {"strategy": "none"},
            },
        }
        config = {"default_realm": "corp", "realms": {"corp": realm}}
        (self.root / "etc" / "wharfinger" / "wharfinger.yaml").write_text(json.dumps(config))
        for keys_folder in (self.keys, self.root / "srv" / "keys" / "corp"):
            self._make_old(keys_folder, x5c=x5c)

    def _make_old(self, folder: Path, *, x5c: bool) -> None:
        made = _NOW - timedelta(days=365)
        key = create(
            folder,
            name=_OLD,
            algorithm=Algorithm.ES256,
            state=KeyState.ACTIVE,
            common_name="corp",
            now=made,
        )
        if x5c:
            (folder / f"{_OLD}.crt").write_bytes(self.authority.certify(key.public_key, _NOW))

    def do(self, command: str) -> str:
        """Run one command, which must succeed, and return what it says, in the names that the page uses."""
        name, _, value = command.removeprefix("export ").partition("=")
        command = re.sub(r"(?<=[ =])/(?=etc/|var/|srv/)", f"{self.root}/", command.replace(_NEW, self._new()))
        if name != command and re.fullmatch(r"\w+", name):
            self.variables[name] = re.sub(r"^/", f"{self.root}/", value)
            return ""
        said = self._wharfinger(command) if command.startswith("wharfinger ") else self._shell(command)
        if "openssl req" in command:
            self._answer_request()
        return said.replace(f"{self.root}/", "/").replace(self._new(), _NEW)

    def _new(self) -> str:
        """Return the name of the key that the page calls `_NEW`."""
        names = {key.name for key in keyring.load(self.keys).keys} - {_OLD}
        return next(iter(names), _NEW)

    def _wharfinger(self, command: str) -> str:
        result = CliRunner(env=self.variables).invoke(main, shlex.split(command)[1:])
        assert result.exit_code == 0, f"{command}\n{result.output}"
        self.now += timedelta(hours=1)
        return result.output

    def _shell(self, command: str) -> str:
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return run("sh", "-ec", command, extra={**self.variables, "PATH": path}, check=True).text

    def _answer_request(self) -> None:
        """Do what an authority does."""
        request = x509.load_pem_x509_csr((self.root / "srv" / "request.csr").read_bytes())
        (key,) = (each for each in keyring.load(self.keys).keys if each.state is KeyState.ANNOUNCED)
        assert request.public_key() == key.public_key
        certificate = self.authority.certify(key.public_key, self.now)
        (self.root / "srv" / "certificate.pem").write_bytes(certificate)


def _commands(block: str) -> Iterator[tuple[str, str]]:
    """Return each command of a block with what the page shows below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _masked(text: str) -> str:
    """Take out what is another at every turn."""
    text = re.sub(r"\b[A-Z2-7]{4}(:[A-Z2-7]{4}){11}\b", "LIBTRUST", text)
    text = re.sub(r"(RFC 7638\): )[\w-]{43}", r"\1THUMBPRINT", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", text).strip()


@pytest.mark.parametrize("heading", _WITH_COMMANDS)
def test_every_command_does_what_the_page_says(
    heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of a section succeed in their order, and say what the page shows."""
    reader = Reader(tmp_path)
    monkeypatch.setattr(realms, "now", lambda: reader.now)
    reader.prepare(heading)
    reader.do(blocks(_PAGE, "console")[0].removeprefix("$ ").strip())
    for block in blocks(_SECTIONS[heading], "console"):
        for command, shown in _commands(block):
            said = reader.do(command)
            if shown.strip():
                assert _masked(said) == _masked(shown), command


@pytest.mark.parametrize("heading", ["With certs.pem or jwks.json", "With certificates of an authority"])
def test_a_whole_rotation_is_shown(heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does everything in the section has one key at its end, the new one."""
    test_every_command_does_what_the_page_says(heading, tmp_path, monkeypatch)
    (key,) = keyring.load(tmp_path / "var" / "lib" / "wharfinger" / "keys").keys
    assert (key.name != _OLD, key.state) == (True, KeyState.ACTIVE)


def test_the_leaked_key_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder nor what registries are given has it any more."""
    test_every_command_does_what_the_page_says("A key leaked", tmp_path, monkeypatch)
    (key,) = keyring.load(tmp_path / "var" / "lib" / "wharfinger" / "keys").keys
    published = json.loads((tmp_path / "srv" / "registry" / "jwks.json").read_text())["keys"]
    assert {member["kid"] for member in published} == {key.libtrust, key.rfc7638}


def test_the_manifest_is_one() -> None:
    """The part of a pod that the page shows mounts the secret for the group alone."""
    (manifest,) = (yaml.safe_load(block) for block in blocks(_SECTIONS["Kubernetes"], "yaml"))
    (volume,) = manifest["volumes"]
    assert volume["secret"] == {"secretName": "wharfinger-keys", "defaultMode": 0o400}
    assert manifest["containers"][0]["volumeMounts"][0]["name"] == volume["name"]
