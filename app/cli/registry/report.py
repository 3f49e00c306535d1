"""What an examination found, as text and as JSON; the text ends with the lines to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.cli.output import wrapped
from app.registry.check.changes import changes
from app.registry.check.examination import Examination


def as_json(found: Examination) -> dict[str, Any]:
    """Return it as a JSON object."""
    return {
        "registry": found.address,
        "kind": found.kind,
        "realm": found.realm,
        "service": found.agreement.service if found.agreement else None,
        "good": not found.errors,
        "findings": [
            {
                "topic": each.topic,
                "severity": each.severity,
                "text": each.text,
                "registry": dict(each.registry),
                "here": dict(each.here),
                "advice": each.advice,
            }
            for each in found.findings
        ],
    }


def as_text(found: Examination) -> Iterator[str]:
    """Yield it line by line."""
    kind = found.kind.label if found.kind else "a registry of a kind that its answers do not tell"
    yield f"{found.address}: {kind}"
    for each in found.findings:
        yield ""
        yield from wrapped(f"{each.severity}: {each.topic}: {each.text}", 2)
        for line in each.advice.splitlines():
            yield from wrapped(f"  {line}", 2)
    if not found.errors:
        yield from ("", "The registry believes this realm's tokens.")
    lines = changes(found)
    yield from _section("Change in the registry's configuration, and restart it:", lines.registry)
    yield from _section("Change in the configuration of this server:", lines.here)


def _section(heading: str, lines: tuple[str, ...]) -> Iterator[str]:
    if lines:
        yield from ("", heading, "")
        yield from (f"  {line}" for line in lines)
