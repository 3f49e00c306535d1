"""Rules that take much away wait until somebody has accepted them: a file may be empty by mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.errors import ConfigurationError, Problem
from app.rules.model import RuleSet


class WaitingRulesError(ConfigurationError):
    """Rules are good, and wait to be accepted.

    Attributes:
        version: Of them.
    """

    def __init__(self, problem: Problem, version: str) -> None:
        """Say how much they take away."""
        super().__init__([problem])
        self.version = version


@dataclass(frozen=True, slots=True)
class Guard:
    """How much of the rules in force other ones may drop.

    Attributes:
        share: The largest share that goes without a word, of 1.
        is_accepted: Whether somebody accepted rules of a version.
    """

    share: float
    is_accepted: Callable[[str], bool]

    def check(self, path: Path, before: RuleSet, after: RuleSet) -> None:
        """Check that other rules may take the place of those in force.

        Args:
            path: Where the rules lie.
            before: Those in force.
            after: The others.

        Raises:
            WaitingRulesError: They drop too many, and nobody has accepted them.
        """
        count = len(dropped(before, after))
        if count <= self.share * len(before.rules) or self.is_accepted(after.version):
            return
        text = (
            f"drops {count} of {len(before.rules)} rules, more than rules_guard lets pass ({self.share:.0%})"
        )
        hint = f"if that is meant: wharfinger rules accept {after.version}"
        raise WaitingRulesError(Problem.of_file(path, text, hint), after.version)


def dropped(before: RuleSet, after: RuleSet) -> tuple[str, ...]:
    """Return the ids of the rules that other rules do not have, in the order of the file."""
    kept = {rule.id for rule in after.rules}
    return tuple(rule.id for rule in before.rules if rule.id not in kept)
