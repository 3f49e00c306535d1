"""The configuration file: the sections that the packages define beside their code, put together.

One YAML file; `WHARFINGER__SERVER__BIND`-style environment variables over it, and files of the folder
`WHARFINGER_SECRETS_DIR` with such names over both. Reference: docs/reference/configuration.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.configfile import problems, yaml
from app.configfile.environment import DELIMITER, EnvironmentSource, Overrides, SecretsSource, own_files
from app.configfile.fields import Duration, Percentage, Section, resolve
from app.configfile.yaml import Document
from app.directory.settings import DirectorySettings
from app.errors import ConfigurationError, Problem, UnfitError
from app.keys.algorithm import Algorithm
from app.keys.fitness import Service
from app.keys.kid import KeyId
from app.keys.rotation import RealmKeys, Waits
from app.login.settings import ShieldSettings
from app.protocol.claims import MIN_LIFETIME
from app.rules import robot_names
from app.serving.settings import ServerSettings
from app.state.settings import StateSettings
from app.telemetry.audit import AuditSettings
from app.telemetry.log import LogSettings

SECRETS_VARIABLE = "WHARFINGER_SECRETS_DIR"
_PREFIX = "WHARFINGER__"
LAST_GOOD_VARIABLE = f"{_PREFIX}LAST_GOOD"
Model = TypeVar("Model", bound=BaseModel)
_LONGEST_NAME = 64
"""Octets of a realm's name, which is part of the name of a file too."""
_ROBOT_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9$+._-]{0,62}[$+._-]")
"""It ends with a sign, so that no person's name begins with it by chance."""
_UNKNOWN = object()
"""Stands for a section that has problems of its own."""
_LONGEST_TOKEN = timedelta(days=1)
_LONGEST_BACKDATE = timedelta(hours=1)


def _realm_name(value: str) -> str:
    printable = bool(value.strip()) and value.isprintable()
    if not printable or "/" in value or value in (".", "..") or len(value.encode()) > _LONGEST_NAME:
        hint = "write a part of a path, as the registries' addresses have it, without / in it"
        raise UnfitError(f"{value!r} cannot be a realm's name", hint)
    return value


