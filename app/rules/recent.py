"""A bounded memory of what was worked out lately."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps at least the values that were used last, and at most twice as many; for any number of threads.

    There are two halves. Once the newer one is full, it becomes the older one, whose values are gone if
    nobody has asked for them. Each step is one operation on a dictionary, so that nobody needs a lock.
    """

    __slots__ = ("_most", "_newer", "_older")

    def __init__(self, most: int) -> None:
        """Keep nothing yet; `most` values fit into each half."""
        self._most = most
        self._newer: dict[Key, Value] = {}
        self._older: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """Return what is kept; None where that is nothing."""
        found = self._newer.get(key)
        if found is None:
            found = self._older.get(key)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: Key, value: Value) -> None:
        """Keep a value from now on."""
        if len(self._newer) >= self._most:
            self._older, self._newer = self._newer, {}
        self._newer[key] = value
