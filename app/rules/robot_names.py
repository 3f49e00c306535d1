"""The robots' name space: which names are robots', and which robot a name means. Pure.

A robot's canonical name is always `robot$NAME`: so it stands in tokens and audit lines. A realm may add
a prefix of its own, with which its robots log in too.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "robot$"


def canonical(robot: str) -> str:
    """Return the canonical name of a robot."""
    return PREFIX + robot


def short(name: str) -> str:
    """Return the name of a robot as the rules have it; one without `robot$` as it is."""
    return name.removeprefix(PREFIX)


def is_canonical(name: str) -> bool:
    """Whether a canonical name is a robot's."""
    return name.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class RobotNames:
    """The names that belong to robots: those with `robot$` before them, or with the realm's own prefix.

    Attributes:
        prefix: The realm's own. Case makes no difference.
    """

    prefix: str = PREFIX

    def robot(self, name: str) -> str | None:
        """Return which robot a name means, without the prefix; None where it is no robot's."""
        for prefix in (PREFIX, self.prefix):
            start, rest = name[: len(prefix)], name[len(prefix) :]
            if start.casefold() == prefix.casefold():
                return rest
        return None

    def reserves(self, name: str) -> bool:
        r"""Whether nobody in the directory may have a name: a robot's, or a robot's behind `CORP\`."""
        return any(self.robot(part) is not None for part in (name, name.rpartition("\\")[2]))


DEFAULT = RobotNames()
"""Those of a realm that adds no prefix."""
