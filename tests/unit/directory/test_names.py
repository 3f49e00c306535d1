"""Which typed names are looked up, and the canonical form of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.names import canonical, is_plausible


@pytest.mark.parametrize(
    "name", ["alice", "Alice", "zoë", "a.b-c_d", "o'neil", "名前", "alice@example.com", "a" * 256]
)
def test_ordinary_names_are_looked_up(name: str) -> None:
    """Names of any script, up to 256 bytes."""
    assert is_plausible(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " alice",
        "alice ",
        "alice\n",
        "ali\0ce",
        "\x7falice",
        "\uff41lice",
        "zoe\u0308",
        "ali\u200bce",
        "\ufb01n",
        "é" * 129,
    ],
    ids=ascii,
)
def test_names_that_servers_fold_are_not(name: str) -> None:
    """White space at the ends, control and invisible characters, what NFKC changes, more than 256 bytes."""
    assert not is_plausible(name)


def test_case_and_composition_are_folded() -> None:
    """The canonical form is NFC and in lower case."""
    assert canonical("ZOE\u0308") == "zoë"


@pytest.mark.parametrize(
    ("one", "other"), [("straße", "strasse"), ("\ufb01ona", "fiona"), ("\u0131ris", "iris")], ids=ascii
)
def test_people_whom_a_directory_tells_apart_stay_apart(one: str, other: str) -> None:
    """No folding makes one subject of two."""
    assert canonical(one) != canonical(other)


@given(st.text(max_size=30))
def test_the_canonical_form_of_a_canonical_form_is_itself(name: str) -> None:
    """Folding twice is folding once."""
    assert canonical(canonical(name)) == canonical(name)
