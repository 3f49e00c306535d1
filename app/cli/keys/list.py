"""`wharfinger keys list`: show the keys of a realm."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from app.cli.keys import realm as realms
from app.cli.keys.realm import NamedRealm, named_realm
from app.cli.options import config_option, format_option, realm_option
from app.keys import fitness, keyring
from app.keys.folder import Listing
from app.keys.signing_key import SigningKey
from app.settings import Settings


@click.command("list")
@config_option
@realm_option
@format_option("json")
def list_keys(settings: Settings, realm: str | None, form: str) -> None:
    """Show a realm's keys: the active one, then the announced, then the retired."""
    found = named_realm(settings, realm)
    with realms.ending():
        listing = Listing.read(found.keys.folder)
        ring = keyring.of(listing)
    files = {file.name: file.path.name for file in listing.keys}
    shown = [_fields(key, files.get(key.name, ""), found, realms.now()) for key in ring.published]
    if form == "json":
        click.echo(json.dumps({"realm": found.name, "keys": shown}, indent=2))
        return
    click.echo("\n\n".join(map(_text, shown)))


def _fields(key: SigningKey, file: str, realm: NamedRealm, now: datetime) -> dict[str, Any]:
    certificate = key.certificates[0]
    return {
        "name": key.name,
        "file": file,
        "state": key.state,
        "since": key.since.isoformat() if key.since else None,
        "algorithm": key.algorithm,
        "key_ids": {"libtrust": key.libtrust, "rfc7638": key.rfc7638},
        "certificate": {
            "issuer": None if key.is_self_signed else key.certificates[0].issuer.rfc4514_string(),
            "expires": certificate.not_valid_after_utc.isoformat(),
        },
        "warnings": fitness.warnings(key, realm.keys.services, now),
    }


def _text(key: dict[str, Any]) -> str:
    certificate = key["certificate"]
    issuer = f"issued by {certificate['issuer']}" if certificate["issuer"] else "self-signed"
    since = realms.moment(datetime.fromisoformat(key["since"])) if key["since"] else "an unknown time"
    lines = [
        key["name"],
        f"  state        {key['state']} since {since}",
        f"  algorithm    {key['algorithm']}",
        f"  libtrust id  {key['key_ids']['libtrust']}",
        f"  RFC 7638 id  {key['key_ids']['rfc7638']}",
        f"  certificate  {issuer}, expires {certificate['expires'][:10]}",
        f"  file         {key['file']}",
    ]
    warnings = [click.wrap_text(f"warning: {each}", 78, "  ", "    ") for each in key["warnings"]]
    return "\n".join([*lines, *warnings])
