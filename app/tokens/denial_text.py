"""What a refusal says at the terminal: one line, at most 300 characters, nothing that a terminal obeys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.protocol.families import Family
from app.protocol.request import TokenRequest
from app.protocol.scope import ACTIONS, ACTIONS_OF, ResourceType
from app.rules.decision import Lack

LONGEST: Final = 300
"""Characters of a text."""
_CUT: Final = "..."
_SHORT: Final = 42
"""Characters of a name in a text that is too long with whole ones."""
_LEAST: Final = 24
"""Characters of an explanation; where there is no room for so many, it is left out."""
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?|localhost(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Why:
    """Why something is refused.

    Attributes:
        rule: The rule that denies it, or that nearly allows it; empty where there is none.
        lack: What that one lacks; None where there is none.
        want: The same in words.
        groups: The groups that are lacking.
        description: What the rule that denies it says of itself.
    """

    rule: str = ""
    lack: Lack | None = None
    want: str = ""
    groups: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a person is told.

    Attributes:
        who: The subject.
        actions: Those that are refused.
        contact: Whom to ask; may be empty.
        id: That of the refusal. Where a console shows it, its address goes behind the contact.
    """

    who: str
    actions: tuple[str, ...]
    repository: str
    why: Why
    contact: str
    id: str


def denied(refused: Refused, *, name_groups: bool) -> str:
    """Put a refusal into words.

    Args:
        refused: What is said.
        name_groups: Whether groups are named that the person is not in.
    """
    text = _denied(refused, name_groups=name_groups, longest_name=LONGEST)
    return text if len(text) <= LONGEST else _denied(refused, name_groups=name_groups, longest_name=_SHORT)


def log_in(asked: TokenRequest, client: Family) -> str:
    """Tell somebody who has not logged in what to type."""
    command = f"{client.login} {asked.service}" if _HOST.fullmatch(asked.service) else client.login
    typed = f"Type: {cut(plain(command), LONGEST // 3)}"
    scope = next((one for one in asked.scopes if one.type is ResourceType.REPOSITORY), None)
    if scope is None:
        return f"Nobody may do this without a login. {typed}"
    actions = _listed(sorted(scope.actions & ACTIONS_OF[scope.type], key=ACTIONS.index) or ["use"])
    return f"Nobody may {actions} {cut(scope.name, LONGEST // 3)} without a login. {typed}"


def plain(text: str) -> str:
    """Return a text as one line without anything that a terminal obeys rather than shows."""
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))


def cut(text: str, longest: int) -> str:
    """Cut a text that is too long in its middle, for both ends of a name tell it apart."""
    if len(text) <= longest:
        return text
    kept = longest - len(_CUT)
    return text[: kept - kept // 2] + _CUT + text[len(text) - kept // 2 :]


def _denied(refused: Refused, *, name_groups: bool, longest_name: int) -> str:
    who, repository, rule = (
        cut(plain(text), longest_name) for text in (refused.who, refused.repository, refused.why.rule)
    )
    reason, explanation = _reason(refused.why, rule, who, name_groups=name_groups)
    start = f"{who} may not {_listed(refused.actions)} {repository}: {reason}"
    end = f".{f' Ask {plain(refused.contact)}.' if refused.contact else ''} Denial {refused.id}"
    room = LONGEST - len(start) - len(end)
    if len(explanation) > room:
        rest = f"{_CUT})" if explanation.endswith(")") else _CUT
        explanation = explanation[: room - len(rest)] + rest if room >= _LEAST else ""
    return start + explanation + end


def _reason(why: Why, rule: str, who: str, *, name_groups: bool) -> tuple[str, str]:
    """Return the reason, and what explains it further."""
    if not rule:
        return "no rule allows it", ""
    if why.lack is Lack.DENIED:
        description = plain(why.description).rstrip(".")
        return f"rule {rule} denies it", f" ({description})" if description else ""
    return "no rule allows it", f"; rule {rule} would, but {plain(_want(why, who, name_groups=name_groups))}"


def _want(why: Why, who: str, *, name_groups: bool) -> str:
    if why.lack is Lack.AMBIGUOUS:
        return f"two groups of {who} have one name"
    if why.lack is Lack.GROUP:
        named = f"group {' and '.join(why.groups)}" if name_groups else "a group that it is for"
        return f"{who} is not in {named}"
    return f"it excepts {who}" if why.lack is Lack.EXCEPTED and not name_groups else why.want


def _listed(actions: Sequence[str]) -> str:
    """List actions: `pull`, `pull or push`, `pull, push or delete`."""
    *most, last = actions
    return f"{', '.join(most)} or {last}" if most else last
