"""Whether patterns of rules can match the same name, and whether some match all that one does."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from app.rules.parts.automaton import NAMES, REPOSITORIES, TooHardError, beyond, elements, folded, meet
from app.rules.patterns.names import NamePattern
from app.rules.patterns.syntax import cut


def any_overlap(ones: Iterable[str], others: Iterable[str], *, of_names: bool = False) -> bool:
    """Whether any two of two lists of patterns can match the same name. "Yes" may be wrong, "no" never is.

    Args:
        ones: Some patterns.
        others: Those they are compared with.
        of_names: Whether they are patterns over names of people or groups rather than of repositories.
    """
    listed, compare = tuple(others), _names_overlap if of_names else overlap
    return any(compare(one, other) for one in ones for other in listed)


@lru_cache(maxsize=65_536)
def overlap(one: str, other: str) -> bool:
    """Whether two patterns can match the same repository; a variable stands for anything."""
    return meet(elements(cut(one)), elements(cut(other)))


@lru_cache(maxsize=65_536)
def _names_overlap(one: str, other: str) -> bool:
    left, right = (elements(folded(NamePattern.parse(text))) for text in (one, other))
    return meet(left, right, NAMES)


def all_within(ones: Iterable[str], others: Iterable[str], *, of_names: bool = False) -> bool:
    """Whether patterns match every name that any of some others does. "No" may be wrong, "yes" never is.

    Names of accounts are compared with regard to case, as docker_auth does.
    """
    wider = [elements(cut(other)) for other in others]
    try:
        return all(
            beyond(elements(cut(one)), wider, grammar=NAMES if of_names else REPOSITORIES) is None
            for one in ones
        )
    except TooHardError:
        return False
