"""What is known of the robots of a rule set."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.expiry import ends_soon
from app.rules.model import Robot, RuleSet


class RobotState(enum.StrEnum):
    """Whether a robot can log in."""

    GOOD = "good"
    ENDS_SOON = "ends soon"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ListedRobot:
    """A robot, and what is known of it. How old its secrets are is not: a hash has no date.

    Attributes:
        last_login: The time of its last login, as the audit stream has it; empty where none is known.
    """

    robot: Robot
    state: RobotState
    last_login: str


def list_robots(rules: RuleSet, now: datetime, last_logins: Mapping[str, str]) -> Iterator[ListedRobot]:
    """Yield the robots by name.

    Args:
        rules: Those that have them.
        now: When it is asked (aware).
        last_logins: Of each robot that is known to have logged in, by its name.
    """
    for name, robot in sorted(rules.robots.items()):
        yield ListedRobot(robot, _state(robot, now), last_logins.get(name, ""))


def _state(robot: Robot, now: datetime) -> RobotState:
    if robot.has_expired(now):
        return RobotState.EXPIRED
    is_ending = robot.expires is not None and ends_soon(robot.expires, now)
    return RobotState.ENDS_SOON if is_ending else RobotState.GOOD
