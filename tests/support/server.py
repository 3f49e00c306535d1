"""Wharfinger under its real gunicorn, with a configuration made for the test."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import requests
import yaml

from app.keys.algorithm import Algorithm
from app.keys.create import active_key, create
from app.keys.signing_key import KeyState
from tests.spec.verifier import Distribution3, Docker2, verify
from tests.support.commands import Finished, run
from tests.support.ports import free_port
from tests.support.processes import Program, answers, wait_until
from tests.support.slapd import SERVICE_ACCOUNT, SERVICE_PASSWORD, SUFFIX, Slapd
from tests.support.tools import REPOSITORY

REALM: Final = "demo"
SERVICE: Final = "registry.example.com"
SAMPLE_RULES: Final = REPOSITORY / "deploy" / "demo" / "rules.yaml"

# Everybody in the tests comes from one address, and the sample's people mistype often.
_PATIENT: Final = {
    "failures_per_account": 100,
    "failures_per_source_and_account": 98,
    "failures_per_source": 10_000,
}

WHARFINGER: Final = (sys.executable, "-m", "app")

Lines = list[dict[str, Any]]


def realm_path(realm: str = REALM) -> str:
    """Return the path under which a realm's endpoints lie."""
    return f"/auth/realms/{realm}/protocol/docker-v2"


def configuration(port: int, slapd: Slapd) -> dict[str, Any]:
    """Return the sample company's configuration as the YAML file has it; a test may change it before use.

    It has one process, and so no state to share.
    """
    return {
        "server": {"bind": f"127.0.0.1:{port}", "workers": 1, "threads": 8},
        "state": None,
        "log": {"level": "info"},
        "audit": {"to": "audit.jsonl"},
        "default_realm": REALM,
        "realms": {
            REALM: {
                "issuer": f"http://127.0.0.1:{port}/auth/realms/{REALM}",
                "services": {SERVICE: {}},
                "shield": dict(_PATIENT),
                "rules": "rules.yaml",
                "keys": f"keys/{REALM}",
                "directory": {
                    "kind": "openldap",
                    "servers": [slapd.tls_url],
                    "tls": {"ca_file": str(slapd.ca_file)},
                    "service_account": {"dn": SERVICE_ACCOUNT, "password_file": "ldap-password"},
                    "login": {"tell_account_state": True},
                    "users": {"bases": [f"ou=people,{SUFFIX}"]},
                    "groups": {
                        "strategy": "member_search",
                        "bases": [f"ou=groups,{SUFFIX}"],
                        "nested": True,
                    },
                },
            }
        },
    }


@dataclass(slots=True)
class Server:
    """One server and the folder in which everything of it lies.

    Attributes:
        folder: Configuration, rules, keys, log and audit file.
        settings: What `configuration` gave, changed or not.
        rules: The rules file, copied into the folder.
        algorithm: Of the signing key that is made for it.
        extra: Environment variables for it.
        program: What is run, in the place of `wharfinger`.
    """

    folder: Path
    settings: dict[str, Any]
    rules: Path = SAMPLE_RULES
    algorithm: str = "ES256"
    extra: Mapping[str, str] = field(default_factory=dict)
    program: Sequence[str] = WHARFINGER
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(yaml.safe_dump(self.settings, allow_unicode=True), encoding="utf-8")
        shutil.copyfile(self.rules, self.folder / "rules.yaml")
        password = self.folder / "ldap-password"
        password.touch(mode=0o600)
        password.write_text(SERVICE_PASSWORD, encoding="utf-8")
        self._make_key()
        self._program = Program(
            name="wharfinger",
            argv=(*self.program, "serve", "--config", self.config),
            log=self.folder / "log.jsonl",
            ready=answers(f"{self.url}/livez"),
            extra=self.extra,
            cwd=REPOSITORY,
            within=timedelta(seconds=30),
        )

    def _make_key(self) -> None:
        """Make the signing key as `wharfinger keys new` does, but within this process: it is quicker."""
        folder = self.folder / "keys" / REALM
        if active_key(folder) is None:
            create(
                folder,
                name=None,
                algorithm=Algorithm(self.algorithm),
                state=KeyState.ACTIVE,
                common_name=self.issuer,
                now=datetime.now(UTC),
            )

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.folder / "wharfinger.yaml"

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{self.settings['server']['bind']}"

    @property
    def token_url(self) -> str:
        """The token endpoint of the sample realm: what a registry is told as its realm."""
        return f"{self.url}{realm_path()}/auth"

    @property
    def issuer(self) -> str:
        """The issuer of the sample realm."""
        return str(self.settings["realms"][REALM]["issuer"])

    @property
    def pid(self) -> int:
        """The process id of gunicorn's master."""
        return self._program.pid

    def workers(self) -> set[int]:
        """Return the process ids of gunicorn's workers."""
        return set(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))

    def command(self, *words: str | Path, check: bool = False) -> Finished:
        """Run one of wharfinger's own commands on this server's configuration."""
        return run(
            *WHARFINGER, *words, "--config", self.config, cwd=REPOSITORY, extra=self.extra, check=check
        )

    def fetch_keys(self, folder: Path) -> Path:
        """Fetch what the server publishes, as `certs.pem` and `jwks.json`, for a registry to trust."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, endpoint in (("certs.pem", "certs.pem"), ("jwks.json", "certs")):
            answer = requests.get(f"{self.url}{realm_path()}/{endpoint}", timeout=5)
            answer.raise_for_status()
            (folder / name).write_bytes(answer.content)
        return folder

    def verified(self, token: str) -> dict[str, Any]:
        """Verify a token as both kinds of registry would, by the published keys, and return its claims."""
        published = f"{self.url}{realm_path()}"
        bundle, jwks = (requests.get(f"{published}/{name}", timeout=5) for name in ("certs.pem", "certs"))
        found = [
            verify(token, registry, issuer=self.issuer, service=SERVICE, now=time.time())
            for registry in (Docker2(bundle.content), Distribution3(jwks.content))
        ]
        assert found[0] == found[1]
        return found[0]

    def log(self) -> Lines:
        """Return the log so far; a line that is no JSON is an error."""
        return _json_lines(self._program.log)

    def audit(self) -> Lines:
        """Return the audit stream so far."""
        return _json_lines(self.folder / str(self.settings["audit"]["to"]))

    def audit_line(self, **wanted: object) -> dict[str, Any]:
        """Wait for the audit line with these values and give it, the last one if there are several.

        Raises:
            ProgramFailed: There was none.
        """
        found: Lines = []

        def is_there() -> bool:
            found[:] = [line for line in self.audit() if wanted.items() <= line.items()]
            return bool(found)

        wait_until(is_there, within=timedelta(seconds=5), what=f"an audit line with {wanted}")
        return found[-1]

    def start(self) -> None:
        """Start it and wait until it is alive."""
        self._program.start()

    def stop(self) -> int | None:
        """End it in good order and give its exit status."""
        return self._program.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def sample_server(folder: Path, slapd: Slapd) -> Server:
    """Return the sample company's server, not yet started."""
    return Server(folder, configuration(free_port(), slapd))


def _json_lines(path: Path) -> Lines:
    if not path.exists():
        return []
    *whole, _unfinished = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in whole if line]
