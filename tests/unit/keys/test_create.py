"""Making a key in a folder."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.keys.algorithm import Algorithm
from app.keys.create import active_key, create
from app.keys.keyring import load
from app.keys.signing_key import KeyState, SigningKey

Create = Callable[..., SigningKey]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "keys" / "demo"


@pytest.fixture
def make(folder: Path, now: datetime) -> Create:
    """Make a key in the folder, an active ES256 key where nothing else is said."""

    def make(
        name: str | None = None, state: KeyState = KeyState.ACTIVE, algorithm: Algorithm = Algorithm.ES256
    ) -> SigningKey:
        return create(
            folder, name=name, algorithm=algorithm, state=state, common_name="auth.example.com", now=now
        )

    return make


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _refusal(make: Create, **arguments: object) -> str:
    with pytest.raises(ConfigurationError) as raised:
        make(**arguments)
    return str(raised.value)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_new_key_can_be_loaded(folder: Path, make: Create, algorithm: Algorithm) -> None:
    """What was made is what is read, for each algorithm."""
    made = make(algorithm=algorithm)
    read = load(folder).active
    assert (read.name, read.algorithm, read.libtrust, read.x5c) == (
        made.name,
        algorithm,
        made.libtrust,
        made.x5c,
    )


def test_modes(folder: Path, make: Create) -> None:
    """The folder and the key are for their owner alone; the certificate is for everyone."""
    make("k")
    modes = [_mode(folder), _mode(folder / "k.active-20250131T120000Z.pem"), _mode(folder / "k.crt")]
    assert modes == [0o700, 0o600, 0o644]


def test_a_folder_that_exists_keeps_its_mode(folder: Path, make: Create) -> None:
    """The mode of a folder that somebody else made is theirs."""
    folder.mkdir(parents=True)
    folder.chmod(0o750)
    make("k")
    assert _mode(folder) == 0o750


def test_the_usual_name(make: Create) -> None:
    """Without a name, a key is called after its day, its algorithm and its id."""
    key = make()
    assert key.name == f"2025-01-31-es256-{key.libtrust[:4].lower()}"
    assert re.fullmatch(r"[a-z0-9-]+", key.name)


def test_the_subject_of_the_certificate(make: Create) -> None:
    """The certificate has the common name that was asked for."""
    assert make().certificates[0].subject.rfc4514_string() == "CN=auth.example.com"


def test_no_second_active_key(folder: Path, make: Create) -> None:
    """A second active key is refused, for the folder could not be loaded any more; nothing is written."""
    make("first")
    assert _refusal(make, name="second") == (
        f"{folder}: there is an active signing key already: first.active-20250131T120000Z.pem "
        "(begin with an announced one: `--state announced`)"
    )
    assert load(folder).active.name == "first"
    assert len(list(folder.glob("second*"))) == 0


def test_an_announced_key_beside_the_active_one(folder: Path, make: Create) -> None:
    """A rotation begins with a second key that is only announced."""
    make("first")
    make("second", KeyState.ANNOUNCED)
    assert [key.name for key in load(folder).published] == ["first", "second"]


def test_a_name_that_is_taken(folder: Path, make: Create) -> None:
    """A name that a key has, in whatever state, is refused."""
    make("k")
    assert _refusal(make, name="k", state=KeyState.RETIRED) == f"{folder}: a key called 'k' exists"


@pytest.mark.parametrize("name", ["", ".hidden", "../k", "a/b", "ä", "a b", "-x", "k" * 101])
def test_a_name_that_is_none(folder: Path, make: Create, name: str) -> None:
    """A name that could leave the folder, hide or confuse is refused."""
    assert _refusal(make, name=name) == (
        f"{folder}: a key cannot be called {name!r} "
        "(use letters, digits, `.`, `-` and `_`, and a letter or digit first)"
    )


def test_a_folder_that_cannot_be_made(folder: Path, make: Create) -> None:
    """Where the folder cannot be made, the reason is told."""
    folder.parent.touch()
    assert _refusal(make) == f"{folder}: a key cannot be written here: Not a directory"


def test_makers_at_the_same_time(folder: Path, make: Create) -> None:
    """Of several processes that make the first key at once, exactly one succeeds."""

    def attempt(number: int) -> bool:
        try:
            make(f"k{number}")
        except ConfigurationError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = list(pool.map(attempt, range(8)))
    assert succeeded.count(True) == 1
    assert len(load(folder).keys) == 1


def test_active_key_of_no_folder(folder: Path) -> None:
    """A folder that does not exist has no active key."""
    assert active_key(folder) is None


def test_active_key_among_others(folder: Path, make: Create) -> None:
    """The active key is found by its file name."""
    make("a", KeyState.RETIRED)
    make("b")
    assert active_key(folder) == "b.active-20250131T120000Z.pem"


def test_no_active_key_among_others(folder: Path, make: Create) -> None:
    """An announced key is not an active one."""
    make("a", KeyState.ANNOUNCED)
    assert active_key(folder) is None
