"""The options that commands about rules share: which rules are asked, and about what kind of request."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.cli.options import Moment, config_path_option, find_realm, load, realm_option
from app.errors import UnfitError
from app.rules.conditions import Context
from app.rules.file import load as rules_file
from app.rules.file.values import address
from app.rules.model import RuleSet
from app.rules.review.entitlements import Fixed

if TYPE_CHECKING:  # rules that are named by path need neither settings nor directory
    from app.directory.directory import LdapDirectory
    from app.settings import RealmSettings

R = TypeVar("R")

_PATH = click.Path(path_type=Path)


class AddressParameter(click.ParamType[str]):
    """An IPv4 or IPv6 address."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read one."""
        try:
            return address(str(value))
        except UnfitError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True)
class RealmOptions:
    """A realm of a configuration that need not be named.

    Attributes:
        config: None where only rules are asked.
    """

    config: Path | None
    realm: str | None

    def find(self) -> tuple[str, RealmSettings] | None:
        """Return the name of the realm and its section; None without a configuration.

        Raises:
            ConfigurationError: The configuration cannot be used.
            click.BadParameter: It has no such realm.
        """
        return find_realm(load(self.config), self.realm) if self.config is not None else None


@dataclass(frozen=True, slots=True)
class Source:
    """The rules that are asked, and the realm that they are of.

    Attributes:
        path: Where the rules were read.
        realm: Its name and its section; None where the rules are named by path alone.
    """

    rules: RuleSet
    path: Path
    realm: tuple[str, RealmSettings] | None

    def directory(self) -> LdapDirectory | None:
        """Return the realm's directory, which is closed when the command ends; None without a realm."""
        return open_directory_of(self.realm)

    @property
    def only_service(self) -> str:
        """The service where the realm has but one."""
        services = [*self.realm[1].services] if self.realm is not None else []
        return services[0] if len(services) == 1 else ""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Which rules a command line names; they are read when the rest of it is known to be right."""

    realm: RealmOptions
    path: Path | None
    candidate: bool

    def read(self) -> Source:
        """Read the rules.

        Raises:
            ConfigurationError: They, or the configuration, cannot be used.
            click.UsageError: None are named.
        """
        if self.candidate and self.path is not None:
            raise click.UsageError("--candidate goes with --config, not with --rules.")
        realm = self.realm.find()
        path = self.path or self._path_of(realm)
        return Source(read_rules(path), path, realm)

    def _path_of(self, realm: tuple[str, RealmSettings] | None) -> Path:
        if realm is None:
            raise click.UsageError("Say which rules: --config FILE, or --rules PATH.")
        _, section = realm
        if not self.candidate:
            return section.rules
        if section.candidate_rules is None:
            raise click.UsageError("The realm has no candidate_rules.")
        return section.candidate_rules


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The kind of request that is asked about.

    Attributes:
        service: None where not given.
        address: Likewise.
        time: When it comes (aware, UTC); likewise, and then it comes now.
    """

    service: str | None
    address: str | None
    time: datetime | None

    def context(self, default_service: str = "") -> Context:
        """Return the circumstances of such a request."""
        service = self.service if self.service is not None else default_service
        return Context(service, self.address or "", self.time or datetime.now(UTC))

    def fixed(self, context: Context) -> Fixed:
        """Return what of such requests is known; of all else, every possibility counts.

        Args:
            context: The circumstances, with a service where one is known.
        """
        return Fixed(
            context,
            service=self.service is not None or bool(context.service),
            address=self.address is not None,
            time=self.time is not None,
        )


def source_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options that say which rules, and call the command with them as `rules`."""

    @config_path_option(required=False)
    @realm_option
    @click.option("--rules", "rules_path", type=_PATH, help="The rules: a file or a folder.")
    @click.option("--candidate", is_flag=True, help="Ask the realm's candidate rules.")
    @functools.wraps(command)
    def with_source(
        *, config: Path | None, realm: str | None, rules_path: Path | None, candidate: bool, **others: Any
    ) -> R:
        return command(rules=SourceOptions(RealmOptions(config, realm), rules_path, candidate), **others)

    return with_source


def request_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options that conditions depend on, and call the command with them as `request`."""

    @click.option("--service", metavar="NAME", help="What the token is for.")
    @click.option(
        "--from", "address", type=AddressParameter(), metavar="ADDRESS", help="Where the request comes from."
    )
    @click.option(
        "--at", "time", type=Moment(), metavar="TIME", help="When: a date or a time; now where not given."
    )
    @functools.wraps(command)
    def with_request(*, service: str | None, address: str | None, time: datetime | None, **others: Any) -> R:
        return command(request=RequestOptions(service, address, time), **others)

    return with_request


def read_rules(path: Path) -> RuleSet:
    """Read rules, and run their tests.

    Raises:
        ConfigurationError: They cannot be used.
    """
    return rules_file.load(path, datetime.now(UTC))


def open_directory_of(realm: tuple[str, RealmSettings] | None) -> LdapDirectory | None:
    """Open the directory of a realm, which is closed when the command ends; None without a realm."""
    if realm is None:
        return None
    from app.cli.live import open_directory  # noqa: PLC0415 - see above

    return open_directory(*realm)
