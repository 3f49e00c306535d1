"""`wharfinger rules accept`: let rules be in force that drop many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from app import bootstrap
from app.cli.exits import NoAnswer
from app.cli.options import config_option, find_realm, realm_option
from app.cli.output import counted, joined, show, wrapped
from app.errors import StateUnavailable
from app.rules.file import load
from app.rules.file.guard import dropped
from app.state.shared import SharedState

if TYPE_CHECKING:
    from app.rules.model import RuleSet
    from app.settings import RealmSettings, Settings


@click.command()
@click.argument("version")
@realm_option
@config_option
def accept(settings: Settings, version: str, realm: str | None) -> None:
    """Let the rules of VERSION be in force, although they drop more than the realm's rules_guard lets pass.

    VERSION must be that of the rules as they are now: check-config and the log say which wait. It is noted in
    the state, for all servers that share it; until other rules of the realm are accepted.
    """
    name, section = find_realm(settings, realm)
    rules = _of_version(version, name, section)
    _note(settings, name, version)
    kept = bootstrap.last_good_copy(settings, name)
    before = kept.read() if kept is not None else None
    if before is not None and before.version != version:
        _show(before, rules)
    show(f"Accepted: version {version} of the rules of realm {name}, {counted(len(rules.rules), 'rule')}.")
    show("Servers that share the state take it over within seconds of having the files.")


def _of_version(version: str, name: str, section: RealmSettings) -> RuleSet:
    """Read the rules of a realm, if they are of a version.

    Raises:
        ConfigurationError: They are not good.
        NoAnswer: They are of another one, or none has to be accepted.
    """
    if section.rules_guard is None:
        raise NoAnswer(f"realm {name} has no rules_guard: whatever is good is in force at once")
    rules = load.load(section.rules, datetime.now(UTC))
    if rules.version != version:
        raise NoAnswer(f"{section.rules} is of version {rules.version}, not {version}")
    return rules


def _note(settings: Settings, name: str, version: str) -> None:
    """Note in the state that a version is accepted.

    Raises:
        NoAnswer: That cannot be done.
    """
    if settings.state is None:
        raise NoAnswer("there is no state to note it in")
    file = settings.state.sqlite
    if file is not None and not file.exists():  # made by root, it would be root's
        raise NoAnswer(f"{file}: there is no state yet; start the server first")
    state = SharedState(settings.state)
    try:
        state.accept_rules(name, version)
    except StateUnavailable as error:
        raise NoAnswer(f"the state cannot be used: {error.detail}") from None
    finally:
        state.close()


def _show(before: RuleSet, rules: RuleSet) -> None:
    gone = dropped(before, rules)
    said = f"In force here until now: version {before.version}, {counted(len(before.rules), 'rule')}."
    show(said, *wrapped(f"  dropped  {joined(gone, 'none')}", hanging=9))
