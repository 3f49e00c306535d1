"""What the tokens of one realm are made of, and a token that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.login.login import Login
from app.protocol.claims import ClaimSet, Lifetimes
from app.protocol.request import RequestLimits
from app.rules.model import RuleSet

T_co = TypeVar("T_co", covariant=True)


class Current(Protocol[T_co]):
    """What may change between two requests, never within one: each request reads it once."""

    @property
    def current(self) -> T_co:
        """What is in force now."""


@dataclass(frozen=True, slots=True)
class Denials:
    """How people are told that something is refused.

    Attributes:
        silent: The services of which nobody is: requests get a token with fewer rights.
        name_groups: Whether groups are named that the person is not in.
    """

    silent: frozenset[str] = frozenset()
    name_groups: bool = True


@dataclass(frozen=True, slots=True)
class Realm:
    """What tokens of one realm are made of.

    Attributes:
        services: By name.
        password_grant: Whether passwords are taken by POST too.
        max_token_bytes: A longer token is refused: it would not fit into a header.
        tells_issued_at: Whether answers have `issued_at`.
        candidate: Rules by which every request is decided too, without effect; None where there are none.
    """

    name: str
    issuer: str
    services: Mapping[str, Service]
    password_grant: bool
    lifetimes: Lifetimes
    limits: RequestLimits
    max_token_bytes: int
    tells_issued_at: bool
    rules: Current[RuleSet]
    keys: Current[KeyRing]
    login: Login
    candidate: Current[RuleSet | None] | None = None
    denials: Denials = Denials()


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, what it says, and for how long it is valid from now."""

    token: str
    claims: ClaimSet
    lifetime: timedelta
