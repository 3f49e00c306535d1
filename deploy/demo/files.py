"""The files that the demo's programs are configured with."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.demo.settings import ADDRESS, FOLDER, ROOT, SERVICE, Ports

CONFIGURATION = FOLDER / "wharfinger.yaml"
REGISTRY_CONFIGURATION = FOLDER / "registry.yaml"
DIRECTORY = FOLDER / "directory"
PUBLISHED = FOLDER / "published"
STORAGE = FOLDER / "registry"
AUDIT = FOLDER / "audit.jsonl"
RULES = ROOT / "deploy" / "demo" / "rules.yaml"

_PASSWORD = FOLDER / "service-account-password"


def write(ports: Ports) -> None:
    """Write them all anew."""
    CONFIGURATION.write_text(_wharfinger(ports), encoding="utf-8")
    REGISTRY_CONFIGURATION.write_text(_registry(ports), encoding="utf-8")
    _write_secret(_PASSWORD, "wharfinger-password\n")


def _wharfinger(ports: Ports) -> str:
    return f"""\
# The demo's configuration; `make demo` writes it anew at every start.
server:
  bind: "{ADDRESS}:{ports.wharfinger.number}"
state: sqlite:///state.db
audit: {{to: {AUDIT.name}}}
default_realm: demo
realms:
  demo:
    issuer: {ports.issuer}
    services:
      {SERVICE}: {{}}
    rules: {_quoted(RULES)}
    keys: keys
    directory:
      kind: openldap
      servers: ["ldaps://{ADDRESS}:{ports.ldaps.number}"]
      tls: {{ca_file: {DIRECTORY.name}/tls/ca.pem}}
      service_account:
        dn: cn=wharfinger,ou=services,dc=example,dc=com
        password_file: {_PASSWORD.name}
      login: {{mode: search, tell_account_state: true}}
      users: {{bases: ["ou=people,dc=example,dc=com"]}}
      groups: {{strategy: member_search, bases: ["ou=groups,dc=example,dc=com"], nested: true}}
"""


def _registry(ports: Ports) -> str:
    return f"""\
# The demo's registry; `make demo` writes it anew at every start.
version: 0.1
log: {{level: info}}
storage:
  filesystem: {{rootdirectory: {_quoted(STORAGE)}}}
  delete: {{enabled: true}}
http:
  addr: {ADDRESS}:{ports.registry.number}
auth:
  token:
    realm: {ports.issuer}/protocol/docker-v2/auth
    service: {SERVICE}
    issuer: {ports.issuer}
    rootcertbundle: {_quoted(PUBLISHED / "certs.pem")}
"""


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
