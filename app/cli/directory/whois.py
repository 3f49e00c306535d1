"""`wharfinger directory whois`: the subject that rules see, without a password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from app.cli.exits import NoAnswer
from app.cli.live import open_directory
from app.cli.options import config_option, find_realm, format_option, realm_option
from app.cli.output import show, show_json
from app.directory.subject import DirectorySubject
from app.errors import Refusal
from app.settings import Settings


@click.command()
@click.argument("name")
@config_option
@realm_option
@format_option("json")
def whois(settings: Settings, name: str, realm: str | None, form: str) -> None:
    """Show who NAME is: what rules call the person, and the groups, each with how it was found.

    Ends with 1 where nobody, or more than one entry, has the name.
    """
    subject = open_directory(*find_realm(settings, realm)).look_up(name)
    if isinstance(subject, Refusal):
        raise NoAnswer(f"{name}: {subject.detail or subject.message}")
    print_subject(subject, form)


def print_subject(subject: DirectorySubject, form: str) -> None:
    """Print what is known of somebody; people choose some of it themselves."""
    fields = describe(subject)
    if form == "json":
        show_json(fields)
    else:
        show(*_text(fields))


def describe(subject: DirectorySubject) -> dict[str, Any]:
    """Return a subject in the shape that `--format json` prints."""
    return {
        "subject": subject.name,
        "id": subject.id,
        "dn": subject.dn,
        "display_name": subject.display_name,
        "mail": subject.mail,
        "attributes": {name: list(values) for name, values in subject.attributes.items()},
        "groups": [
            {"name": group.name, "dn": str(group.dn), "found": group.found, "ambiguous": group.ambiguous}
            for group in sorted(subject.groups, key=lambda group: (group.name, str(group.dn)))
        ],
    }


def _text(fields: dict[str, Any]) -> Iterator[str]:
    yield fields["subject"]
    for label, key in (("name", "display_name"), ("mail", "mail"), ("DN", "dn"), ("id", "id")):
        if fields[key]:
            yield f"  {label:<7} {fields[key]}"
    for name, values in fields["attributes"].items():
        yield f"  {name:<7} {', '.join(values) or '-'}"
    yield "  groups" if fields["groups"] else "  no groups"
    yield from (f"    {line}" for line in group_lines(fields["groups"]))


def group_lines(groups: list[dict[str, Any]]) -> Iterator[str]:
    """Return groups in the shape of `describe` as lines for people."""
    width = max((len(group["name"]) for group in groups), default=0)
    for group in groups:
        yield f"{group['name']:<{width}}  {group['found']}".rstrip()
        if group["ambiguous"]:
            yield "  its name proves nothing: a rule by name can only deny; its DN is"
            yield f"  {group['dn']}"
