"""The `directory` section of a realm (reference: docs/reference/configuration.md)."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from app import dn
from app.configfile.fields import Duration, Section, wrong


def _dn(value: str) -> str:
    try:
        dn.parse(value)
    except ValueError as error:
        raise wrong(f"{value!r} is no DN: {error}", "write ou=people,dc=example,dc=com") from error
    return value


def _dns(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_dn, values))


Names = Annotated[tuple[str, ...], Field(min_length=1)]
Scope = Literal["one", "sub"]


class TlsSettings(Section):
    """How the servers' certificates are checked, and which certificate we show."""

    ca_file: Path | None = None
    server_name: str | None = None
    min_version: Literal["TLSv1.2", "TLSv1.3"] = "TLSv1.2"
    client_cert: Path | None = None
    client_key: Path | None = None


class TimeoutSettings(Section):
    """How long to wait: for a connection, for one operation, for a whole login."""

    connect: Duration = timedelta(seconds=3)
    operation: Duration = timedelta(seconds=5)
    login: Duration = timedelta(seconds=10)

    @field_validator("connect", "operation", "login")
    @classmethod
    def _some_time(cls, value: timedelta) -> timedelta:
        if not value:
            raise wrong("nothing answers in no time", "write 3s, or some other time")
        return value

    @field_validator("login")
    @classmethod
    def _under_the_clients_patience(cls, value: timedelta) -> timedelta:
        if value > timedelta(seconds=13):
            raise wrong("a login may take 13s at the most", "Docker gives up after 15s")
        return value


class PoolSettings(Section):
    """How many connections a process keeps, and for how long."""

    search: Annotated[int, Field(ge=1, le=256)] = 4
    login: Annotated[int, Field(ge=1, le=256)] = 8
    wait: Duration = timedelta(seconds=2)
    lifetime: Duration = timedelta(minutes=5)
    idle_check: Duration = timedelta(seconds=30)


class ServiceAccountSettings(Section):
    """The account that searches: its password comes from a file, or from the environment."""

    dn: Annotated[str, AfterValidator(_dn)]
    password: SecretStr | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _one_password(self) -> ServiceAccountSettings:
        if self.password is None and self.password_file is None:
            raise wrong("the service account has no password", "write password_file: PATH")
        if self.password is not None and self.password_file is not None:
            raise wrong("the service account has two passwords", "take out password or password_file")
        if self.password is not None and not self.password.get_secret_value():
            raise wrong("the service account's password is empty", "a bind without one is anonymous")
        return self


class LoginSettings(Section):
    """How a typed name becomes an entry, and what the person is told."""

    mode: Literal["search"] = "search"
    tell_account_state: bool = False


class UserSettings(Section):
    """Where people are, and what of their entries is read."""

    bases: Annotated[Names, AfterValidator(_dns)]
    scope: Scope = "sub"
    filter: str = ""
    login_attributes: Names = ("uid",)
    subject_attribute: str = "uid"
    id_attribute: str = "entryUUID"
    attributes: tuple[str, ...] = ()


class GroupSettings(Section):
    """Where groups are, and how membership is found."""

    strategy: Literal["member_search", "none"] = "member_search"
    bases: Annotated[tuple[str, ...], AfterValidator(_dns)] = ()
    scope: Scope = "sub"
    filter: str = ""
    nested: bool = False
    max_depth: Annotated[int, Field(ge=1, le=100)] = 10
    max_groups: Annotated[int, Field(ge=1)] = 2000
    name_attribute: str = "cn"

    @model_validator(mode="after")
    def _bases_where_searched(self) -> GroupSettings:
        if self.strategy == "member_search" and not self.bases:
            raise wrong("'bases' is missing", "write bases: [ou=groups,dc=example,dc=com], or strategy: none")
        return self


class DirectorySettings(Section):
    """One directory: its servers in order of preference, and what is read from it."""

    kind: Literal["openldap"] = "openldap"
    servers: Names
    start_tls: bool = False
    allow_plaintext: bool = False
    tls: TlsSettings = TlsSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    pool: PoolSettings = PoolSettings()
    service_account: ServiceAccountSettings
    login: LoginSettings = LoginSettings()
    users: UserSettings
    groups: GroupSettings

    @field_validator("servers")
    @classmethod
    def _server_urls(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for server in servers:
            try:
                url = urlsplit(server)
                usable = url.scheme in ("ldap", "ldaps") and bool(url.hostname) and (url.port or 1) > 0
            except ValueError:
                usable = False
            hint = "write ldaps://host, ldaps://host:port or ldap://host"
            if "@" in server:  # not shown: a password may stand before it
                raise wrong("a server's address holds no user name", hint)
            if not usable or url.path not in ("", "/") or url.query:
                raise wrong(f"{server!r} is no LDAP server", hint)
        return servers

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> DirectorySettings:
        for server in self.servers:
            url = urlsplit(server)
            if url.scheme == "ldaps" and self.start_tls:
                raise wrong(f"start_tls does not go with {server}", "write ldap:// or leave start_tls out")
            if (
                url.scheme == "ldap"
                and not (self.start_tls or self.allow_plaintext)
                and not _is_loopback(url.hostname or "")
            ):
                hint = "write ldaps://, or start_tls: true; allow_plaintext: true if you must"
                raise wrong(f"passwords would go to {server} in clear", hint)
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
