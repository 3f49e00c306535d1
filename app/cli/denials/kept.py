"""The refusals that are kept, as the commands read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from app.cli.exits import NoAnswer
from app.state.rows import DenialRow
from app.state.shared import SharedState

if TYPE_CHECKING:
    from app.settings import Settings
    from app.state.denials import SqlDenials

SCHEMA = 1


def open_denials(settings: Settings) -> SqlDenials:
    """Open what is kept; it is closed when the command ends.

    Raises:
        NoAnswer: The configuration has no state, so nothing is kept.
    """
    if settings.state is None:
        raise NoAnswer("The configuration has no state, so that refusals are kept in the audit stream alone.")
    state = SharedState(settings.state)
    click.get_current_context().call_on_close(state.close)
    return state.denials()


def time_of(row: DenialRow) -> str:
    """Return when it was, in seconds, as audit lines have it."""
    return datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def shape(row: DenialRow) -> dict[str, Any]:
    """Return a refusal as `--format json` prints it (docs/reference/commands.md)."""
    return {
        "id": row.id,
        "time": time_of(row),
        "realm": row.realm,
        "service": row.service,
        "subject": row.subject,
        "address": row.address,
        "repository": row.repository,
        "actions": list(row.actions),
        "message": row.message,
        "reasons": [
            {"action": one.action, "rule": one.rule, "position": one.position, "text": one.text}
            for one in row.reasons
        ],
        "rules_version": row.rules_version,
        "request_id": row.request_id,
    }
