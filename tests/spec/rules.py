"""What a rules file means, written from the description of the language and without a line of ours.

Slow and plain: every rule is looked at, patterns are tried letter by letter. It reads sound files alone;
what is wrong with a file is none of its business.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

ACTIONS: Final = frozenset({"pull", "push", "delete"})
_COMPONENT: Final = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_CAPTURABLE: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_VARIABLE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

_WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Bound = dict[str, str]


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who asks.

    Attributes:
        name: As they are called when they have logged in; empty for nobody.
        groups: DNs; a group is called by the value of the first RDN.
    """

    name: str = ""
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_robot(self) -> bool:
        """Whether it is one of the file's robots."""
        return self.name.startswith("robot$")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: `*` on a repository is every action and itself; the catalog is called `catalog`."""

    resource: str
    actions: frozenset[str]
    service: str
    address: str
    time: datetime


def granted(text: str, somebody: Somebody, request: Request) -> frozenset[str]:
    """Say what a file grants of what is asked."""
    speaking = [
        rule
        for rule in yaml.load(text, yaml.BaseLoader).get("rules", ())  # noqa: S506 - texts alone
        if _holds(rule.get("when", {}), somebody, request)
        and not _is_excepted(rule.get("except", {}), somebody)
        and any(_is_about(rule, bound, somebody, request) for bound in _ways(rule, somebody))
    ]
    if request.resource == "catalog":
        single = {action: _is_granted(action, speaking) for action in request.actions}
        return frozenset(action for action, good in single.items() if good)
    whole = "*" in request.actions
    single = {action: _is_granted(action, speaking) for action in ACTIONS}
    found = {action for action in (ACTIONS if whole else request.actions) if single[action]}
    return frozenset(found | {"*"} if whole and found == ACTIONS else found)


def _is_granted(action: str, rules: Sequence[Mapping[str, Any]]) -> bool:
    allowed = any(action in _allowed(rule["allow"]) for rule in rules if "allow" in rule)
    denied = any(action in _denied(rule["deny"]) for rule in rules if "deny" in rule)
    return allowed and not denied


def _allowed(words: Sequence[str]) -> set[str]:
    found = {*words, *(ACTIONS if "*" in words else ())}
    return found | {"pull"} if "push" in found else found


def _denied(words: Sequence[str]) -> set[str]:
    found = {*words, *(ACTIONS if "*" in words else ())}
    return found | {"push"} if "pull" in found else found


def _ways(rule: Mapping[str, Any], somebody: Somebody) -> Iterator[Bound]:
    """Return what the variables stand for, in each way in which a rule is for somebody."""
    own = _fold(somebody.name)
    if rule.get("everyone") == "true":
        yield {}
    if not somebody.name:
        return
    if rule.get("authenticated") == "true":
        yield {}
    patterns = rule.get("robots" if somebody.is_robot else "users", ())
    for pattern in patterns:
        yield from _match_name(pattern, own.removeprefix("robot$"), own)
    for pattern, group in itertools.product(rule.get("groups", ()), somebody.groups):
        yield from _match_group(pattern, group, own)
    if "all_groups" in rule:
        for chosen in itertools.product(somebody.groups, repeat=len(rule["all_groups"])):
            pairs = zip(rule["all_groups"], chosen, strict=True)
            each = [[*_match_group(pattern, group, own)] for pattern, group in pairs]
            for bounds in itertools.product(*each):
                together = {item for bound in bounds for item in bound.items()}
                if len(together) == len(dict(together)):  # one variable, one text
                    yield dict(together)


def _match_group(pattern: str, group: str, own: str) -> Iterator[Bound]:
    if "=" in pattern:
        yield from _match_dn(pattern, group, own)
    else:
        yield from _match_name(pattern, _dn(group)[0][0][1], own)


def _is_excepted(exceptions: Mapping[str, Any], somebody: Somebody) -> bool:
    """Whether a rule is not for somebody although it is otherwise."""
    own = _fold(somebody.name)
    names = exceptions.get("robots" if somebody.is_robot else "users", ())
    in_groups = itertools.product(exceptions.get("groups", ()), somebody.groups)
    return bool(own) and (
        any([*_match_name(pattern, own.removeprefix("robot$"), own)] for pattern in names)
        or any([*_match_group(pattern, group, own)] for pattern, group in in_groups)
    )


def _is_about(rule: Mapping[str, Any], bound: Bound, somebody: Somebody, request: Request) -> bool:
    if request.resource == "catalog":
        return bool(rule.get("catalog") == "true")
    values = {**bound, "username": _fold(somebody.name)}
    return any(
        _match_repository(pattern, request.resource, values) for pattern in rule.get("repositories", ())
    )


def _holds(when: Mapping[str, Any], somebody: Somebody, request: Request) -> bool:
    address = ipaddress.ip_address(request.address) if request.address else None
    networks = [ipaddress.ip_network(network) for network in when.get("networks", ())]
    return (
        ("services" not in when or request.service in when["services"])
        and ("networks" not in when or any(address in network for network in networks if address))
        and ("from" not in when or request.time >= _moment(when["from"], timedelta()))
        and ("until" not in when or request.time < _moment(when["until"], timedelta(days=1)))
        and ("hours" not in when or _is_in_hours(when["hours"], request.time))
        and all(
            {_fold(value) for value in values}
            & {
                _fold(value)
                for known, has in somebody.attributes.items()
                if known.lower() == name.lower()
                for value in has
            }
            for name, values in when.get("attributes", {}).items()
        )
    )


def _is_in_hours(text: str, time: datetime) -> bool:
    """Look at the clock of the zone that stands at the end."""
    spans, _, zone = text.rpartition(" ")
    wall = time.astimezone(ZoneInfo(zone))
    today, clock = wall.weekday(), wall.strftime("%H:%M")
    days = set(range(7))
    for named, start, end in re.findall(r"((?:[A-Z][^ ]+ )*)([0-9:]+)-([0-9:]+)", re.sub(", ?", ", ", spans)):
        days = {day for item in re.findall(r"[A-Za-z-]+", named) for day in _week_days(item)} or days
        if start < end:
            found = today in days and start <= clock < end
        else:
            found = (today in days and start <= clock) or ((today - 1) % 7 in days and clock < end)
        if found:
            return True
    return False


def _week_days(text: str) -> Iterator[int]:
    first, last = text[:3], text[-3:]
    day = _WEEK.index(first)
    while _WEEK[day] != last:
        yield day
        day = (day + 1) % 7
    yield day


def _moment(text: str, day: timedelta) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=UTC) + day


def _fold(text: str) -> str:
    """Make equal what a directory takes for equal."""
    return " ".join(unicodedata.normalize("NFKC", "".join(letter.lower() for letter in text)).split())


def _dn(text: str) -> list[list[tuple[str, str]]]:
    """Take a DN without escapes apart."""
    return [sorted(map(_attribute, rdn.split("+"))) for rdn in text.split(",")]


def _attribute(text: str) -> tuple[str, str]:
    kind, _, value = text.partition("=")
    return kind.strip().lower(), _fold(value)


def _match_dn(pattern: str, group: str, own: str) -> Iterator[Bound]:
    wanted, actual = _dn(pattern), _dn(group)
    if [[kind for kind, _ in rdn] for rdn in wanted] != [[kind for kind, _ in rdn] for rdn in actual]:
        return
    bound = {"username": own}
    for (_, want), (_, value) in zip(itertools.chain(*wanted), itertools.chain(*actual), strict=True):
        variable = _VARIABLE.fullmatch(want)
        if (bound.setdefault(variable[1], value) if variable else want) != value:
            return
    yield bound


def _match_name(pattern: str, name: str, own: str) -> Iterator[Bound]:
    """Match a whole name: the first variable or star takes as much as it can, then the next."""
    found = next(_try(" ".join(pattern.split()), name, own), None)
    if found is not None:
        yield found


def _try(pattern: str, name: str, own: str) -> Iterator[Bound]:
    if not pattern:
        if not name:
            yield {}
        return
    variable = _VARIABLE.match(pattern)
    if variable and variable[1] == "username":
        if name.startswith(own):
            yield from _try(pattern[variable.end() :], name[len(own) :], own)
    elif variable or pattern[0] == "*":
        rest = pattern[variable.end() :] if variable else pattern[1:]
        for length in range(len(name), 0, -1):
            piece = name[:length]
            if _CAPTURABLE.issuperset(piece) if variable else "/" not in piece:
                for bound in _try(rest, name[length:], own):
                    yield {**bound, variable[1]: piece} if variable else bound
    elif name and (name[0] == pattern[0].lower() or (pattern[0] == "?" and name[0] != "/")):
        yield from _try(pattern[1:], name[1:], own)


def _match_repository(pattern: str, name: str, values: Bound) -> bool:
    for variable in _VARIABLE.findall(pattern):
        if not _COMPONENT.fullmatch(values.get(variable, "")):
            return False
    return _match_components(pattern.split("/"), name.split("/"), values)


def _match_components(pattern: Sequence[str], name: Sequence[str], values: Bound) -> bool:
    if not pattern or not name:
        return not pattern and not name
    first, *rest = pattern
    if first == "**":
        return any(_match_components(rest, name[count:], values) for count in range(1, len(name) + 1))
    return _match_component(first, name[0], values) and _match_components(rest, name[1:], values)


def _match_component(pattern: str, text: str, values: Bound) -> bool:
    if not pattern:
        return not text
    variable = _VARIABLE.match(pattern)
    if variable:
        value = values[variable[1]]
        return text.startswith(value) and _match_component(
            pattern[variable.end() :], text[len(value) :], values
        )
    if pattern[0] == "*":
        return any(_match_component(pattern[1:], text[count:], values) for count in range(1, len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _match_component(pattern[1:], text[1:], values)
