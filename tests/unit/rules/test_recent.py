"""The bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.rules.recent import Recent


@given(st.lists(st.integers(0, 20)))
def test_it_never_returns_anything_but_what_was_kept(keys: list[int]) -> None:
    """The value of the very key, the last one that was kept, or none."""
    recent: Recent[int, tuple[int, int]] = Recent(3)
    last: dict[int, tuple[int, int]] = {}
    for at, key in enumerate(keys):
        assert recent.get(key) in {None, last.get(key)}
        last[key] = (key, at)
        recent.keep(key, last[key])
        assert recent.get(key) == last[key]


@given(st.lists(st.integers(0, 20)))
def test_it_is_bounded(keys: list[int]) -> None:
    """At most twice as many as fit into a half are there."""
    recent: Recent[int, int] = Recent(3)
    for key in keys:
        recent.get(key)
        recent.keep(key, key)
    assert sum(recent.get(key) is not None for key in range(21)) <= 6


def test_what_is_used_stays() -> None:
    """However much else comes."""
    recent: Recent[int, str] = Recent(2)
    recent.keep(-1, "used")
    for key in range(20):
        recent.keep(key, "seldom")
        assert recent.get(-1) == "used"
    assert recent.get(0) is None
