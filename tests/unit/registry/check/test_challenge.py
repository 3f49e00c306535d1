"""What a registry answers without a token."""

from __future__ import annotations

import pytest

from app.registry.check.challenge import Challenge


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="a",service="b"', Challenge("a", "b")),
        ('bearer  realm="a", service="b",scope="",error="e"', Challenge("a", "b", "e", "")),
        (r'Bearer realm="a\"b\\c",service="d"', Challenge(r'a"b\c', "d")),
        ('Bearer realm="a",realm="b"', Challenge("a", "")),
        ("Bearer", Challenge("", "")),
        ('Basic realm="a"', None),
        ("", None),
    ],
)
def test_challenges(header: str, expected: Challenge | None) -> None:
    """As Go writes them and RFC 7235 has them; the first of two counts."""
    assert Challenge.parse(header) == expected
