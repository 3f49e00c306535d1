"""The objects of a server in memory: the sample rules and a real key ring, before the directory in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import jwt

from app.keys import kid
from app.keys.algorithm import Algorithm
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.login.login import Login
from app.login.robots import RobotLogin
from app.protocol.claims import Lifetimes
from app.protocol.request import RequestLimits
from app.rules.file import load
from app.rules.model import RuleSet
from app.rules.robot_names import RobotNames
from app.telemetry.audit import AuditStream
from app.telemetry.record import Recorder, TokenRecord
from app.tokens.issue import Issuer
from app.tokens.realm import Current, Realm
from tests.spec.verifier import Distribution3, Docker2, verify
from tests.support.directory import FakeDirectory, Unshielded
from tests.support.server import SAMPLE_RULES, SERVICE

T = TypeVar("T")
NOW: Final = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
NO_AUDIT: Final = AuditStream(None, lambda: NOW)
"""An audit stream that nothing is written to, for applications whose issuers have a recorder of their own."""
ISSUER: Final = "https://auth.example.com/auth/realms/demo"


@dataclass(slots=True)
class Collector:
    """A recorder that keeps what it is told."""

    records: list[TokenRecord] = field(default_factory=list)

    def record(self, record: TokenRecord) -> None:
        self.records.append(record)

    @property
    def last(self) -> TokenRecord:
        """What it was told last."""
        return self.records[-1]


@dataclass(slots=True)
class Holder(Generic[T]):
    """What a realm reads once for each request; a test changes it between two."""

    current: T


def make_realm(
    ring: KeyRing, directory: FakeDirectory, rules: Path | Current[RuleSet] = SAMPLE_RULES, **changed: Any
) -> Realm:
    """Make the sample realm, of the rules in a file or of these; keywords replace fields of it."""
    realm = Realm(
        name="demo",
        issuer=ISSUER,
        services={SERVICE: Service(kid.LIBTRUST, x5c=False)},
        password_grant=True,
        lifetimes=Lifetimes(),
        limits=RequestLimits(),
        max_token_bytes=7 * 1024,
        tells_issued_at=False,
        rules=Holder(load.load(rules, NOW)) if isinstance(rules, Path) else rules,
        keys=Holder(ring),
        login=Login((RobotLogin(RobotNames()), Unshielded(directory))),
    )
    return replace(realm, **changed)


def make_issuer(realm: Realm, recorder: Recorder) -> Issuer:
    """Make an issuer whose clock stands still."""
    return Issuer(realm, recorder, lambda: NOW)


def claims_of(token: str, ring: KeyRing, service: str = SERVICE) -> dict[str, Any]:
    """Verify a token as a registry would, at the time at which it was issued, and return what it says."""
    header = jwt.get_unverified_header(token)
    assert header.keys() - {"x5c"} == {"alg", "kid", "typ"}
    registry = Distribution3(ring.jwk_set, ring.pem_bundle)
    claims = verify(token, registry, issuer=ISSUER, service=service, now=NOW.timestamp())
    if header["kid"] == ring.active.libtrust and ring.active.algorithm is not Algorithm.EDDSA:
        docker = Docker2(ring.pem_bundle)
        assert verify(token, docker, issuer=ISSUER, service=service, now=NOW.timestamp()) == claims
    assert claims["nbf"] <= NOW.timestamp() < claims["exp"]
    return claims
