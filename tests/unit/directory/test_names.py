"""Which typed names are looked up, and the canonical form of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.names import TypedName, account, canonical, is_plausible, plain, read
from app.directory.presets import DirectoryKind
from app.directory.settings import LoginSettings

ALL_FORMS = LoginSettings.model_validate(
    {
        "forms": ["name", "upn", "domain\\name"],
        "suffixes": ["Example.COM", "corp.example"],
        "domains": ["CORP"],
    }
)


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
        "ali\udcffce",
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


@pytest.mark.parametrize(
    "typed",
    ["alice", "alice@example.com", "alice@EXAMPLE.com", "alice@corp.example", "CORP\\alice", "corp\\alice"],
)
def test_every_form_is_the_same_name(typed: str) -> None:
    """An ending and a domain that are ours are taken off, in any case of their letters."""
    assert plain(typed, ALL_FORMS) == "alice"


@pytest.mark.parametrize(
    "typed",
    [
        "alice@evil.example",
        "alice@",
        "@example.com",
        " @example.com",
        "alice @example.com",
        "EVIL\\alice",
        "\\alice",
        "CORP\\",
        "CORP\\ alice",
        "alice@example.com\0",
    ],
    ids=ascii,
)
def test_an_ending_that_is_not_ours_is_nobody(typed: str) -> None:
    """Somebody else's domain, nothing before or behind it, and what is implausible without it."""
    assert plain(typed, ALL_FORMS) is None


@pytest.mark.parametrize("typed", ["alice@example.com", "CORP\\alice"])
def test_forms_that_are_not_configured_stay_names(typed: str) -> None:
    """A site whose names are mail addresses has them looked up as they are."""
    assert plain(typed, LoginSettings()) == typed


@pytest.mark.parametrize(
    ("kind", "upn"), [(DirectoryKind.ACTIVE_DIRECTORY, "Alice@Example.com"), (DirectoryKind.OPENLDAP, "")]
)
def test_only_active_directory_may_know_the_whole_name(kind: DirectoryKind, upn: str) -> None:
    """There it may be the UPN of anybody; elsewhere an ending that is ours is taken off, and that is all."""
    assert read("Alice@Example.com", ALL_FORMS, kind) == TypedName("Alice", "alice", upn)
    assert read("EXAMPLE\\x@y", LoginSettings(), kind) == TypedName("EXAMPLE\\x@y", "example\\x@y")
    assert read("alice", ALL_FORMS, kind) == TypedName("alice", "alice")


def test_the_bare_form_can_be_left_out() -> None:
    """With `upn` alone, a name without an ending is nobody."""
    login = LoginSettings.model_validate({"forms": ["upn"], "suffixes": ["example.com"]})
    assert plain("alice", login) is None
    assert plain("alice@example.com", login) == "alice"


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        (DirectoryKind.OPENLDAP, {"zoë", "zoé", "zoe", "名前"}),
        (DirectoryKind.ACTIVE_DIRECTORY, {"zoe", "名前"}),
    ],
)
def test_accents_make_no_account_of_their_own_where_servers_do_not_see_them(
    kind: DirectoryKind, counted: set[str]
) -> None:
    """Each spelling would have a budget of wrong passwords, all of them strikes on one account."""
    assert {account(name, kind) for name in ("zoë", "ZOË", "zoé", "Zoe", "名前")} == counted
