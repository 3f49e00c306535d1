"""Secrets: no way of showing one shows it."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import traceback

import pytest

from app.protocol.credentials import Credentials
from app.protocol.secret import Secret

PASSWORD = "pä:ss%w+rd &ß€"


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(PASSWORD)),
        repr(Secret(PASSWORD)),
        f"{Secret(PASSWORD)}",
        f"{Secret(PASSWORD)!s:>20}",
        "%s" % Secret(PASSWORD),  # noqa: UP031 - as the standard library's logging does
        repr([Secret(PASSWORD)]),
        repr(Credentials("alice", Secret(PASSWORD))),
        repr(dataclasses.replace(Credentials("alice", Secret(PASSWORD)), username="bob")),
    ],
)
def test_it_is_not_shown(shown: str) -> None:
    """Neither text nor representation nor a dataclass around it has the secret."""
    assert PASSWORD not in shown
    assert "***" in shown


def test_it_is_in_no_traceback() -> None:
    """An exception about it has no trace of it."""
    text = "".join(traceback.format_exception(ValueError(Secret(PASSWORD))))
    assert PASSWORD not in text


def test_only_reveal_gives_it() -> None:
    """`reveal` gives the text, `octets` its UTF-8."""
    assert Secret(PASSWORD).reveal() == PASSWORD
    assert Secret(PASSWORD).octets() == PASSWORD.encode()


@pytest.mark.parametrize(
    ("text", "blank"), [("", True), ("\0", True), ("\0\0\0", True), (" ", False), ("\0a", False)]
)
def test_blank(text: str, *, blank: bool) -> None:
    """Nothing, and NULs alone, are blank: a directory would take such a bind as anonymous."""
    assert Secret(text).is_blank() is blank


def test_equality() -> None:
    """Secrets of one text are equal, and equal to nothing else."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_it_is_no_key() -> None:
    """A dict or a set keyed by a secret would keep it alive and findable."""
    with pytest.raises(TypeError, match="no key"):
        hash(Secret("a"))


def test_it_does_not_leave_the_process() -> None:
    """It is neither pickled nor copied by way of pickling."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("a"))
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(Secret("a"))


def test_it_has_no_dict() -> None:
    """A log that prints an object's attributes finds none."""
    assert not hasattr(Secret("a"), "__dict__")
