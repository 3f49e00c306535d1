"""`wharfinger registry`: what a registry must be configured with, and whether it is.

service.py     the service that a command is about
config.py      write a registry's configuration
check.py       ask a running registry, and say what to change

    http.py         one request, with its limits
    challenge.py    what a registry says without a token
    realm.py        what the address answers to which it sends clients
    trials.py       tokens that differ in one thing each
    diagnosis.py    from what the registry takes and refuses to what is wrong
    findings.py     what is wrong, and the lines to change
    advice.py       from a diagnosis to findings
    examination.py  all of these on one registry
    report.py       what was found, for people and for machines
"""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "check": (
        "app.cli.registry.check:check",
        "Ask a running registry whether it believes this realm's tokens.",
    ),
    "config": (
        "app.cli.registry.config:config",
        "Write the configuration of a registry that believes this realm's tokens.",
    ),
}


@click.group(cls=LazyGroup, places=_PLACES)
def registry() -> None:
    """Configure registries, and check running ones."""
