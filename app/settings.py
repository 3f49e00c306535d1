"""The configuration file: the sections that the packages define beside their code, put together.

One YAML file; `WHARFINGER__SERVER__BIND`-style environment variables over it, and files of the folder
`WHARFINGER_SECRETS_DIR` with such names over both. Reference: docs/reference/configuration.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.configfile import problems, yaml
from app.configfile.fields import Duration, Section, resolve, wrong
from app.configfile.yaml import Document
from app.directory.settings import DirectorySettings
from app.errors import ConfigurationError, Problem
from app.keys.kid import KeyId
from app.login.settings import ShieldSettings
from app.protocol.claims import MIN_LIFETIME
from app.telemetry.audit import AuditSettings
from app.telemetry.log import LogSettings

PATH_VARIABLE = "WHARFINGER_CONFIG"
"""Names the configuration file where a command line does not."""
SECRETS_VARIABLE = "WHARFINGER_SECRETS_DIR"
_PREFIX = "WHARFINGER__"
Model = TypeVar("Model", bound=BaseModel)
RealmName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]


class ServerSettings(Section):
    """The HTTP server."""

    bind: Annotated[str, StringConstraints(pattern=r"^(.+:[0-9]+|unix:.+)$")] = "127.0.0.1:5001"
    workers: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    threads: Annotated[int, Field(ge=1, le=1024)] = 16
    trusted_proxies: tuple[str, ...] = ()
    proxy_hops: Annotated[int, Field(ge=1, le=16)] = 1
    proxy_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                each == "unix" or ip_network(each)
            except ValueError as error:
                raise wrong(f"{each!r} is no network", "write 10.0.0.0/8, an address, or unix") from error
        return value

    def worker_count(self) -> int:
        """Give the number of processes: one for each core that this process may use, unless configured."""
        return len(os.sched_getaffinity(0)) if self.workers == "auto" else self.workers


class LimitSettings(Section):
    """How much one request may hold, and how long a token may get (protocol limits)."""

    scopes: Annotated[int, Field(ge=1)] = 100
    scope_length: Annotated[int, Field(ge=1)] = 1024
    username_length: Annotated[int, Field(ge=1)] = 256
    password_length: Annotated[int, Field(ge=1)] = 1024
    body_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024
    token_bytes: Annotated[int, Field(ge=1024)] = 7 * 1024


class ServiceSettings(Section):
    """What the tokens of one registry look like."""

    key_id: str = "libtrust"
    x5c: bool = False

    @field_validator("key_id")
    @classmethod
    def _known_format(cls, value: str) -> str:
        try:
            KeyId.parse(value)
        except ValueError as error:
            raise wrong(str(error)) from error
        return value


class LifetimeSettings(Section):
    """How long tokens live."""

    default: Duration = timedelta(minutes=5)
    push: Duration = timedelta(minutes=15)
    backdate: Duration = timedelta(seconds=10)

    @field_validator("default", "push")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < MIN_LIFETIME:
            raise wrong("a token lives 60s at least", "clients take a shorter lifetime as 60s")
        return value


class RealmSettings(Section):
    """One realm: who issues, for which registries, by which rules, with which keys, from which directory."""

    issuer: str
    services: Annotated[dict[str, ServiceSettings], Field(min_length=1)]
    lifetimes: LifetimeSettings = LifetimeSettings()
    password_grant: bool = True
    issued_at: bool = False
    rules: Path
    keys: Path
    directory: DirectorySettings
    shield: ShieldSettings = ShieldSettings()

    @field_validator("issuer")
    @classmethod
    def _http_url(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.netloc:
            raise wrong(f"{value!r} is no URL", "write https://auth.example.com/auth/realms/corp")
        return value


class Settings(BaseSettings):
    """The whole file."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        validate_default=True,
        hide_input_in_errors=True,
    )

    server: ServerSettings = ServerSettings()
    log: LogSettings = LogSettings()
    audit: AuditSettings = AuditSettings()
    limits: LimitSettings = LimitSettings()
    default_realm: RealmName
    realms: Annotated[dict[RealmName, RealmSettings], Field(min_length=1)]

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default_realm not in self.realms:
            raise wrong(
                f"default_realm: there is no realm {self.default_realm!r}",
                f"write one of: {', '.join(self.realms)}",
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the sources know it
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put secret files over the environment, and the environment over the file."""
        if SECRETS_VARIABLE not in os.environ:
            return env_settings, init_settings
        secrets = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=os.environ[SECRETS_VARIABLE],
            secrets_nested_delimiter="__",
        )
        return secrets, env_settings, init_settings


def load(path: Path) -> Settings:
    """Read the configuration file, and what the environment puts over it.

    Returns:
        The settings, every path in them absolute.

    Raises:
        ConfigurationError: Anything is wrong with it; carries every problem found.
    """
    document = yaml.read(path)
    if not isinstance(document.data, dict):
        raise ConfigurationError(
            [document.problem((), "the file must be a mapping", "write 'realms:' and so on")]
        )
    try:
        settings = Settings(**document.data)
    except ValidationError as error:
        raise ConfigurationError(_describe(error, document)) from None
    return _resolve(settings, path.absolute().parent)


def _describe(error: ValidationError, document: Document) -> list[Problem]:
    """Give the problems of a validation, each at its place in the file or named by its variable."""
    found = []
    for details, problem in zip(
        error.errors(include_url=False, include_input=False),
        problems.describe(error, document, Settings),
        strict=True,
    ):
        variable = _variable(details["loc"], os.environ)
        found.append(
            Problem(f"environment variable {variable}", 0, 0, problem.text, problem.hint)
            if variable
            else problem
        )
    return found


def _variable(location: tuple[int | str, ...], environment: Mapping[str, str]) -> str | None:
    """Name the environment variable that a value came from; None where it came from none."""
    name = _PREFIX + "__".join(str(part) for part in location).upper()
    return next((known for known in sorted(environment) if known.upper() == name), None)


def _resolve(section: Model, base: Path) -> Model:
    """Make every path of a section absolute, as seen from the folder of the file."""

    def absolute(value: Any) -> Any:
        match value:
            case Path():
                return resolve(value, base)
            case BaseModel():
                return _resolve(value, base)
            case dict():
                return {key: absolute(item) for key, item in value.items()}
        return value

    return section.model_copy(update={name: absolute(value) for name, value in section})
