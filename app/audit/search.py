"""Which lines of the audit stream somebody looks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.audit.line import AuditLine
from app.dn import fold
from app.protocol.scope import ALL_ACTIONS, ResourceType, Scope
from app.rules.conditions import Holds
from app.rules.networks import Network
from app.rules.patterns.repository import RepositoryPattern


@dataclass(frozen=True, slots=True)
class Search:
    """What a line must have; None is anything.

    Attributes:
        subject: Who logged in, or the account of a refused login; without regard to case.
        repository: What one of the scopes is about.
        catalog: Whether one of the scopes must be about the catalog.
        action: Of the same scope; `*` in the line is every action.
        granted: Whether the scope must have been granted, and not only asked for.
        since: The first moment (aware).
        until: The first moment after.
    """

    subject: str | None = None
    repository: RepositoryPattern | None = None
    catalog: bool = False
    action: str | None = None
    granted: bool = False
    rule: str | None = None
    outcome: str | None = None
    network: Network | None = None
    service: str | None = None
    realm: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, line: AuditLine) -> bool:
        """Whether a line is looked for."""
        return (
            _is(self.outcome, line.outcome)
            and _is(self.service, line.service)
            and _is(self.realm, line.realm)
            and _is(self.request_id, line.request_id)
            and (self.rule is None or self.rule in line.rules)
            and (self.since is None or self.since <= line.time)
            and (self.until is None or line.time < self.until)
            and (self.network is None or self.network.contain(line.address) is Holds.YES)
            and (self.subject is None or fold(self.subject) == fold(line.subject or line.account))
            and self._has_scope(line)
        )

    def _has_scope(self, line: AuditLine) -> bool:
        if self.repository is None and self.action is None and not (self.catalog or self.granted):
            return True
        return any(map(self._is_scope, line.granted if self.granted else line.asked))

    def _is_scope(self, scope: Scope) -> bool:
        if self.action is not None and scope.actions.isdisjoint({self.action, ALL_ACTIONS}):
            return False
        if self.catalog:
            return scope.type is ResourceType.REGISTRY
        if self.repository is None:
            return True
        return scope.type is ResourceType.REPOSITORY and self.repository.matches(scope.name, {})


def _is(wanted: str | None, found: str) -> bool:
    return wanted is None or wanted == found
