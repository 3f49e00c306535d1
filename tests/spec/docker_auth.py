"""What docker_auth does with its ACL, written from its rules and without a line of ours.

The first entry that matches decides (auth_server/authz/acl.go). Patterns are those of Go's path.Match, or
regular expressions between slashes, which are searched for. Slow, and for tests alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one resource; an empty account is somebody without a login."""

    account: str
    type: str
    name: str
    service: str
    ip: str
    actions: frozenset[str]
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)


def authorize(acl: Iterable[Mapping[str, Any]], request: Request) -> frozenset[str]:
    """Return the actions that are allowed."""
    for entry in acl:
        if _matches(entry.get("match") or {}, request):
            if entry["actions"] == ["*"]:
                return request.actions
            return request.actions & set(entry["actions"])
    return frozenset()


def _matches(match: Mapping[str, Any], request: Request) -> bool:
    variables = {
        f"${{{name}}}": re.escape(getattr(request, name)) for name in ("account", "type", "name", "service")
    }
    variables |= _captured(match, request)
    labels = {f"${{labels:{name}}}": values for name, values in request.labels.items()}
    texts = ("account", "type", "name", "service")
    if not all(
        _matches_text(str(match[name]), getattr(request, name), variables, labels)
        for name in texts
        if name in match
    ):
        return False
    if "ip" in match and ip_address(request.ip) not in ip_network(match["ip"], strict=False):
        return False
    return all(
        any(_one(pattern, value, variables) for value in request.labels.get(name, ()))
        for name, pattern in (match.get("labels") or {}).items()
    )


def _captured(match: Mapping[str, Any], request: Request) -> dict[str, str]:
    """Return what groups of the account's expression stand for: as they are, and not escaped."""
    pattern = str(match.get("account", ""))
    if not (len(pattern) > 2 and pattern[0] == pattern[-1] == "/"):
        return {}
    found = re.search(pattern[1:-1].replace("$", r"\Z"), request.account)
    texts = found.groups() if found else ()
    return {f"${{account:{number}}}": text or "" for number, text in enumerate(texts, 1)}


def _matches_text(
    pattern: str, text: str, variables: Mapping[str, str], labels: Mapping[str, Sequence[str]]
) -> bool:
    used = [[(name, value) for value in values] for name, values in labels.items() if name in pattern]
    return any(_one(pattern, text, dict(variables) | dict(chosen)) for chosen in itertools.product(*used))


def _one(pattern: str, text: str, variables: Mapping[str, str]) -> bool:
    for name, value in variables.items():
        pattern = pattern.replace(name, value)
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return re.search(pattern[1:-1].replace("$", r"\Z"), text) is not None
    return re.fullmatch(_of_glob(pattern), text) is not None


def _of_glob(pattern: str) -> str:
    """Write a shell pattern as a regular expression; classes of characters are not used in tests."""
    found, at = "", 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
            found += re.escape(pattern[at])
        else:
            found += {"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign))
        at += 1
    return found
