"""The robots of the rules file: logins for machines, with secrets that a command makes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from app.errors import Code, Refusal
from app.login.login import Circumstances
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.rules.model import Robot
from app.rules.persona import Persona
from app.rules.robot_names import RobotNames

SECRET_PREFIX = "whb_"  # noqa: S105 - a prefix, no secret
"""What every secret begins with, so that a scanner finds one that lies where it should not."""
_SECRET_OCTETS = 32
_MOST_SECRETS = 2
_DECOY = secrets.token_bytes(32)
"""The hash of no secret that anybody knows."""
_NOBODY = Robot("", (), (), None, ())


def make_secret(random_text: Callable[[int], str]) -> str:
    """Make a secret: `whb_` and 43 letters, digits, `-` and `_`.

    Args:
        random_text: Returns so many random octets as base64url, as `secrets.token_urlsafe` does.
    """
    return SECRET_PREFIX + random_text(_SECRET_OCTETS)


def hashed(secret: str) -> str:
    """Return the hash of a secret as it stands in the rules file.

    One round of SHA-256 is enough for 256 random bits, which nobody can guess. It is not enough for a
    password.
    """
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()}"


class RobotLogin:
    """Checks the secrets of robots; a robot's name never goes to the directory."""

    def __init__(self, names: RobotNames) -> None:
        self._names = names

    def claims(self, credentials: Credentials) -> bool:
        """Whether a robot's name was typed."""
        return self._names.robot(credentials.username) is not None

    def authenticate(self, credentials: Credentials, circumstances: Circumstances) -> Persona | Refusal:
        """Check a robot's secret, then whether it may log in now and from here."""
        robot = circumstances.robots.get(self._names.robot(credentials.username) or "", _NOBODY)
        given = hashlib.sha256(credentials.password.octets()).digest()
        # as many comparisons for a robot with one secret, and for one that there is not
        kept = (*robot.secret_hashes, _DECOY, _DECOY)[:_MOST_SECRETS]
        matches = [hmac.compare_digest(given, each) for each in kept]
        if not any(matches[: len(robot.secret_hashes)]):
            return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="unknown robot or wrong secret")
        if robot.has_expired(circumstances.now):
            text = "This robot account has expired. Ask for a new date in the rules."
            return Refusal(Code.ACCOUNT_EXPIRED, text, proved=True)
        if not robot.may_come_from(circumstances.client.address_text):
            text = "This robot account may not log in from this network."
            return Refusal(Code.NETWORK_NOT_ALLOWED, text, proved=True)
        return robot.persona()
