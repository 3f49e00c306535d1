"""JSON that is safe to show."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.errors import Code
from app.telemetry import json_text

_TEXTS = st.text(st.characters(codec=None, exclude_categories=()))
_NUMBERS = st.integers() | st.integers(0, 10**9).map(lambda count: count / 1000)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS | st.sampled_from(Code),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(_TEXTS, inner),
    max_leaves=10,
)


@given(_VALUES)
def test_a_line_says_what_the_standard_library_would(value: object) -> None:
    """The quicker encoder writes the same, whatever is in the value, and one line of it."""
    line = json_text.line(value)
    assert line == json_text.dumps(value).encode() + b"\n"
    assert line.count(b"\n") == 1


@given(_VALUES)
def test_what_is_shown_can_be_read_back(value: object) -> None:
    """Nothing is lost by the escapes."""
    assert json.loads(json_text.line(value)) == json.loads(json.dumps(value))


@given(_TEXTS)
def test_nothing_in_a_line_is_obeyed_by_a_terminal(text: str) -> None:
    """No control and no sign that turns the direction of text."""
    shown = json_text.line({text: text}).decode().removesuffix("\n")
    assert all(ord(sign) >= 0x20 and not 0x7F <= ord(sign) <= 0x9F for sign in shown)
    assert not set(shown) & set("\u061c\u200e\u200f\u2028\u2029\u202e\u2066\u2069\ufeff")
