"""`wharfinger registry check`: whether a running registry believes this realm's tokens."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.exits import NoAnswer, finish
from app.cli.options import config_option, find_realm, format_option, realm_option
from app.cli.output import show_json
from app.cli.registry import report
from app.cli.registry.service import kind_option, url_option, wrong_service
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from app.registry.agreement import RegistryKind
from app.registry.check.examination import Target, examine
from app.registry.check.http import Http, Unreachable
from app.registry.service import UnknownServiceError
from app.settings import Settings
from app.urls import http_url


@click.command()
@click.argument("registry", metavar="URL")
@config_option
@realm_option
@click.option("--service", help="Its name among the realm's services; what the registry says if not given.")
@kind_option(required=False)
@click.option("--issuer", default="", help="The issuer in the registry's own configuration, if you know it.")
@url_option
@click.option("--username", help="Ask for a token as this person rather than as nobody.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--ca-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Certificates of authorities to trust beside the system's.",
)
@format_option("json")
def check(
    settings: Settings,
    *,
    registry: str,
    realm: str | None,
    service: str | None,
    kind: str | None,
    issuer: str,
    url: str | None,
    username: str | None,
    password_stdin: bool,
    ca_file: Path | None,
    form: str,
) -> None:
    """Ask a running registry whether it believes this realm's tokens.

    URL is the registry's address, such as https://registry.example.com. It is shown tokens that grant
    nothing, made here with the realm's active key; then the lines to change are printed.
    """
    name, _ = find_realm(settings, realm)
    target = Target(
        address=_address(registry),
        realm=name,
        service=service,
        kind=RegistryKind(kind) if kind else None,
        issuer=issuer,
        url=url,
        login=_login(username, from_stdin=password_stdin),
    )
    try:
        http = Http(ca_file)
    except OSError as error:
        raise NoAnswer(f"{ca_file}: is no file of certificates: {error.strerror}") from None
    try:
        found = examine(settings, target, http, lambda: datetime.now(UTC))
    except UnknownServiceError as error:
        raise wrong_service(error, "--service") from None
    except Unreachable as error:
        raise NoAnswer(str(error)) from None
    if form == "json":
        show_json(report.as_json(found))
    else:
        click.echo("\n".join(report.as_text(found)))
    finish(well=not found.errors)


def _address(text: str) -> str:
    """Read the registry's address; a mere host is taken for one with TLS."""
    address = text if "://" in text else f"https://{text}"
    url = http_url(address)
    if url is None or url.query or url.fragment:
        raise click.BadParameter("write https://registry.example.com", param_hint="URL")
    return address.rstrip("/").removesuffix("/v2")


def _login(username: str | None, *, from_stdin: bool) -> Credentials | None:
    if (username is None) == from_stdin:
        raise click.UsageError("--username and --password-stdin go together")
    if username is None:
        return None
    return Credentials(username, Secret(sys.stdin.readline().rstrip("\r\n")))
