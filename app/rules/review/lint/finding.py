"""What a warning is, and the names of all of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from app.errors import Position, Problem


class Name(enum.StrEnum):
    """The stable name of a warning (reference: docs/reference/rules.md)."""

    ANYONE_CAN_CHANGE = "anyone-can-change"
    ALL_REPOSITORIES = "all-repositories"
    STAR_ACTION = "star-action"
    BROAD_VARIABLE = "broad-variable"
    WIDENED_WHO = "widened-who"
    UNBOUND_FOR_SOME = "unbound-for-some"
    NEVER_APPLIES = "never-applies"
    HOST_IN_NAME = "host-in-name"
    NO_RULES = "no-rules"
    CONTAINED = "contained"
    DENIED = "denied"
    EXPIRED = "expired"
    EXPIRES_SOON = "expires-soon"
    UNKNOWN_GROUP = "unknown-group"
    UNKNOWN_SERVICE = "unknown-service"
    UNKNOWN_ROBOT = "unknown-robot"
    UNKNOWN_ADDRESS = "unknown-address"
    TEST_OF_NOTHING = "test-of-nothing"
    TEST_WITHOUT_TIME = "test-without-time"


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning.

    Attributes:
        about: The id of the rule or test, or the name of the robot.
        text: What may be wrong.
        hint: What to do.
    """

    name: Name
    about: str
    position: Position
    text: str
    hint: str

    def problem(self) -> Problem:
        """Return it as a problem of the file."""
        return Problem(self.position, f"{self.name}: {self.text}", self.hint)
