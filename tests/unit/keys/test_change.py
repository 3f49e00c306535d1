"""Keys change their state, and at no instant is there none or more than one that signs."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.errors import ConfigurationError
from app.keys.keyring import load
from tests.support.keyfolder import activate, discard, retire, tidy

PutKey = Callable[..., Path]


@pytest.fixture
def folder(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> Path:
    """Return a folder in which `new` is announced beside the active `old`."""
    put_key(ec_key, "old.active-20250101T000000Z.pem")
    return put_key(ec_key, "new.announced-20250131T110000Z.pem")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _refusal(do: Callable[[], None]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        do()
    return str(raised.value).partition(": ")[2]


def test_an_activation(folder: Path, now: datetime) -> None:
    """The announced key is active and the active one retired, both since then."""
    activate(folder, "new", now)
    assert _names(folder) == [
        "new.active-20250131T120000Z.pem",
        "new.crt",
        "old.crt",
        "old.retired-20250131T120000Z.pem",
    ]


def test_an_activation_is_one_renaming(folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each system call that changes the folder there is exactly one active key, first old, then new."""
    seen = []
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        seen.append(load(folder).active.name)
        result = real(path, target)
        seen.append(load(folder).active.name)
        return result

    monkeypatch.setattr(Path, "rename", rename)
    activate(folder, "new", now)
    assert seen == ["old", "new", "new", "new"]


@pytest.mark.parametrize("calls", [1, 2])
def test_a_crash_leaves_one_active_key(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    """Wherever an activation stops, the folder can be read, and the next command goes on from there."""
    left = iter(range(calls - 1))
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(KeyboardInterrupt):
            activate(folder, "new", now)
    assert load(folder).active.name == ("old", "new")[calls - 1]
    activate(folder, "new", now)
    assert [(key.name, key.state) for key in load(folder).published] == [
        ("new", "active"),
        ("old", "retired"),
    ]
    assert "old.retired-20250131T120000Z.pem" in _names(folder)


def test_readers_during_activations(folder: Path, now: datetime) -> None:
    """Whoever lists the folder while keys change finds one active key each time."""
    names = [name for turn in range(12) for name in ("new", "old")]

    def read(_: int) -> set[str]:
        try:
            return {load(folder).active.name}
        except ConfigurationError as error:
            return {problem.text for problem in error.problems}

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number) for number in range(80)]
        for turn, name in enumerate(names):
            activate(folder, name, now + timedelta(seconds=turn))
    # A file may be renamed after the folder was listed; the watch of a server then reads again.
    gone = "cannot be read: No such file or directory"
    assert all(reader.result() <= {"old", "new", gone} for reader in readers)
    assert load(folder).active.name == "old"


def test_a_clock_that_was_set_back(folder: Path, now: datetime) -> None:
    """A key that is activated is active, even where the former one bears a later time."""
    activate(folder, "new", now - timedelta(days=3650))
    assert load(folder).active.name == "new"


def test_a_retired_key_signs_again(folder: Path, now: datetime) -> None:
    """An activation can be taken back."""
    activate(folder, "new", now)
    activate(folder, "old", now + timedelta(minutes=1))
    assert [(key.name, key.state) for key in load(folder).keys] == [("new", "retired"), ("old", "active")]


def test_the_active_key_is_activated(folder: Path, now: datetime) -> None:
    """That changes nothing, not even since when it is active."""
    before = _names(folder)
    activate(folder, "old", now)
    assert _names(folder) == before


def test_an_announced_key_retires(folder: Path, now: datetime) -> None:
    """A key that shall never sign."""
    retire(folder, "new", now)
    assert load(folder).keys[0].state == "retired"


def test_a_key_goes(folder: Path) -> None:
    """Both of its files are gone."""
    discard(folder, "new")
    assert _names(folder) == ["old.active-20250101T000000Z.pem", "old.crt"]


def test_the_active_key_stays(folder: Path, now: datetime) -> None:
    """It is neither retired nor removed but by another that is activated."""
    before = _names(folder)
    assert _refusal(lambda: retire(folder, "old", now)).startswith("old is the active key, and a realm")
    assert _refusal(lambda: discard(folder, "old")).startswith("old is the active key, and a realm")
    assert _names(folder) == before


def test_no_such_key(folder: Path, now: datetime) -> None:
    """The keys that there are are named."""
    assert _refusal(lambda: activate(folder, "neu", now)) == (
        "there is no key called 'neu' (there is: new, old)"
    )


def test_a_superseded_key_can_go(folder: Path, put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """What an interrupted activation left called active is retired, and can be removed."""
    put_key(ec_key, "third.active-20250131T000000Z.pem")
    discard(folder, "old")
    assert [key.name for key in load(folder).keys] == ["new", "third"]


def test_tidying(folder: Path, put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A superseded key gets its right name, with the time at which the other one was activated."""
    put_key(ec_key, "third.active-20250131T000000Z.pem")
    tidy(folder)
    assert "old.retired-20250131T000000Z.pem" in _names(folder)


def test_a_folder_that_cannot_be_written(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mounted secret says that it is one, and nothing changes."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, os.strerror(30))

    monkeypatch.setattr(Path, "rename", refuse)
    assert _refusal(lambda: activate(folder, "new", now)) == (
        "the keys cannot be changed here: Read-only file system"
    )
    assert load(folder).active.name == "old"
