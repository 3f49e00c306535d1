"""The keys of a running server follow the folder."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from app.errors import ConfigurationError
from app.keys import kid
from app.keys.algorithm import Algorithm
from app.keys.fitness import Service
from app.keys.live import LiveKeys
from tests.support.keyfolder import activate

PutKey = Callable[..., Path]
PLAIN = {"registry.example.com": Service(kid.LIBTRUST)}


@pytest.fixture
def folder(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> Path:
    """Return a folder with one active key."""
    return put_key(ec_key, "old.active-20250101T000000Z.pem")


@pytest.fixture
def live(folder: Path, now: datetime) -> LiveKeys:
    """Return the keys of a running server."""
    return LiveKeys("demo", folder, PLAIN, lambda: now)


def _put_next(put_key: PutKey, state: str) -> None:
    put_key(ec.generate_private_key(ec.SECP256R1()), f"new.{state}.pem")


def test_an_announced_key_is_published(live: LiveKeys, put_key: PutKey) -> None:
    """A new file in the folder is published without a restart."""
    assert not live.refresh()
    _put_next(put_key, "announced-20250131T110000Z")
    assert live.refresh()
    assert [key.name for key in live.current.published] == ["old", "new"]


def test_an_activation_is_followed(live: LiveKeys, folder: Path, put_key: PutKey, now: datetime) -> None:
    """The key that was announced signs after the next look."""
    _put_next(put_key, "announced-20250131T110000Z")
    live.refresh()
    activate(folder, "new", now)
    live.refresh()
    assert live.current.signer(now).name == "new"


def test_a_key_that_appears_active_waits(live: LiveKeys, put_key: PutKey, now: datetime) -> None:
    """One that this server never published signs some seconds later."""
    _put_next(put_key, "active-20250131T110000Z")
    live.refresh()
    signers = [live.current.signer(now + timedelta(seconds=seconds)).name for seconds in (0, 9, 11)]
    assert signers == ["old", "old", "new"]


@pytest.mark.parametrize(("ago", "signs"), [(0, "old"), (9, "old"), (11, "new"), (86_400, "new")])
def test_a_process_that_starts_later(
    live: LiveKeys, put_key: PutKey, now: datetime, ago: int, signs: str
) -> None:
    """It begins with the key that its peers sign with by now, not with one that was retired long ago."""
    since = (now - timedelta(seconds=ago)).strftime("%Y%m%dT%H%M%SZ")
    _put_next(put_key, f"active-{since}")
    live.catch_up()
    assert live.current.signer(now).name == signs


@pytest.mark.parametrize("fault", ["no active key", "no key", "no folder", "mode", "garbage"])
def test_the_last_good_keys_stay(live: LiveKeys, folder: Path, fault: str) -> None:
    """Whatever becomes of the folder, the server signs and publishes as before, and says what is wrong."""
    before, path = live.current, folder / "old.active-20250101T000000Z.pem"
    match fault:
        case "no active key":
            path.rename(folder / "old.retired.pem")
        case "no key":
            path.unlink()
        case "no folder":
            folder.rename(folder.with_name(f"{folder.name}-elsewhere"))
        case "mode":
            path.chmod(0o644)
        case "garbage":
            path.write_bytes(b"garbage")
    assert not live.refresh()
    assert live.current is before
    assert isinstance(live.fault, ConfigurationError)


def test_a_process_that_starts_later_has_what_its_peers_accepted(
    folder: Path, put_key: PutKey, now: datetime
) -> None:
    """Even where the folder has a fault by then: memory is all that it shares with them."""
    live = LiveKeys("demo", folder, PLAIN, lambda: now)
    put_key(ec.generate_private_key(ec.SECP256R1()), "new.announced-20250131T110000Z.pem")
    fork = multiprocessing.get_context("fork")
    peer = fork.Process(target=live.refresh)
    peer.start()
    peer.join()
    (folder / "new.crt").unlink()
    live.catch_up()
    assert [key.name for key in live.current.published] == ["old", "new"]
    assert live.fault is not None


def test_a_pipe_in_the_folder_is_not_waited_for(live: LiveKeys, folder: Path) -> None:
    """It is a fault like any other, and gone with the pipe."""
    os.mkfifo(folder / "next.active.pem")
    assert not live.refresh()
    assert "it is no regular file" in str(live.fault)
    (folder / "next.active.pem").unlink()
    assert live.refresh()


def test_a_mode_that_is_mended_is_seen(live: LiveKeys, folder: Path) -> None:
    """The content of the files is as before; their mode is looked at too."""
    path = folder / "old.active-20250101T000000Z.pem"
    path.chmod(0o644)
    live.refresh()
    path.chmod(0o600)
    assert live.refresh()
    assert live.fault is None


def test_a_mounted_secret_is_followed(
    folder: Path, put_key: PutKey, tmp_path_factory: pytest.TempPathFactory, now: datetime
) -> None:
    """Kubernetes swaps one link, and so all files at once."""
    mount = tmp_path_factory.mktemp("mount")
    for number, state in enumerate(("announced", "active")):
        version = mount / f"..version-{number}"
        version.mkdir()
        if state == "active":
            activate(folder, "new", now)
        else:
            _put_next(put_key, "announced-20250131T110000Z")
        for file in folder.glob("*.*"):
            if not file.name.startswith("."):
                (version / file.name).write_bytes(file.read_bytes())
                (version / file.name).chmod(0o600)

    def mounted(version: str) -> None:
        (mount / "..new").symlink_to(version)
        (mount / "..new").replace(mount / "..data")
        for path in mount.glob("[a-z]*"):
            path.unlink()
        for path in (mount / version).iterdir():
            (mount / path.name).symlink_to(f"..data/{path.name}")

    mounted("..version-0")
    live = LiveKeys("demo", mount, PLAIN, lambda: now)
    assert live.current.active.name == "old"
    mounted("..version-1")
    assert live.refresh()
    assert [(key.name, key.state) for key in live.current.published] == [
        ("new", "active"),
        ("old", "retired"),
    ]


def test_keys_that_do_not_fit_are_a_fault(
    folder: Path, now: datetime, live: LiveKeys, put_key: PutKey
) -> None:
    """At the start, and later on too."""
    wanted = {"registry.example.com": Service(kid.LIBTRUST, algorithm=Algorithm.ES256)}
    fitting = LiveKeys("demo", folder, wanted, lambda: now)
    put_key(ed25519.Ed25519PrivateKey.generate(), "new.active-20250131T110000Z.pem", Algorithm.EDDSA)
    assert not fitting.refresh()
    assert fitting.current.signer(now).name == "old"
    with pytest.raises(ConfigurationError, match="cannot sign with ES256"):
        LiveKeys("demo", folder, wanted, lambda: now)
    assert live.refresh()


def test_no_keys_at_all(tmp_path: Path, now: datetime) -> None:
    """A server does not start without keys."""
    with pytest.raises(ConfigurationError, match="does not exist"):
        LiveKeys("demo", tmp_path / "keys", PLAIN, lambda: now)


def test_a_folder_that_is_gone_is_told_once(
    live: LiveKeys, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is told of every change finds the last good keys, and nothing fails by that."""
    live.subscribe(lambda _: live.log_warnings())
    folder.rename(folder.with_name(f"{folder.name}-elsewhere"))
    live.refresh()
    live.refresh()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "the files cannot be used; the last good ones stay in force"
    ]


def test_a_warning_is_logged_once(live: LiveKeys, put_key: PutKey, caplog: pytest.LogCaptureFixture) -> None:
    """What there is to be known of a key is logged when it is new."""
    put_key(ed25519.Ed25519PrivateKey.generate(), "new.announced.pem", Algorithm.EDDSA)
    live.refresh()
    with caplog.at_level(logging.WARNING):
        live.log_warnings()
        live.log_warnings()
    told = [record.__dict__["detail"] for record in caplog.records if "EdDSA" in record.__dict__["detail"]]
    assert len(told) == 1
    assert told[0].startswith("key new: service registry.example.com: Distribution 2.8 knows no EdDSA")
