"""The `keys` commands, with settings as the configuration file would give them."""

from __future__ import annotations

import functools
import inspect
import json
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from app.cli import keys as commands
from app.keys.keyring import load

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The keys folder of the default realm; not made yet."""
    return tmp_path / "keys" / "demo"


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Run:
    """Run a command with two realms, without reading a configuration file."""
    realms = {
        "demo": SimpleNamespace(keys=folder, issuer="http://127.0.0.1:5001/auth/realms/demo"),
        "other": SimpleNamespace(keys=tmp_path / "keys" / "other", issuer="https://auth.example.com"),
    }
    settings = SimpleNamespace(realms=realms, default_realm="demo")

    def run(command: click.Command, *arguments: str) -> Result:
        body = inspect.unwrap(command.callback) if command.callback else None
        assert body
        configured = click.Command(
            command.name,
            callback=functools.partial(body, settings=settings),
            params=[each for each in command.params if each.name != "config"],
        )
        return CliRunner().invoke(configured, arguments)

    return run


def test_new(run: Run, folder: Path) -> None:
    """A new key is active and ES256 where nothing else is said; the command names its file and its ids."""
    result = run(commands.new)
    key = load(folder).active
    assert result.output.splitlines() == [
        f"Made the active ES256 key {folder / key.name}.active.pem of realm demo",
        f"  key id (libtrust): {key.libtrust}",
        f"  key id (RFC 7638): {key.rfc7638}",
    ]


def test_new_names_the_issuer(run: Run, folder: Path) -> None:
    """The certificate's subject is the realm's issuer."""
    run(commands.new)
    subject = load(folder).active.certificates[0].subject.rfc4514_string()
    assert subject == "CN=http://127.0.0.1:5001/auth/realms/demo"


def test_new_as_asked(run: Run, folder: Path) -> None:
    """Algorithm and state are those asked for; the algorithm in any case of letters."""
    run(commands.new)
    run(commands.new, "--algorithm", "eddsa", "--state", "announced")
    assert [(key.algorithm, key.state) for key in load(folder).published] == [
        ("ES256", "active"),
        ("EdDSA", "announced"),
    ]


def test_new_in_another_realm(run: Run, tmp_path: Path, folder: Path) -> None:
    """The key is made in the folder of the realm asked for."""
    run(commands.new, "--realm", "other")
    assert load(tmp_path / "keys" / "other").active
    assert not folder.exists()


@pytest.mark.parametrize("command", ["new", "publish"])
def test_an_unknown_realm(run: Run, tmp_path: Path, command: str) -> None:
    """A realm that is not configured is a wrong option, and those that are are listed."""
    directory = [str(tmp_path)] if command == "publish" else []
    result = run(commands.keys.commands[command], "--realm", "nowhere", *directory)
    assert result.exit_code == 2
    assert (
        "Invalid value for --realm: there is no realm 'nowhere'; the configuration has: demo, other"
        in result.output
    )


def test_new_beside_an_active_key(run: Run, folder: Path) -> None:
    """A second active key is refused in one line."""
    run(commands.new)
    name = load(folder).active.name
    result = run(commands.new)
    assert result.exit_code == 1
    assert result.output == (
        f"Error: {folder}: there is an active signing key already: {name}.active.pem "
        "(begin with an announced one: `--state announced`)\n"
    )


def test_new_if_none(run: Run, folder: Path) -> None:
    """With `--if-none` a first key is made, and a second call does nothing and says so."""
    assert run(commands.new, "--if-none").output.startswith("Made the active ES256 key ")
    name = load(folder).active.name
    result = run(commands.new, "--if-none")
    assert (result.exit_code, result.output) == (
        0,
        f"Realm demo has the active key {folder / name}.active.pem; nothing to do.\n",
    )


def test_new_if_none_beside_an_announced_key(run: Run, folder: Path) -> None:
    """An announced key is not an active one: `--if-none` still makes that."""
    run(commands.new, "--state", "announced")
    run(commands.new, "--if-none")
    assert [key.state for key in load(folder).published] == ["active", "announced"]


def test_new_if_none_in_a_race(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process makes the first key between the look and the making, all is well too."""
    run(commands.new)
    name = f"{load(folder).active.name}.active.pem"
    looks = iter([None, name])
    monkeypatch.setattr(commands, "active_key", lambda _folder: next(looks))
    result = run(commands.new, "--if-none")
    assert (result.exit_code, "nothing to do" in result.output) == (0, True)


def test_publish(run: Run, folder: Path, tmp_path: Path) -> None:
    """The bundle and the JWK Set of the ring are written where everybody may read them."""
    run(commands.new)
    target = tmp_path / "etc" / "registry"
    result = run(commands.publish, str(target))
    ring = load(folder)
    assert result.output.splitlines() == [f"Wrote {target / name}" for name in ("certs.pem", "jwks.json")]
    assert x509.load_pem_x509_certificates((target / "certs.pem").read_bytes()) == [
        ring.active.certificates[0]
    ]
    assert json.loads((target / "jwks.json").read_bytes()) == json.loads(ring.jwk_set)
    assert [stat.S_IMODE(path.stat().st_mode) for path in target.iterdir()] == [0o644, 0o644]


def test_publish_without_keys(run: Run, folder: Path, tmp_path: Path) -> None:
    """Nothing is written where the keys cannot be loaded, and the command says why."""
    result = run(commands.publish, str(tmp_path / "out"))
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {folder}: the folder of the signing keys does not exist")
    assert not (tmp_path / "out").exists()


def test_publish_beside_the_private_keys(run: Run, folder: Path) -> None:
    """What is public is never written where the private keys are: such a folder could not be loaded."""
    run(commands.new)
    result = run(commands.publish, str(folder))
    assert (result.exit_code, result.output) == (
        1,
        f"Error: {folder}: holds the private keys; publish to another folder\n",
    )


def test_publish_where_nothing_can_be_written(run: Run, tmp_path: Path) -> None:
    """A folder that cannot be made is told in one line."""
    run(commands.new)
    (tmp_path / "file").touch()
    result = run(commands.publish, str(tmp_path / "file" / "out"))
    assert (result.exit_code, result.output) == (
        1,
        f"Error: {tmp_path / 'file' / 'out' / 'certs.pem'}: cannot be written: Not a directory\n",
    )
