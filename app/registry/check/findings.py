"""What is wrong between a registry and a realm, and the lines to change."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Topic(enum.StrEnum):
    """What a finding is about; stable, for machines."""

    REGISTRY = "registry"  # it does not answer as one that wants tokens
    REALM = "realm"  # where it sends clients
    SERVICE = "service"
    ISSUER = "issuer"
    KEY_ID = "key_id"
    CERTIFICATES = "x5c"
    KEYS = "keys"
    CLOCK = "clock"
    ACCESS = "access"  # what it makes of a token that it takes


class Severity(enum.StrEnum):
    """Whether something has to be changed."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        text: What it is; quotes what others sent with `shown` alone.
        registry: What to change in the registry's token settings, by name.
        here: What to change in the service's section here, by name.
        advice: What else to do; may be empty.
    """

    topic: Topic
    text: str
    severity: Severity = Severity.ERROR
    registry: Mapping[str, str] = field(default_factory=dict)
    here: Mapping[str, object] = field(default_factory=dict)
    advice: str = ""


def shown(text: str) -> str:
    """Quote what somebody else sent: no control character of it reaches a terminal, and not all of it."""
    return ascii(text[:200])
