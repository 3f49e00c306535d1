"""The `keys` commands on a real configuration file, at a time that the test says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from app.cli.main import main
from app.keys import keyring
from app.keys.keyring import KeyRing

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass(slots=True)
class Commands:
    """The command line before a folder of its own; `demo` is the default realm, `other` another one.

    Attributes:
        folder: Configuration and keys.
        now: What the commands take for the time.
    """

    folder: Path
    now: datetime = START
    _service: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.configure()

    def configure(self, **service: Any) -> None:
        """Write the configuration; keywords are settings of the default realm's service."""
        realms = {
            name: {
                "issuer": f"https://auth.example.com/auth/realms/{name}",
                "services": {"registry.example.com": service},
                "rules": "rules.yaml",
                "keys": f"keys/{name}",
                "directory": {
                    "servers": ["ldaps://ldap.example.com"],
                    "service_account": {"dn": "cn=x,dc=example,dc=com", "password": "x"},
                    "users": {"bases": ["dc=example,dc=com"]},
                    "groups": {"strategy": "none"},
                },
            }
            for name in ("demo", "other")
        }
        self.config.write_text(json.dumps({"default_realm": "demo", "realms": realms}))

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "wharfinger.yaml"

    @property
    def keys(self) -> Path:
        """The keys folder of the default realm."""
        return self.folder / "keys" / "demo"

    @property
    def ring(self) -> KeyRing:
        """Read the default realm's keys."""
        return keyring.load(self.keys)

    def states(self) -> dict[str, str]:
        """Return the state of every key, by name."""
        return {key.name: key.state for key in self.ring.keys}

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def __call__(self, *words: str) -> Result:
        """Run `wharfinger keys` with these words."""
        return CliRunner().invoke(main, ["keys", *words, "--config", str(self.config)])

    def good(self, *words: str) -> str:
        """Run a command that must succeed, and return what it says."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def bad(self, *words: str) -> str:
        """Run a command that must end with 1, and return what it says."""
        result = self(*words)
        assert result.exit_code == 1, result.output
        return result.output
