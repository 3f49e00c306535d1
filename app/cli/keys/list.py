"""`wharfinger keys list`: show the keys of a realm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from app.cli.keys import realm as realms
from app.cli.keys.realm import named_realm
from app.cli.options import config_option, format_option, realm_option
from app.cli.output import plain, show_json, wrapped
from app.keys import fitness, keyring
from app.keys.folder import Listing
from app.keys.signing_key import SigningKey
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown of one key.

    Attributes:
        file: The name of its file.
        issuer: Who issued its certificate; None for a self-signed one.
        warnings: What an operator should know.
    """

    key: SigningKey
    file: str
    issuer: str | None
    expires: datetime
    warnings: list[str]


@click.command("list")
@config_option
@realm_option
@format_option("json")
def list_keys(settings: Settings, realm: str | None, form: str) -> None:
    """Show a realm's keys: the active one, then the announced, then the retired."""
    found, now = named_realm(settings, realm), realms.now()
    listing = Listing.read(found.keys.folder)
    files = {file.name: file.path.name for file in listing.keys}
    shown = [
        _Shown(
            key,
            files[key.name],
            None if key.is_self_signed else key.certificates[0].issuer.rfc4514_string(),
            key.certificates[0].not_valid_after_utc,
            fitness.warnings(key, found.keys.services, now),
        )
        for key in keyring.of(listing).published
    ]
    if form == "json":
        show_json({"realm": found.name, "keys": [_fields(each) for each in shown]})
    else:
        click.echo("\n\n".join("\n".join(_lines(each)) for each in shown))


def _fields(shown: _Shown) -> dict[str, Any]:
    key = shown.key
    return {
        "name": key.name,
        "file": shown.file,
        "state": key.state,
        "since": key.since.isoformat() if key.since else None,
        "algorithm": key.algorithm,
        "key_ids": {"libtrust": key.libtrust, "rfc7638": key.rfc7638},
        "certificate": {"issuer": shown.issuer, "expires": shown.expires.isoformat()},
        "warnings": shown.warnings,
    }


def _lines(shown: _Shown) -> list[str]:
    key = shown.key
    issuer = f"issued by {shown.issuer}" if shown.issuer else "self-signed"
    since = realms.moment(key.since) if key.since else "an unknown time"
    lines = [
        key.name,
        f"  state        {key.state} since {since}",
        f"  algorithm    {key.algorithm}",
        f"  libtrust id  {key.libtrust}",
        f"  RFC 7638 id  {key.rfc7638}",
        f"  certificate  {issuer}, expires {shown.expires:%Y-%m-%d}",
        f"  file         {shown.file}",
    ]
    warnings = (line for each in shown.warnings for line in wrapped(f"  warning: {each}", 2))
    return [*map(plain, lines), *warnings]
