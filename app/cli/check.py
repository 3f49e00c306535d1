"""`wharfinger check-config`: read everything that the server would read, and say what is wrong with it."""

from __future__ import annotations

import click

from app import attention, bootstrap, places
from app.cli.options import config_option
from app.rules.file import load
from app.settings import Settings


@click.command()
@config_option
def check_config(settings: Settings) -> None:
    """Check the configuration, and the rules, keys and certificates that it names.

    Candidate rules too, though the server would start without them; and whether the server can write where
    the audit stream, the last good rules and the state are to be. Connects to nothing, and writes
    nothing; where rules drop more than rules_guard lets pass, it asks the state whether they are accepted.
    """
    parts = bootstrap.build(settings)
    for section in settings.realms.values():
        if section.candidate_rules is not None:
            load.load(section.candidate_rules, bootstrap.utc_now())
    bootstrap.check_guard(settings, parts)
    for name, issuer in parts.issuers.items():
        realm = issuer.realm
        services = ", ".join(realm.services)
        rules, signing = realm.rules.current, realm.keys.current.active
        click.echo(f"realm {name}: {len(rules.rules)} rules (version {rules.version}), tests passed;")
        click.echo(f"  signs with {signing.algorithm} key {signing.libtrust} for {services}")
        for warning in parts.keys[name].warnings():
            click.echo(f"  warning: {warning}")
    in_force = {name: each.current for name, each in parts.rules.items()}
    for warning in (*attention.warnings(settings, in_force), *places.warnings(settings)):
        click.echo(f"warning: {warning}")
    click.echo("The configuration is good.")
