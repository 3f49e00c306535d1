"""The robots of the rules file: logins for machines, with secrets that a command made."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from app.errors import Code, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.rules.model import ROBOT_PREFIX, Persona, Robot

_MOST_SECRETS = 2
_DECOY = secrets.token_bytes(32)
"""The hash of no secret that anybody knows."""
_NOBODY = Robot("", (), (), None, ())


def is_robot(name: str) -> bool:
    """Tell whether a typed name is a robot's; such a name never goes to the directory."""
    return name.startswith(ROBOT_PREFIX)


def authenticate(
    robots: Mapping[str, Robot], credentials: Credentials, address: str, now: datetime
) -> Persona | Refusal:
    """Check a robot's secret, then whether it may log in now and from here."""
    robot = robots.get(credentials.username.removeprefix(ROBOT_PREFIX), _NOBODY)
    given = hashlib.sha256(credentials.password.octets()).digest()
    # as many comparisons for a robot with one secret, and for one that there is not
    kept = (*robot.secret_hashes, _DECOY, _DECOY)[:_MOST_SECRETS]
    matches = [hmac.compare_digest(given, each) for each in kept]
    if not any(matches[: len(robot.secret_hashes)]):
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="unknown robot or wrong secret")
    if robot.has_expired(now):
        return Refusal(
            Code.ACCOUNT_EXPIRED, "This robot account has expired. Ask for a new date in the rules."
        )
    if not robot.may_come_from(address):
        return Refusal(Code.NETWORK_NOT_ALLOWED, "This robot account may not log in from this network.")
    return robot.persona()
