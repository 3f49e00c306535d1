"""Where the keys and values of a document stand, in a fraction of the memory of the values themselves.

The places form a tree of the document's own shape: a scalar is its place, a list begins with its own place
and goes on with its items, a mapping is a tuple of its own place and then, for each key, the key, the key's
place and the value. A place is one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Location = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 1."""
Node: TypeAlias = "int | list[Node] | tuple[str | Node, ...]"
_COLUMN_BITS = 32


def packed(line: int, column: int) -> int:
    """Make one number of a place."""
    return line << _COLUMN_BITS | column


def unpacked(node: object) -> Place:
    """Return the place of a node."""
    place = node if isinstance(node, int) else node[0]  # type: ignore[index]  # a list or a tuple
    assert isinstance(place, int)  # noqa: S101 - by the shape of the tree
    return place >> _COLUMN_BITS, place & (1 << _COLUMN_BITS) - 1


class Marks(Mapping[Location, Place]):
    """The places of all values, or of all keys, by the keys and indexes that lead to them."""

    def __init__(self, root: Node, *, of_keys: bool = False) -> None:
        """Look into a tree."""
        self._root = root
        self._of_keys = of_keys

    def __getitem__(self, location: Location) -> Place:
        if not self._of_keys:
            return unpacked(self._node(location))
        if not location:
            raise KeyError(location)
        parent = self._node(location[:-1])
        return unpacked(parent[_key_index(parent, location[-1]) + 1])  # type: ignore[index]  # it is a mapping's

    def __iter__(self) -> Iterator[Location]:
        for location in _walk((), self._root):
            if not self._of_keys or (location and isinstance(location[-1], str)):
                yield location

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _node(self, location: Location) -> object:
        node: object = self._root
        for part in location:
            if isinstance(node, tuple):
                node = node[_key_index(node, part) + 2]
            elif isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node) - 1:
                node = node[part + 1]
            else:
                raise KeyError(location)
        return node


def _key_index(node: object, key: str | int) -> int:
    """Find a key in a mapping.

    Raises:
        KeyError: It is not there, or this is no mapping.
    """
    if isinstance(node, tuple):
        for index in range(1, len(node), 3):
            if node[index] == key:
                return index
    raise KeyError(key)


def _walk(location: Location, node: object) -> Iterator[Location]:
    """Yield the location of every value."""
    yield location
    if isinstance(node, list):
        for index, item in enumerate(node[1:]):
            yield from _walk((*location, index), item)
    elif isinstance(node, tuple):
        for index in range(1, len(node), 3):
            yield from _walk((*location, node[index]), node[index + 2])
