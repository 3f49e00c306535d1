"""The `directory` section of a realm (reference: docs/reference/configuration.md)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from app import dn
from app.configfile.fields import Duration, Section
from app.directory import presets
from app.directory.account_check import DisablingAttribute
from app.directory.account_settings import ServiceAccountSettings
from app.directory.fields import Attribute, Bases, LdapFilter, NoAttribute, TimedFilter, checked_dn
from app.directory.presets import DirectoryKind
from app.dn import DN, attribute_type
from app.errors import UnfitError
from app.ldap import servers
from app.ldap.settings import PoolSettings, TlsSettings
from app.ldap.srv import SrvName
from app.ldap.transport import Address

PLACE = "{username}"
"""The place of the typed name in a template."""
_ACTIVE_DIRECTORY_NAME = re.compile(r"\{username\}@[A-Za-z0-9.-]+|[A-Za-z0-9.-]+\\\{username\}")
_SRV = re.compile(r"_ldaps?\._tcp(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)+")
_LONGEST_SOCKET = 107
"""Octets of the path of a Unix socket (unix(7))."""
Form = Literal["name", "upn", "domain\\name"]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
_ADDRESSES = frozenset(map(attribute_type, ("mail", "userPrincipalName")))
"""Attributes whose values have an @ in them."""
Scope = Literal["one", "sub"]


class TimeoutSettings(Section):
    """How long to wait: for a connection, for one operation, for a whole login."""

    connect: Duration = timedelta(seconds=3)
    operation: Duration = timedelta(seconds=5)
    login: Duration = timedelta(seconds=10)

    @field_validator("connect", "operation", "login")
    @classmethod
    def _some_time(cls, value: timedelta) -> timedelta:
        if not value:
            raise UnfitError("nothing answers in no time", "write 3s, or some other time")
        return value

    @field_validator("login")
    @classmethod
    def _under_the_clients_patience(cls, value: timedelta) -> timedelta:
        if value > timedelta(seconds=13):
            raise UnfitError("a login may take 13s at the most", "Docker gives up after 15s")
        return value


class LoginSettings(Section):
    r"""How a typed name becomes an entry, and what the person is told.

    Attributes:
        mode: search: the service account finds the entry; direct: the name is put into `template`.
        template: The name to bind with in direct mode, with `{username}` in it: a DN, or what only Active
            Directory takes, `{username}@suffix` or `DOMAIN\{username}`.
        forms: How a name may be typed.
        suffixes: What may stand behind the @ of `upn`.
        domains: What may stand before the backslash.
    """

    mode: Literal["search", "direct"] = "search"
    template: str | None = None
    forms: Annotated[tuple[Form, ...], Field(min_length=1)] = ("name",)
    suffixes: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    tell_account_state: bool = False

    @field_validator("template")
    @classmethod
    def _one_place(cls, value: str | None) -> str | None:
        hint = "write uid={username},ou=people,dc=example,dc=com"
        if value is not None and value.count(PLACE) != 1:
            raise UnfitError(f"the template needs {PLACE} exactly once", hint)
        if value is not None and "=" in value:
            checked_dn(value.replace(PLACE, "x"))
            if not re.search(rf"=\s*{re.escape(PLACE)}\s*(?:[,+]|$)", value):
                raise UnfitError(f"{PLACE} must be a whole value of the DN", hint)
        elif value is not None and not _ACTIVE_DIRECTORY_NAME.fullmatch(value):
            raise UnfitError(f"{value!r} is neither a DN nor a name of Active Directory", hint)
        return value

    @model_validator(mode="after")
    def _template_where_used(self) -> LoginSettings:
        if self.mode == "direct" and self.template is None:
            raise UnfitError("'template' is missing", "write uid={username},ou=people,dc=example,dc=com")
        if self.mode == "search" and self.template is not None:
            raise UnfitError("a template is for mode: direct", "write mode: direct, or take the template out")
        return self

    @model_validator(mode="after")
    def _known_endings(self) -> LoginSettings:
        for form, key in (("upn", "suffixes"), ("domain\\name", "domains")):
            ours = getattr(self, key)
            if form in self.forms and not ours:
                raise UnfitError(f"'{key}' is missing", f"the form {form} takes only those that are ours")
            if ours and form not in self.forms:
                raise UnfitError(f"'{key}' says nothing without the form {form}", f"add {form} to 'forms'")
        return self

    @property
    def binds_by_dn(self) -> bool:
        """Whether the template is a DN."""
        return self.template is not None and "=" in self.template


class _Place(Section):
    """Where entries are searched for."""

    bases: tuple[str, ...]
    scope: Scope = "sub"

    def covers(self, name: DN) -> bool:
        """Whether a search there would find an entry of this name."""
        depths = (name.depth_below(dn.parse(base) if base else dn.ROOT) for base in self.bases)
        return any(depth is not None and (depth == 1 or self.scope == "sub") for depth in depths)


class UserSettings(_Place):
    """Where people are, and what of their entries is read.

    Attributes:
        disabled_filter: Matches the entries that may not log in although the password is right.
        disabled_by: Attributes that say the same, and whose meaning is known.
    """

    bases: Annotated[Bases, Field(min_length=1)]
    filter: LdapFilter = ""
    disabled_filter: TimedFilter = ""
    disabled_by: tuple[DisablingAttribute, ...] = ()
    login_attributes: Annotated[tuple[Attribute, ...], Field(min_length=1)] = ("uid",)
    subject_attribute: Attribute = "uid"
    id_attribute: NoAttribute = "entryUUID"
    mail_attribute: NoAttribute = "mail"
    display_attribute: NoAttribute = "displayName"
    attributes: tuple[Attribute, ...] = ()


class GroupSettings(_Place):
    """Where groups are, and how membership is found.

    Attributes:
        member_of_attribute: The attribute of a person that names the person's groups (`strategy: member_of`).
    """

    strategy: Literal["member_search", "member_of", "token_groups", "in_chain", "none"] = "member_search"
    bases: Bases = ()
    filter: LdapFilter = ""
    nested: bool = False
    max_depth: Annotated[int, Field(ge=1, le=100)] = 10
    max_groups: Annotated[int, Field(ge=1)] = 2000
    name_attribute: Attribute = "cn"
    member_of_attribute: Attribute = "memberOf"
    ambiguous: Literal["refuse"] = "refuse"

    @model_validator(mode="after")
    def _bases_where_searched(self) -> GroupSettings:
        if self.strategy != "none" and not self.bases:
            raise UnfitError(
                "'bases' is missing", "write bases: [ou=groups,dc=example,dc=com], or strategy: none"
            )
        return self


class DirectorySettings(Section):
    """One directory: its servers in order of preference, and what is read from it."""

    kind: DirectoryKind = DirectoryKind.OPENLDAP
    servers: Names
    start_tls: bool = False
    allow_plaintext: bool = False
    tls: TlsSettings = TlsSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    pool: PoolSettings = PoolSettings()
    service_account: ServiceAccountSettings | None = None
    login: LoginSettings = LoginSettings()
    users: UserSettings
    groups: GroupSettings

    def places(self) -> tuple[Address | SrvName, ...]:
        """Return where the servers are, or which name says so, sharing one TLS context.

        Raises:
            OSError: A certificate file cannot be read.
        """
        return servers.places(
            self.servers,
            start_tls=self.start_tls,
            tls=self.tls,
            domain_scope=self.kind is DirectoryKind.ACTIVE_DIRECTORY,
        )

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, section: object) -> object:
        return presets.fill(section) if isinstance(section, Mapping) else section

    @field_validator("servers")
    @classmethod
    def _server_urls(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for server in servers:
            try:
                url = urlsplit(server)
                checks = {"ldapi": _is_socket, "srv": _is_srv}
                usable = checks.get(url.scheme, _is_host)(url)
            except ValueError:
                usable = False
            hint = (
                "write ldaps://host, ldaps://host:port, ldap://host, ldapi://%2Frun%2Fslapd%2Fldapi or"
                " srv:_ldaps._tcp.example.com"
            )
            if "@" in server:  # not shown: a password may stand before it
                raise UnfitError("a server's address holds no user name", hint)
            if not usable:
                raise UnfitError(f"{server!r} is no LDAP server", hint)
        return servers

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> DirectorySettings:
        for server in self.servers:
            url, is_plain = urlsplit(server), _is_plain(server)
            if not is_plain and self.start_tls:
                raise UnfitError(
                    f"start_tls does not go with {server}", "write ldap:// or leave start_tls out"
                )
            if (
                is_plain
                and not (self.start_tls or self.allow_plaintext)
                and not _is_loopback(url.hostname or "")
            ):
                hint = "write ldaps://, or start_tls: true; allow_plaintext: true if you must"
                raise UnfitError(f"passwords would go to {server} in clear", hint)
        return self

    @model_validator(mode="after")
    def _somebody_has_a_certificate(self) -> DirectorySettings:
        account, shown = self.service_account, self.tls.client_cert is not None
        distant = [each for each in self.servers if urlsplit(each).scheme != "ldapi"]
        if account is not None and account.external:
            if distant and not shown:
                text = "external: true needs a certificate by which the directory knows us"
                raise UnfitError(text, "set tls.client_cert and tls.client_key")
            plain = [each for each in distant if _is_plain(each) and not self.start_tls]
            if plain:
                text = f"external: true needs TLS, and {plain[0]} has none"
                raise UnfitError(text, "write ldaps://, or start_tls: true")
        if self.kind is DirectoryKind.GOOGLE and not shown:
            text = "Google Secure LDAP lets nobody in without a certificate"
            raise UnfitError(
                text, "set tls.client_cert and tls.client_key to those that the admin console made"
            )
        return self

    @model_validator(mode="after")
    def _addresses_are_searched_for_whole(self) -> DirectorySettings:
        given = [each for each in self.users.login_attributes if attribute_type(each) in _ADDRESSES]
        if given and "upn" in self.login.forms:
            raise UnfitError(
                f"nobody can log in by {given[0]}: the form upn takes the part behind the @ away",
                f"take upn out of login.forms, or {given[0]} out of users.login_attributes",
            )
        return self

    @model_validator(mode="after")
    def _somebody_searches(self) -> DirectorySettings:
        if self.service_account is None and self.login.mode == "search":
            raise UnfitError(
                "'service_account' is missing", "login.mode: search needs an account that searches"
            )
        if (
            self.service_account is None
            and "upn" in self.login.forms
            and self.kind is DirectoryKind.ACTIVE_DIRECTORY
        ):
            raise UnfitError(
                "the form upn needs 'service_account'",
                "only a search tells whose userPrincipalName was typed; or take upn out of login.forms",
            )
        by_name = self.login.template is not None and not self.login.binds_by_dn
        if by_name and self.kind is not DirectoryKind.ACTIVE_DIRECTORY:
            raise UnfitError(
                f"only Active Directory takes {self.login.template!r} for a name",
                "write a DN as the template",
            )
        return self


def _is_plain(server: str) -> bool:
    """Whether connections to a server begin without TLS, and go over a network."""
    return not servers.begins_with_tls(server) and urlsplit(server).scheme != "ldapi"


def _is_host(url: SplitResult) -> bool:
    """Whether an URL names a host, and a port or none.

    Raises:
        ValueError: The port is none.
    """
    is_bare = url.path in ("", "/") and not url.query
    return is_bare and url.scheme in ("ldap", "ldaps") and bool(url.hostname) and url.port != 0


def _is_socket(url: SplitResult) -> bool:
    """Whether an `ldapi://` URL names a Unix socket: by its path, percent-encoded in the place of a host."""
    path = unquote(url.netloc)
    return (
        url.path in ("", "/")
        and not url.query
        and path.startswith("/")
        and "\0" not in path
        and len(path.encode()) <= _LONGEST_SOCKET
    )


def _is_srv(url: SplitResult) -> bool:
    """Whether a `srv:` URL names SRV records of LDAP (RFC 2782)."""
    return not url.netloc and not url.query and _SRV.fullmatch(url.path) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
