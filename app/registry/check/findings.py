"""One finding: what is wrong between a registry and a realm, and which settings to change."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Topic(enum.StrEnum):
    """What a finding is about; stable, for programs."""

    REGISTRY = "registry"  # it does not answer as one that wants tokens
    REALM = "realm"  # where it sends clients
    SERVICE = "service"
    ISSUER = "issuer"
    KEY_ID = "key_id"
    CERTIFICATES = "x5c"
    KEYS = "keys"
    CLOCK = "clock"
    ACCESS = "access"  # what it makes of a token that it takes


@dataclass(frozen=True, slots=True)
class RegistryFinding:
    """One thing that is wrong, or may be.

    Attributes:
        text: What it is; quotes what others sent with `shown` alone.
        is_warning: Whether the registry may work all the same; otherwise something has to be changed.
        registry: What to change in the registry's token settings, by name.
        here: What to change in the service's section here, by name.
        advice: What else to do; may be empty.
    """

    topic: Topic
    text: str
    is_warning: bool = False
    registry: Mapping[str, object] = field(default_factory=dict)
    here: Mapping[str, object] = field(default_factory=dict)
    advice: str = ""

    @property
    def severity(self) -> str:
        """`error` or `warning`, for people and for programs."""
        return "warning" if self.is_warning else "error"


def shown(text: str) -> str:
    """Quote what somebody else sent, shortened, and without the control characters that it may hold."""
    return ascii(text[:200])
