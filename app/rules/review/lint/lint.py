"""Everything that may be wrong with rules that load and pass their tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from app.errors import Position
from app.rules.file.load import Written
from app.rules.review.lint import alone, contained, known, proofs
from app.rules.review.lint.finding import Finding, Name
from app.rules.review.lint.known import KnownGroups


def lint(
    written: Written,
    now: datetime,
    *,
    services: Collection[str] | None = None,
    knows_addresses: bool = True,
    directory: KnownGroups | None = None,
) -> tuple[Finding, ...]:
    """Look for what may be wrong.

    Args:
        written: Rules that load, and their tests.
        now: When (aware, UTC): rules end.
        services: Those of the realm; not looked at where None.
        knows_addresses: Whether requests have an address.
        directory: Is asked for groups; not where None.

    Raises:
        WharfingerError: The directory does not say.
    """
    rules = written.rules
    found = [*_no_rules(written)]
    found += [finding for rule in rules.rules for finding in alone.of_rule(rule, now)]
    found += [finding for robot in rules.robots.values() for finding in alone.of_robot(robot, now)]
    found += contained.find(rules.rules, now)
    found += proofs.find(rules, written.tests, now)
    found += known.robots(rules)
    if services is not None:
        found += known.services(rules, services)
    if not knows_addresses:
        found += known.addresses(rules)
    if directory is not None:
        found += known.groups(rules, directory)
    return tuple(sorted(found, key=lambda finding: finding.problem()))


def _no_rules(written: Written) -> Iterator[Finding]:
    """Report files without any rule: an empty file is more often an accident than a decision."""
    if not written.rules.rules:
        files = [each.file for each in written.texts]
        file = files[0]
        text = f"there is no rule in {', '.join(files)}, so nobody may do anything"
        yield Finding(Name.NO_RULES, file, Position(file), text, "write a rule, or bring the old file back")
