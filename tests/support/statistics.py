"""Whether two series of measurements differ by more than chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import median
from typing import Final

_SHUFFLES: Final = 2_000
_BY_CHANCE: Final = 0.001


def differ(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether the medians lie further apart than those of nearly all divisions of the same values by chance.

    A permutation test at the level of one in a thousand: an unlucky machine fails one run of so many.
    """
    dice, pooled = random.Random(0), [*one, *other]  # noqa: S311 - the same shuffles in each run

    def further() -> bool:
        dice.shuffle(pooled)
        return abs(median(pooled[: len(one)]) - median(pooled[len(one) :])) >= apart

    apart = abs(median(one) - median(other))
    return sum(further() for _ in range(_SHUFFLES)) / _SHUFFLES < _BY_CHANCE
