"""The `state` section of the configuration file (reference: docs/reference/configuration.md)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr, field_validator, model_validator

from app.configfile.fields import Duration, Section, resolve
from app.errors import UnfitError

FALLBACK_FOLDER_VARIABLE = "WHARFINGER_FALLBACK_FOLDER"
"""Names the folder in which the processes of one machine count while PostgreSQL is unavailable."""
_SQLITE, _POSTGRESQL = "sqlite:///", "postgresql+psycopg://"
_SHORTEST_SECRET = 32
_HINT = "write sqlite:////var/lib/wharfinger/state.db, or postgresql+psycopg://NAME@HOST/DATABASE"


class StateSettings(Section):
    """The state that the processes of all servers share; the URL alone may stand for the section.

    Attributes:
        url: `sqlite:///PATH` or `postgresql+psycopg://NAME@HOST:PORT/DATABASE`.
        secret: The key of what is kept; one for all servers that share a database.
        timeout: How long an answer is waited for. Usually it takes a millisecond. After this time each
            process counts alone, and more wrong passwords get through: be patient.
    """

    url: str = "sqlite:////var/lib/wharfinger/state.db"
    password: SecretStr | None = None
    password_file: Path | None = None
    secret: SecretStr | None = None
    secret_file: Path | None = None
    timeout: Duration = timedelta(seconds=1)

    @field_validator("timeout")
    @classmethod
    def _bounded(cls, value: timedelta) -> timedelta:
        if not timedelta(milliseconds=100) <= value <= timedelta(seconds=5):
            raise UnfitError("the state is waited for 100ms to 5s", "write 1s")
        return value

    @model_validator(mode="before")
    @classmethod
    def _url_alone(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _database(cls, value: str) -> str:
        try:
            url = urlsplit(value)
            secret = url.password is not None or "password" in parse_qs(url.query)
            usable = url.port is None or url.port > 0
        except ValueError:
            raise UnfitError("the URL of the state cannot be read", _HINT) from None
        if secret:  # not shown
            raise UnfitError(
                "the URL of the state holds a password", "write it to a file, and password_file: PATH"
            )
        is_file = value.startswith(_SQLITE) and len(value) > len(_SQLITE) and not url.query
        is_server = value.startswith(_POSTGRESQL) and len(url.path) > 1
        if not (usable and (is_file or is_server)):
            raise UnfitError(f"{value!r} is no database that the state can be kept in", _HINT)
        return value

    @model_validator(mode="after")
    def _secrets(self) -> StateSettings:
        for name in ("password", "secret"):
            text: SecretStr | None = getattr(self, name)
            if text is not None and getattr(self, f"{name}_file") is not None:
                raise UnfitError(f"the state has two {name}s", f"take out {name} or {name}_file")
        if self.secret is not None and len(self.secret.get_secret_value()) < _SHORTEST_SECRET:
            raise UnfitError(
                f"the secret is shorter than {_SHORTEST_SECRET} characters", "use openssl rand -hex 32"
            )
        if self.sqlite is None and self.secret is None and self.secret_file is None:
            raise UnfitError(
                "'secret_file' is missing: servers that share a database share a secret",
                "write secret_file: PATH, and into the file what openssl rand -hex 32 prints",
            )
        return self

    @property
    def sqlite(self) -> Path | None:
        """The file of an SQLite database; None where it is another."""
        return Path(self.url.removeprefix(_SQLITE)) if self.url.startswith(_SQLITE) else None

    def seen_from(self, base: Path) -> StateSettings:
        """Return the same with the path in the URL absolute, as seen from a folder."""
        if self.sqlite is None:
            return self
        return self.model_copy(update={"url": f"{_SQLITE}{resolve(self.sqlite, base)}"})
