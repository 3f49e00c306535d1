"""Types, names and actions of an entry as what a rule is about and gives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network

import re2

from app.errors import UnfitError
from app.migrate.docker_auth import glob, regex
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.overlap import any_overlap
from app.migrate.docker_auth.part import EntryPart
from app.migrate.docker_auth.pattern import AclPiece, AclPieceKind, as_patterns
from app.migrate.docker_auth.who import CAPTURE, GROUP, AccountKind, Accounts, variable
from app.protocol.scope import ACTIONS_OF, ALL_ACTIONS, CATALOG, Action, ResourceType
from app.rules.networks import IPNetwork
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import USERNAME

EVERY = ACTIONS_OF[ResourceType.REPOSITORY]
_ACCOUNT = "${account}"


@dataclass(frozen=True, slots=True)
class What:
    """What an entry is about.

    Attributes:
        repositories: Patterns; empty where it is about none.
        catalog: Whether it is about the catalog.
    """

    repositories: tuple[str, ...]
    catalog: bool


def what(entry: AclEntry, meant: Accounts, group_labels: Collection[str]) -> tuple[What, Accounts]:
    """Say what an entry is about, and whom it is for once the variables in its name are looked at.

    Raises:
        UnfitError: Rules cannot say that.
    """
    of_repositories, of_registry = _types(entry.type)
    if entry.name is None:
        return What(("**",) if of_repositories else (), of_registry), meant
    if sum(f"${{labels:{label}}}" in entry.name for label in group_labels) > 1:
        raise UnfitError("two labels in one name are two groups, whatever they are", "write one of them")
    variables = {_ACCOUNT: USERNAME} | {f"${{labels:{label}}}": GROUP for label in group_labels}
    if meant.kind is AccountKind.USERS and not regex.is_regex(entry.name):
        variables |= {each[0]: variable(entry, int(each[1])) for each in CAPTURE.finditer(entry.name)}
    if regex.matches_all(entry.name) or regex.matches_any(entry.name):
        branches: tuple[tuple[AclPiece, ...], ...] = ((AclPiece(AclPieceKind.DEEP, least=1),),)
    elif regex.is_regex(entry.name):
        branches = regex.branches(entry.name, variables)
    else:
        branches = (glob.pieces(entry.name, variables),)
    if meant.kind is AccountKind.EVERYONE and (left := next(_without_login(branches), None)):
        text = f"without a login {_ACCOUNT} is empty, so that everybody has what the name leaves: {left!r}"
        raise UnfitError(text, "give the entry the account /.+/, for everybody who is logged in")
    used = {piece.text for branch in branches for piece in branch if piece.kind is AclPieceKind.VARIABLE}
    patterns = tuple(dict.fromkeys(name for branch in branches for name in as_patterns(branch)))
    for each in patterns:
        RepositoryPattern.parse(each)
    # A person called `catalog` is not thought of: a variable is no way to the catalog.
    catalog = of_registry and any_overlap([each for each in patterns if "{" not in each], [CATALOG])
    if not of_repositories and not catalog:
        raise UnfitError(
            "nothing of this type has such a name", "the catalog is `type: registry, name: catalog`"
        )
    return What(patterns if of_repositories else (), catalog), _bound(meant, used)


def _without_login(branches: Sequence[Sequence[AclPiece]]) -> Iterator[str]:
    """Yield the patterns that may match something where `${account}` is empty, as it is without a login."""
    for branch in branches:
        left = tuple(piece for piece in branch if piece.text != USERNAME)
        if len(left) < len(branch):
            try:
                yield from filter(_may_be_a_name, as_patterns(left))
            except UnfitError:
                continue  # there is no such name


def _may_be_a_name(pattern: str) -> bool:
    return not any(part[0] in "-._" or part[-1] in "-._" for part in pattern.split("/"))


def _types(text: str | None) -> tuple[bool, bool]:
    """Whether a type is that of repositories, and whether that of the registry."""
    if text is None or regex.matches_all(text) or regex.matches_any(text) or text in ("*", "?*", "*?"):
        return True, True
    if text in ("repository", "registry"):
        return text == "repository", text == "registry"
    raise UnfitError(f"the type {text!r} is no one that rules know", "write repository or registry")


def _bound(meant: Accounts, used: Collection[str]) -> Accounts:
    """Say who has what the variables stand for."""
    if used and meant.kind is AccountKind.ANONYMOUS:
        raise UnfitError("nobody without a login has a name or groups", "take the entry out")
    if GROUP in used:
        if meant.kind is AccountKind.USERS:
            text = "the account and the label in the name must both match"
            raise UnfitError(text, "leave the account out")
        asked = () if meant.names == ("*",) else meant.names
        if meant.kind is AccountKind.GROUPS and len(asked) > 1:
            text = "one of several groups and the one in the name cannot be said in one rule"
            raise UnfitError(text, "write an entry for each of the alternatives")
        if asked:
            return Accounts(AccountKind.ALL_GROUPS, (*asked, f"{{{GROUP}}}"))
        return Accounts(AccountKind.GROUPS, (f"{{{GROUP}}}",))
    return Accounts(AccountKind.SIGNED_IN) if used and meant.kind is AccountKind.EVERYONE else meant


def actions(entry: AclEntry) -> tuple[frozenset[str], bool, tuple[str, ...]]:
    """Say what an entry gives.

    Returns:
        The actions on repositories; whether it gives the catalog; and what has no effect.

    Raises:
        UnfitError: It gives push without pull, which here goes with it.
    """
    asked = frozenset(entry.actions)
    if asked == {ALL_ACTIONS}:
        return EVERY, True, ()
    given = asked & EVERY
    if Action.PUSH in given and Action.PULL not in given:
        raise UnfitError("it gives push without pull, and here push always brings pull", "write [pull, push]")
    return given, ALL_ACTIONS in asked, tuple(sorted(asked - EVERY))


def bound(entry: AclEntry) -> tuple[EntryPart, ...]:
    """Return what is surely no less than an entry that cannot be said: its part of each type."""
    has_login = bool(entry.labels) or "${labels:" in (entry.name or "") or not _may_be_empty(entry.account)
    who = Accounts(AccountKind.SIGNED_IN if has_login else AccountKind.EVERYONE)
    try:
        nets = networks(entry)
    except UnfitError:
        nets = ()
    whole = EntryPart(entry, who, ("**",), nets, (), frozenset())
    seen = replace(whole, names=(CATALOG,))
    return {"repository": (whole,), "registry": (seen,)}.get(entry.type or "", (whole, seen))


def _may_be_empty(account: str | None) -> bool:
    """Whether an account matches somebody without a login, as far as it can be told."""
    if account is None or "${" in account:
        return True
    if not regex.is_regex(account):
        return not account.strip("*")
    try:
        return re2.compile(account[1:-1]).search("") is not None
    except re2.error:
        return True


def networks(entry: AclEntry) -> tuple[IPNetwork, ...]:
    """Return where an entry's requests come from; empty for anywhere.

    Raises:
        UnfitError: That is no network.
    """
    if entry.ip is None:
        return ()
    try:
        return (ip_network(entry.ip, strict=False),)
    except ValueError:
        raise UnfitError(f"{entry.ip!r} is no network", "write 10.0.0.0/8 or an address") from None


def services(entry: AclEntry) -> tuple[str, ...]:
    """Return the services of an entry; empty for all.

    Raises:
        UnfitError: They are named by a pattern.
    """
    text = entry.service
    if text is None or regex.matches_all(text) or regex.matches_any(text):
        return ()
    if not text or regex.is_regex(text) or set(text) & set("*?[\\$"):
        raise UnfitError("services are named one by one in rules", "write an entry for each service")
    return (text,)
