"""`wharfinger rules`: the tools of those who own a rules file; one module for each command."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "accept": ("app.cli.rules.accept:accept", "Let rules be in force that drop many."),
    "check": ("app.cli.rules.check:check", "Check rules: they load, pass their tests, and have no warnings."),
    "diff": ("app.cli.rules.diff:diff", "Say who gains and who loses what by other rules."),
    "explain": ("app.cli.rules.explain:explain", "Say what somebody may do with a repository, and why."),
    "import": ("app.cli.rules.import_:import_", "Make rules of what other token servers have."),
    "schema": ("app.cli.rules.schema:schema", "Print the JSON Schema of a rules file, for editors."),
    "version": ("app.cli.rules.version:version", "Print the version of rules, as audit lines name it."),
    "unused": ("app.cli.rules.unused:unused", "Say which rights no request of an audit log needed."),
    "who-can": ("app.cli.rules.who_can:who_can", "Say who can do something with a repository."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def rules() -> None:
    """Check, explain, compare and describe rules files."""
