"""`wharfinger keys new` and `publish`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography import x509

from app.cli.keys import new as new_module
from app.keys.keyring import load
from tests.unit.cli.keys.commands import Commands


def test_new(commands: Commands) -> None:
    """A new key is active and ES256 where nothing else is said; the command names its file and its ids."""
    output = commands.good("new")
    key = commands.ring.active
    assert output.splitlines() == [
        f"Made the active ES256 key {commands.keys / key.name}.active-20260131T120000Z.pem of realm demo",
        f"  key id (libtrust): {key.libtrust}",
        f"  key id (RFC 7638): {key.rfc7638}",
    ]


def test_new_names_the_issuer(commands: Commands) -> None:
    """The certificate's subject is the realm's issuer."""
    commands.good("new")
    subject = commands.ring.active.certificates[0].subject.rfc4514_string()
    assert subject == "CN=https://auth.example.com/auth/realms/demo"


def test_new_as_asked(commands: Commands) -> None:
    """Algorithm and state are those asked for; the algorithm in any case of letters."""
    commands.good("new")
    commands.good("new", "--algorithm", "eddsa", "--state", "announced")
    assert [(key.algorithm, key.state) for key in commands.ring.published] == [
        ("ES256", "active"),
        ("EdDSA", "announced"),
    ]


def test_new_in_another_realm(commands: Commands) -> None:
    """The key is made in the folder of the realm asked for."""
    commands.good("new", "--realm", "other")
    assert load(commands.folder / "keys" / "other").active
    assert not commands.keys.exists()


@pytest.mark.parametrize("words", [("new",), ("publish", "out"), ("list",), ("rotate",), ("activate", "k")])
def test_an_unknown_realm(commands: Commands, words: tuple[str, ...]) -> None:
    """A realm that is not configured is a wrong option, and those that are are listed."""
    result = commands(*words, "--realm", "nowhere")
    assert result.exit_code == 2
    assert (
        "Invalid value for --realm: there is no realm 'nowhere'; the configuration has: demo, other"
        in result.output
    )


def test_new_beside_an_active_key(commands: Commands) -> None:
    """A second active key is refused in one line."""
    commands.good("new")
    name = commands.ring.active.name
    assert commands.bad("new") == (
        f"Error: {commands.keys}: there is an active signing key already: "
        f"{name}.active-20260131T120000Z.pem (begin with an announced one: `--state announced`)\n"
    )


def test_new_if_none(commands: Commands) -> None:
    """With `--if-none` a first key is made, and a second call does nothing and says so."""
    assert commands.good("new", "--if-none").startswith("Made the active ES256 key ")
    path = f"{commands.keys / commands.ring.active.name}.active-20260131T120000Z.pem"
    assert commands.good("new", "--if-none") == f"Realm demo has the active key {path}; nothing to do.\n"


def test_new_if_none_beside_an_announced_key(commands: Commands) -> None:
    """An announced key is not an active one: `--if-none` still makes that."""
    commands.good("new", "--state", "announced")
    commands.good("new", "--if-none")
    assert [key.state for key in commands.ring.published] == ["active", "announced"]


def test_new_if_none_in_a_race(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process makes the first key between the look and the making, all is well too."""
    commands.good("new")
    looks = iter([None, f"{commands.ring.active.name}.active.pem"])
    monkeypatch.setattr(new_module, "active_key", lambda _folder: next(looks))
    assert "nothing to do" in commands.good("new", "--if-none")


def test_publish(commands: Commands, tmp_path: Path) -> None:
    """The bundle and the JWK Set of the ring are written where everybody may read them."""
    commands.good("new")
    target = tmp_path / "etc" / "registry"
    output = commands.good("publish", str(target))
    assert output.splitlines() == [f"Wrote {target / name}" for name in ("certs.pem", "jwks.json")]
    assert x509.load_pem_x509_certificates((target / "certs.pem").read_bytes()) == [
        commands.ring.active.certificates[0]
    ]
    assert json.loads((target / "jwks.json").read_bytes()) == json.loads(commands.ring.jwk_set)
    assert [stat.S_IMODE(path.stat().st_mode) for path in target.iterdir()] == [0o644, 0o644]


def test_publish_says_what_the_bundle_lacks(commands: Commands, tmp_path: Path) -> None:
    """A key that Distribution 2.8 would not start with is named."""
    commands.good("new")
    commands.good("new", "--state", "announced", "--algorithm", "EdDSA")
    name = commands.ring.published[1].name
    result = commands("publish", str(tmp_path / "out"))
    assert result.stderr == (
        f"Note: certs.pem is without the EdDSA keys, for Distribution 2.8 would not start with them: {name}\n"
    )


def test_publish_without_keys(commands: Commands, tmp_path: Path) -> None:
    """Nothing is written where the keys cannot be loaded, and the command says why."""
    output = commands.bad("publish", str(tmp_path / "out"))
    assert output.startswith(f"Error: {commands.keys}: the folder of the signing keys does not exist")
    assert not (tmp_path / "out").exists()


def test_publish_beside_the_private_keys(commands: Commands) -> None:
    """What is public is never written where the private keys are: such a folder could not be loaded."""
    commands.good("new")
    assert commands.bad("publish", str(commands.keys)) == (
        f"Error: {commands.keys}: holds the private keys; publish to another folder\n"
    )


def test_publish_where_nothing_can_be_written(commands: Commands, tmp_path: Path) -> None:
    """A folder that cannot be made is told in one line."""
    commands.good("new")
    (tmp_path / "file").touch()
    assert commands.bad("publish", str(tmp_path / "file" / "out")) == (
        f"Error: {tmp_path / 'file' / 'out' / 'certs.pem'}: cannot be written: Not a directory\n"
    )
