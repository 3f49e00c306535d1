"""Accounts and labels of an entry as whom a rule is for."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.errors import UnfitError
from app.migrate.docker_auth import glob, regex
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.overlap import all_within, any_overlap
from app.migrate.docker_auth.pattern import as_patterns
from app.rules.patterns.dns import parse_group
from app.rules.patterns.names import NamePattern

GROUP = "group"
"""The variable that stands for the group's name."""


class AccountKind(enum.Enum):
    """Whom an entry is for."""

    EVERYONE = enum.auto()
    SIGNED_IN = enum.auto()
    ANONYMOUS = enum.auto()
    USERS = enum.auto()
    GROUPS = enum.auto()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Whom an entry is for.

    Attributes:
        names: Patterns over the names of users or groups; empty for the other kinds.
    """

    kind: AccountKind
    names: tuple[str, ...] = ()

    def keys(self) -> Mapping[str, object]:
        """Return it as a rule has it. There is no "anonymous only" in rules: `order` sees to that."""
        match self.kind:
            case AccountKind.USERS:
                return {"users": list(self.names)}
            case AccountKind.GROUPS:
                return {"groups": list(self.names)}
            case AccountKind.SIGNED_IN:
                return {"authenticated": True}
            case _:
                return {"everyone": True}

    def meets(self, other: Accounts) -> bool:
        """Whether somebody may be meant by both; "yes" may be wrong, "no" never is."""
        kinds = {self.kind, other.kind}
        if AccountKind.ANONYMOUS in kinds:
            return kinds <= {AccountKind.ANONYMOUS, AccountKind.EVERYONE}
        if kinds == {AccountKind.USERS}:
            return any_overlap(self.names, other.names, of_names=True)
        return True

    def within(self, wider: Accounts) -> bool:
        """Whether whoever is meant is meant by another, too. "No" may be wrong, "yes" never is."""
        if wider.kind is AccountKind.EVERYONE or self == wider:
            return True
        if wider.kind is AccountKind.SIGNED_IN:
            return self.kind in (AccountKind.USERS, AccountKind.GROUPS)
        return self.kind is wider.kind is AccountKind.USERS and all_within(
            self.names, wider.names, of_names=True
        )


def who(entry: AclEntry, group_labels: Collection[str]) -> Accounts:
    """Say whom an entry is for, by its account and its labels.

    Args:
        entry: The entry.
        group_labels: The names of the labels that hold groups.

    Raises:
        UnfitError: Rules cannot say that.
    """
    account = _account(entry.account)
    if not entry.labels:
        return account
    if unknown := sorted(entry.labels.keys() - set(group_labels)):
        text = f"the label {unknown[0]!r} is not known to hold groups"
        raise UnfitError(text, "name it by --groups-label, or write a rule with `when: {attributes: …}`")
    if len(entry.labels) > 1:
        raise UnfitError("several labels must all match", "a rule applies where any of its groups does")
    if account.kind is AccountKind.ANONYMOUS:
        raise UnfitError("nobody without a login has labels, so it matches nothing", "take the entry out")
    if account.kind is AccountKind.USERS:
        text = "the account and the label must both match"
        raise UnfitError(text, "a rule applies where any of its users or groups does")
    return Accounts(AccountKind.GROUPS, _groups(next(iter(entry.labels.values()))))


def _account(text: str | None) -> Accounts:
    if text is None or regex.matches_all(text) or (text and not text.strip("*")):
        return Accounts(AccountKind.EVERYONE)
    if text == "":
        return Accounts(AccountKind.ANONYMOUS)
    if regex.matches_any(text) or (text.strip("*") == "?" and "*" in text):
        return Accounts(AccountKind.SIGNED_IN)
    return Accounts(AccountKind.USERS, _names(text))


def _names(text: str) -> tuple[str, ...]:
    if regex.is_regex(text):
        listed = [as_patterns(branch, of_names=True) for branch in regex.branches(text, {})]
        names = tuple(dict.fromkeys(name for each in listed for name in each))
    else:
        names = as_patterns(glob.pieces(text, {}), of_names=True)
    for name in names:
        NamePattern.parse(name)
    return names


def _groups(text: str) -> tuple[str, ...]:
    if regex.matches_all(text) or regex.matches_any(text) or (text and not text.strip("*")):
        return ("*",)
    names = _names(text)
    for name in names:
        parse_group(name)
    return names
