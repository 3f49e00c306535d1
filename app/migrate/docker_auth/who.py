"""Accounts and labels of an entry as whom a rule is for."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.errors import UnfitError
from app.migrate.docker_auth import glob, regex
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.overlap import all_within, any_overlap
from app.migrate.docker_auth.pattern import as_patterns
from app.rules.patterns.dns import parse_group
from app.rules.patterns.names import NamePattern

GROUP = "group"
"""The variable that stands for the group's name."""
CAPTURE = re.compile(r"\$\{account:([0-9]+)\}")
"""What stands in a name for a group of the account's regular expression."""


class AccountKind(enum.Enum):
    """Whom an entry is for."""

    EVERYONE = enum.auto()
    SIGNED_IN = enum.auto()
    ANONYMOUS = enum.auto()
    USERS = enum.auto()
    GROUPS = enum.auto()
    ALL_GROUPS = enum.auto()


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
            case AccountKind.ALL_GROUPS:
                return {"all_groups": list(self.names)}
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
            return self.kind not in (AccountKind.EVERYONE, AccountKind.ANONYMOUS)
        if self.kind is AccountKind.ALL_GROUPS and wider.kind in (AccountKind.GROUPS, AccountKind.ALL_GROUPS):
            meant = set(wider.names) & set(self.names)
            return bool(meant) if wider.kind is AccountKind.GROUPS else meant == set(wider.names)
        return self.kind is wider.kind is AccountKind.USERS and all_within(
            self.names, wider.names, of_names=True
        )


def variable(entry: AclEntry, number: int) -> str:
    """Return the variable that stands for a group of an entry's account.

    No two entries have the same one: what it stands for hangs on the account's expression.
    """
    return f"account{number}_of_{entry.number}"


def who(entry: AclEntry, group_labels: Collection[str]) -> Accounts:
    """Say whom an entry is for, by its account and its labels.

    Args:
        entry: The entry.
        group_labels: The names of the labels that hold groups.

    Raises:
        UnfitError: Rules cannot say that.
    """
    account = _account(entry)
    if not entry.labels:
        return account
    if unknown := sorted(entry.labels.keys() - set(group_labels)):
        text = f"the label {unknown[0]!r} is not known to hold groups"
        raise UnfitError(text, "name it by --groups-label, or write a rule with `when: {attributes: …}`")
    if account.kind is AccountKind.ANONYMOUS:
        raise UnfitError("nobody without a login has labels, so it matches nothing", "take the entry out")
    if account.kind is AccountKind.USERS:
        text = "the account and the label must both match"
        raise UnfitError(text, "a rule applies where any of its users or groups does")
    wanted = [_groups(text) for text in entry.labels.values()]
    if len(wanted) == 1:
        return Accounts(AccountKind.GROUPS, wanted[0])
    if any(len(names) > 1 for names in wanted):
        text = "one of several groups and a further one cannot be said in one rule"
        raise UnfitError(text, "write an entry for each of the alternatives")
    return Accounts(AccountKind.ALL_GROUPS, tuple(dict.fromkeys(names[0] for names in wanted)))


def _account(entry: AclEntry) -> Accounts:
    text = entry.account
    if text is None or regex.matches_all(text) or (text and not text.strip("*")):
        return Accounts(AccountKind.EVERYONE)
    if text == "":
        return Accounts(AccountKind.ANONYMOUS)
    if regex.matches_any(text) or (text.strip("*") == "?" and "*" in text):
        return Accounts(AccountKind.SIGNED_IN)
    captured = {int(number) for number in CAPTURE.findall(entry.name or "")}
    if captured and not regex.is_regex(text):
        told = "a part of the account stands in the name, and only a regular expression has parts"
        raise UnfitError(told, "write the account as an expression, such as /^team-(.+)$/")
    return Accounts(AccountKind.USERS, _names(text, {each: variable(entry, each) for each in captured}))


def _names(text: str, captured: Mapping[int, str] = MappingProxyType({})) -> tuple[str, ...]:
    if regex.is_regex(text):
        listed = [
            as_patterns(branch, of_names=True) for branch in regex.branches(text, {}, captured, of_names=True)
        ]
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