def _service_name(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise UnfitError(
            f"{value!r} cannot be a service's name", "write what the registry has as its 'service'"
        )
    return value


def _not_empty(value: object) -> object:
    if value == "":
        raise UnfitError("the path is empty", "write where it lies, as seen from this file")
    return value


RealmName = Annotated[str, AfterValidator(_realm_name)]
ServiceName = Annotated[str, AfterValidator(_service_name)]
FilePath = Annotated[Path, BeforeValidator(_not_empty)]


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

    kind: Literal["zot"] | None = None
    denials: Literal["explain", "silent"] = "explain"
    key_id: str = "libtrust"
    x5c: bool = False
    algorithm: Algorithm | None = None

    @field_validator("key_id")
    @classmethod
    def _known_format(cls, value: str) -> str:
        KeyId.parse(value)
        return value

    def service(self) -> Service:
        """Return what the section says of a registry's tokens."""
        return Service(KeyId.parse(self.key_id), self.x5c, self.algorithm, self.kind == "zot")


class DenialSettings(Section):
    """What people are told who are refused something."""

    name_groups: bool = True


class LifetimeSettings(Section):
    """How long tokens live."""

    default: Duration = timedelta(minutes=5)
    push: Duration = timedelta(minutes=15)
    backdate: Duration = timedelta(seconds=10)

    @field_validator("default", "push")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < MIN_LIFETIME:
            raise UnfitError("a token lives 60s at least", "clients take a shorter lifetime as 60s")
        if value > _LONGEST_TOKEN:
            raise UnfitError("a token lives 24h at the most", "nothing takes back what it allows")
        return value

    @field_validator("backdate")
    @classmethod
    def _short_enough(cls, value: timedelta) -> timedelta:
        if value > _LONGEST_BACKDATE:
            raise UnfitError(
                "a token is backdated 1h at the most", "10s are enough where clocks are kept right"
            )
        return value


class RealmSettings(Section):
    """One realm: who issues, for which registries, by which rules, with which keys, from which directory."""

    issuer: str
    services: Annotated[dict[ServiceName, ServiceSettings], Field(min_length=1)]
    denials: DenialSettings = DenialSettings()
    lifetimes: LifetimeSettings = LifetimeSettings()
    password_grant: bool = True
    issued_at: bool = False
    rules: FilePath
    rules_guard: Percentage | None = None
    candidate_rules: FilePath | None = None
    keys: FilePath
    keys_propagation: Duration = timedelta(minutes=2)
    directory: DirectorySettings
    shield: ShieldSettings = ShieldSettings()
    robot_prefix: str = robot_names.PREFIX

    def realm_keys(self) -> RealmKeys:
        """Return what is configured for the realm's keys."""
        longest = max(self.lifetimes.default, self.lifetimes.push)
        waits = Waits(self.keys_propagation, longest, self.lifetimes.backdate)
        return RealmKeys(self.keys, self.issuer, self.key_services(), waits)

    def silent_services(self) -> frozenset[str]:
        """Return the services of which nobody is told why something is refused."""
        return frozenset(name for name, each in self.services.items() if each.denials == "silent")

    def key_services(self) -> dict[str, Service]:
        """Return what is asked of the keys, by the name of the service."""
        return {name: section.service() for name, section in self.services.items()}

    @field_validator("robot_prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        if not _ROBOT_PREFIX.fullmatch(value):
            hint = "write robot$, or letters and digits and then one of $ + . _ -"
            raise UnfitError(f"{value!r} cannot be the prefix of robots", hint)
        return value

    @field_validator("issuer")
    @classmethod
    def _printable(cls, value: str) -> str:
        hint = "write what the registries have as their 'issuer'"
        if "://" in value and "@" in value:  # not shown: a password may stand before it
            raise UnfitError("the issuer stands in every token, so it holds no user name", hint)
        if not value.strip() or not value.isprintable():
            raise UnfitError(f"{value!r} cannot be an issuer", hint)
        return value


class Settings(BaseSettings):
    """The whole file."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=_PREFIX,
        env_nested_delimiter=DELIMITER,
        env_parse_none_str="null",
        validate_default=True,
        hide_input_in_errors=True,
    )

    server: ServerSettings = ServerSettings()
    state: StateSettings | None = StateSettings()
    log: LogSettings = LogSettings()
    audit: AuditSettings = AuditSettings()
    limits: LimitSettings = LimitSettings()
    last_good: FilePath | None = None
    realms: Annotated[dict[RealmName, RealmSettings], Field(min_length=1)]
    default_realm: RealmName

    @field_validator("realms")
    @classmethod
    def _guards(cls, value: dict[str, RealmSettings], info: ValidationInfo) -> dict[str, RealmSettings]:
        """Check that what a guard compares with, and what it lets pass, outlives the server."""
        name = next((name for name, section in value.items() if section.rules_guard is not None), None)
        if name is not None and info.data.get("last_good", _UNKNOWN) is None:
            raise UnfitError(
                f"rules_guard of realm {name!r} needs last_good: without it a server that is "
                "started anew takes over what it holds back",
                "write last_good: /var/lib/wharfinger/last-good",
            )
        if name is not None and info.data.get("state", _UNKNOWN) is None:
            raise UnfitError(
                f"rules_guard of realm {name!r} needs a state, to note what was accepted",
                "take out 'state: null'",
            )
        return value

    @field_validator("default_realm")
    @classmethod
    def _exists(cls, value: str, info: ValidationInfo) -> str:
        realms = info.data.get("realms")  # None where they have problems of their own
        if realms is not None and value not in realms:
            raise UnfitError(f"there is no realm {value!r}", f"write one of: {', '.join(realms)}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours reads the environment
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put secret files over the environment, and the environment over the file."""
        document = init_settings()
        environment = EnvironmentSource(settings_cls, document)
        folder = _secrets_folder()
        if folder is None:
            return environment, init_settings
        secrets = SecretsSource(
            document,
            file_secret_settings,
            secrets_dir=folder,
            secrets_nested_delimiter=DELIMITER,
            env_prefix=_PREFIX,
        )
        return secrets, environment, init_settings


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
    overrides = Overrides.find(_PREFIX, os.environ, _secrets_folder())
    unknown = list(overrides.unknown(Settings, document))
    try:
        settings = Settings(**document.data)
    except ValidationError as error:
        named = {problem.position for problem in unknown}
        others = [each for each in _describe(error, document, overrides) if each.position not in named]
        raise ConfigurationError([*unknown, *others]) from None
    if unknown:
        raise ConfigurationError(unknown)
    return _absolute(settings, path.absolute().parent)


def _describe(error: ValidationError, document: Document, overrides: Overrides) -> Iterator[Problem]:
    """Yield the problems of a validation, each at its place in the file or named by its variable."""
    for violation in problems.violations(error, document, Settings):
        source = overrides.source(violation.location, document)
        if source is None:
            yield violation.problem(document)
        else:
            hint = "write it as JSON" if violation.hint in problems.STRUCTURES else violation.hint
            yield Problem.of_file(source, violation.text, hint)


def secret_files() -> tuple[Path, ...]:
    """Return the files of the secrets folder that stand over the configuration.

    Raises:
        ConfigurationError: The folder cannot be read.
    """
    folder = _secrets_folder()
    return tuple(own_files(folder, _PREFIX)) if folder is not None else ()


def _secrets_folder() -> Path | None:
    name = os.environ.get(SECRETS_VARIABLE)
    return Path(name) if name else None


def _absolute(settings: Settings, base: Path) -> Settings:
    """Make every path absolute, as seen from the folder of the file; those within other texts too."""
    resolved = _resolve(settings, base)
    state = resolved.state.seen_from(base) if resolved.state is not None else None
    return resolved.model_copy(update={"state": state, "server": resolved.server.seen_from(base)})


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
