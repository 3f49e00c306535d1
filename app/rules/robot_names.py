"""The robots' name space: which names are robots', and which robot a name means. Pure.

A robot's canonical name is always `robot$NAME`: so it stands in tokens and audit lines. A realm may add
a prefix of its own, with which its robots log in too.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.rules.model import ROBOT_PREFIX


@dataclass(frozen=True, slots=True)
class RobotNames:
    """The names that belong to robots: those with `robot$` before them, or with the realm's own prefix.

    Attributes:
        prefix: The realm's own. Case makes no difference.
    """

    prefix: str = ROBOT_PREFIX

    def robot(self, name: str) -> str | None:
        """Return which robot a name means, without the prefix; None where it is no robot's."""
        for prefix in (ROBOT_PREFIX, self.prefix):
            start, rest = name[: len(prefix)], name[len(prefix) :]
            if start.casefold() == prefix.casefold():
                return rest
        return None

    def reserves(self, name: str) -> bool:
        r"""Whether nobody in the directory may have a name: a robot's, or a robot's behind `CORP\`."""
        return any(self.robot(part) is not None for part in (name, name.rpartition("\\")[2]))


DEFAULT = RobotNames()
"""Those of a realm that adds no prefix."""
