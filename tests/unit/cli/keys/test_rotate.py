"""`wharfinger keys list`, `activate`, `retire`, `remove` and `rotate`, from the first key to the last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import files
from tests.support.authority import Authority
from tests.unit.cli.keys.commands import Commands


@pytest.fixture(autouse=True)
def old(commands: Commands) -> str:
    """Return the name of the first key, which is an hour old."""
    commands.good("new")
    commands.later(hours=1)
    return commands.ring.active.name


def _announced(commands: Commands) -> str:
    return next(name for name, state in commands.states().items() if state == "announced")


def test_a_rotation_from_end_to_end(commands: Commands, old: str) -> None:
    """Each call takes one step, or says until when to wait; at the end only the new key is left."""
    said = commands.good("rotate").splitlines()
    new = _announced(commands)
    assert said[0] == f"Announced the ES256 key {new}:"
    assert said[3] == "It is published, and signs nothing yet."
    assert said[5:] == [
        "Give every registry the new files, and restart one after the other:",
        "  wharfinger keys publish DIR",
        "Then, not before 2026-01-31 13:02:00 UTC:",
        "  wharfinger keys rotate --registries-ready",
    ]

    commands.later(minutes=5)
    assert f"The key {new} is announced. Every registry must know it" in commands.bad("rotate")
    assert commands.states() == {old: "active", new: "announced"}

    said = commands.good("rotate", "--registries-ready").splitlines()
    assert commands.states() == {old: "retired", new: "active"}
    assert said[0] == f"Activated the key {new}: it signs as soon as the servers have read it."
    assert said[3] == "Next, not before 2026-01-31 13:23:10 UTC:"

    commands.later(minutes=18)
    assert commands.bad("rotate") == (
        f"The next step is to remove {old}.\n"
        "Wait until 2026-01-31 13:23:10 UTC: what the retired key signed may be valid until then.\n"
    )
    commands.later(seconds=10)
    assert "The rotation is complete" in commands.good("rotate")
    assert commands.states() == {new: "active"}


def test_registries_that_are_ready_too_early(commands: Commands, old: str) -> None:
    """The servers need their time too."""
    commands.good("rotate")
    commands.later(seconds=119)
    said = commands.bad("rotate", "--registries-ready")
    assert "Wait until 2026-01-31 13:02:00 UTC: not every server may publish the announced key" in said
    assert commands.states()[old] == "active"


def test_the_advice_for_zot(commands: Commands) -> None:
    """Zot takes one certificate, which has to be put in place when the key begins to sign."""
    commands.configure(kind="zot")
    assert commands.good("rotate").splitlines()[5:] == [
        "zot takes one key. Have its new certificate ready, and put it in place and",
        "restart zot at the moment of the next step:",
        "  wharfinger registry config registry.example.com --for zot --key announced --out DIR",
        "Then, not before 2026-01-31 13:02:00 UTC:",
        "  wharfinger keys rotate --registries-ready",
    ]


@pytest.mark.parametrize("words", [("--registries-ready",), ("--registries-ready", "--dry-run")])
def test_the_folder_is_listed_once(
    commands: Commands, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step is decided and taken by one look at the folder, whose lock is held meanwhile."""
    commands.good("rotate")
    commands.later(minutes=5)
    listed: list[Path] = []
    iterdir = Path.iterdir

    def spy(path: Path) -> Iterator[Path]:
        listed.append(path)
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", spy)
    commands.good("rotate", *words)
    assert listed.count(commands.keys) == 1


def test_a_dry_run_changes_nothing(commands: Commands, old: str) -> None:
    """It says what each step would be."""

    def dry(*words: str) -> str:
        before = sorted(commands.keys.iterdir())
        said = commands.good("rotate", "--dry-run", *words)
        assert sorted(commands.keys.iterdir()) == before
        return said

    assert dry() == "Would make and announce a new ES256 key.\n"
    commands.good("rotate")
    new = _announced(commands)
    commands.later(hours=1)
    assert dry("--registries-ready") == f"Would activate {new} and retire {old}.\n"
    commands.good("rotate", "--registries-ready")
    commands.later(hours=1)
    assert dry() == f"Would remove {old}.\n"


def test_what_will_not_work_is_said_at_the_beginning(commands: Commands) -> None:
    """A registry that knows keys by one name cannot know two; the operator hears of it in time."""
    commands.configure(key_id="literal:k1")
    said = commands.good("rotate")
    assert "Warning: service registry.example.com names its key id literally" in said
    assert max(len(line) for line in said.splitlines() if "/" not in line) <= 80


def test_for_programs(commands: Commands) -> None:
    """The step, whether it was taken, and when to call again."""
    done = json.loads(commands.good("rotate", "--format", "json"))
    new = _announced(commands)
    assert {key: done[key] for key in ("step", "done", "keys", "next_at")} == {
        "step": "announce",
        "done": True,
        "keys": [new],
        "next_at": "2026-01-31T13:02:00+00:00",
    }
    waits = json.loads(commands.bad("rotate", "--format", "json"))
    assert (waits["step"], waits["done"], waits["keys"]) == ("activate", False, [new])


def test_a_rotation_on_a_timer(commands: Commands) -> None:
    """With `--older-than` nothing begins before its time, and what was begun goes on."""
    assert "is 0 days old; nothing to do." in commands.good("rotate", "--older-than", "90d")
    assert len(commands.states()) == 1
    commands.later(days=90)
    commands.good("rotate", "--older-than", "90d")
    commands.later(minutes=3)
    commands.good("rotate", "--older-than", "90d", "--registries-ready")
    assert sorted(commands.states().values()) == ["active", "retired"]


def test_an_age_that_is_none(commands: Commands) -> None:
    """A number without a unit is a mistake on the command line."""
    result = commands("rotate", "--older-than", "90")
    assert result.exit_code == 2
    assert "is no duration" in result.output


def test_another_algorithm(commands: Commands) -> None:
    """A new key may be of another kind; the next one is of the same kind then."""
    commands.good("rotate", "--algorithm", "rs256")
    assert [key.algorithm for key in commands.ring.published] == ["ES256", "RS256"]


def test_an_algorithm_that_a_service_does_not_take(commands: Commands, old: str) -> None:
    """A key that a service cannot use is not activated."""
    commands.configure(algorithm="ES256")
    commands.good("rotate", "--algorithm", "rs256")
    commands.later(hours=1)
    assert "cannot sign with ES256" in commands.bad("rotate", "--registries-ready")
    assert commands.ring.active.name == old


def test_several_announced_keys(commands: Commands) -> None:
    """The operator says which one is meant, by name."""
    for _ in range(2):
        commands.good("new", "--state", "announced")
    said = commands.bad("rotate")
    assert "several keys are announced" in said
    assert "activate one by name, or retire all but one" in said


def test_the_way_of_an_authority(commands: Commands, old: str) -> None:
    """A new key is certified by the authority, then it signs; registries need nothing."""
    commands.configure(x5c=True)
    authority = Authority.make(commands.now)

    def certify(name: str) -> None:
        (key,) = (each for each in commands.ring.keys if each.name == name)
        chain = authority.certify(key.public_key, commands.now)
        files.replace(commands.keys / f"{name}.crt", chain, mode=0o644)

    certify(old)
    said = commands.good("rotate").splitlines()
    new = _announced(commands)
    assert said[5:] == [
        "Have your authority certify the key, and put the certificate, then those of",
        f"intermediate authorities, into {commands.keys / new}.crt",
        "",
        "Registries that trust the authority need nothing.",
        "Then, not before 2026-01-31 13:02:00 UTC:",
        "  wharfinger keys rotate",
    ]
    commands.later(minutes=2)
    assert "is self-signed: registries that trust the authority" in commands.bad("rotate")
    assert "is self-signed: registries that trust the authority" in commands.bad("activate", new)
    certify(new)
    commands.good("rotate")
    assert commands.states() == {old: "retired", new: "active"}


def test_certificates_that_do_not_name_their_authority(commands: Commands, old: str) -> None:
    """Such ones may be of another authority: the operator is told what to look at, and how to go on."""
    commands.configure(x5c=True)
    authority = Authority.make(commands.now)

    def certify(name: str) -> None:
        (key,) = (each for each in commands.ring.keys if each.name == name)
        own, end, _ = authority.certify(key.public_key, commands.now).partition(
            b"-----END CERTIFICATE-----\n"
        )
        files.replace(commands.keys / f"{name}.crt", own + end, mode=0o644)

    certify(old)
    commands.good("rotate")
    new = _announced(commands)
    certify(new)
    commands.later(minutes=2)
    said = commands.bad("rotate").splitlines()
    assert said[2:] == [
        "Nothing in its certificate shows that it is of the active key's authority (an",
        "authority key identifier would). Make sure that every registry trusts its own.",
        "Then, not before 2026-01-31 13:02:00 UTC:",
        "  wharfinger keys rotate --registries-ready",
    ]
    commands.good("rotate", "--registries-ready")
    assert commands.states() == {old: "retired", new: "active"}


def test_a_realm_is_named_in_what_is_to_be_done(commands: Commands) -> None:
    """What is to be written next is for the realm that was asked for."""
    commands.good("new", "--realm", "other")
    said = commands.good("rotate", "--realm", "other")
    assert "  wharfinger keys publish DIR --realm other\n" in said
    assert "  wharfinger keys rotate --registries-ready --realm other\n" in said


def test_activate_waits(commands: Commands, old: str) -> None:
    """A key that was announced a moment ago signs only where nobody can wait."""
    commands.good("new", "--state", "announced")
    new = _announced(commands)
    said = commands.bad("activate", new)
    assert "wait until 2026-01-31 13:02:00 UTC: not every server may publish" in said
    assert commands.good("activate", new, "--now") == (
        f"The key {new} signs as soon as the servers have read it.\n"
    )
    assert commands.states() == {old: "retired", new: "active"}
    assert commands.good("activate", new) == f"The key {new} is active; nothing to do.\n"


def test_an_activation_is_taken_back(commands: Commands, old: str) -> None:
    """The former key, which registries still know, signs again at once."""
    commands.good("new", "--state", "announced")
    commands.later(hours=1)
    new = _announced(commands)
    commands.good("activate", new)
    commands.good("activate", old)
    assert commands.states() == {old: "active", new: "retired"}


def test_retire_and_remove(commands: Commands) -> None:
    """An announced key that is not wanted is retired first, and goes when its time has come."""
    commands.good("new", "--state", "announced")
    new = _announced(commands)
    assert commands.bad("remove", new) == f"Error: the key {new} is announced; retire it first\n"
    commands.good("retire", new)
    assert "may be valid until then" in commands.bad("remove", new)
    assert commands.good("remove", new, "--now") == f"Removed the key {new}.\n"
    assert new not in commands.states()


def test_the_active_key_is_not_removed(commands: Commands, old: str) -> None:
    """Not even at once."""
    assert "a realm needs one" in commands.bad("remove", old, "--now")
    assert "a realm needs one" in commands.bad("retire", old)


@pytest.mark.parametrize("command", ["activate", "retire", "remove"])
def test_an_unknown_key(commands: Commands, old: str, command: str) -> None:
    """It is a mistake on the command line, and the keys that there are are named."""
    result = commands(command, "other")
    assert result.exit_code == 2
    assert f"there is no key 'other'; there is: {old}" in result.output


def test_list(commands: Commands, old: str) -> None:
    """Both ids, algorithm, state, since when, the certificate, the file."""
    key = commands.ring.active
    assert commands.good("list").splitlines() == [
        old,
        "  state        active since 2026-01-31 12:00:00 UTC",
        "  algorithm    ES256",
        f"  libtrust id  {key.libtrust}",
        f"  RFC 7638 id  {key.rfc7638}",
        "  certificate  self-signed, expires 2036-02-01",
        f"  file         {old}.active-20260131T120000Z.pem",
    ]


def test_list_fits_a_terminal(commands: Commands) -> None:
    """With every warning there is."""
    commands.configure(key_id="literal:k1", x5c=False)
    commands.good("new", "--state", "announced", "--algorithm", "eddsa")
    commands.configure()
    said = commands.good("list")
    assert "warning: service registry.example.com: Distribution 2.8 knows no EdDSA" in said
    assert max(map(len, said.splitlines())) <= 80


def test_list_for_programs(commands: Commands, old: str) -> None:
    """Everything that people see, in a stable form."""
    key = commands.ring.active
    (shown,) = json.loads(commands.good("list", "--format", "json"))["keys"]
    assert shown == {
        "name": old,
        "file": f"{old}.active-20260131T120000Z.pem",
        "state": "active",
        "since": "2026-01-31T12:00:00+00:00",
        "algorithm": "ES256",
        "key_ids": {"libtrust": key.libtrust, "rfc7638": key.rfc7638},
        "certificate": {"issuer": None, "expires": "2036-02-01T12:00:00+00:00"},
        "warnings": [],
    }


def test_list_names_the_authority(commands: Commands, old: str) -> None:
    """Whose certificate it is."""
    pem = Authority.make(commands.now).certify(commands.ring.active.public_key, datetime.now(UTC))
    files.replace(commands.keys / f"{old}.crt", pem, mode=0o644)
    assert "  certificate  issued by CN=Example keys, expires " in commands.good("list")


def test_nothing_shows_a_private_key(commands: Commands, tmp_path: Path) -> None:
    """Not one line of a key's file is in what any command says."""
    secrets = [line for path in commands.keys.glob("*.pem") for line in path.read_text().splitlines()[1:-1]]
    said = [
        commands(*words).output
        for words in (
            ("list",),
            ("list", "--format", "json"),
            ("rotate",),
            ("publish", str(tmp_path / "out")),
        )
    ]
    assert secrets
    assert not [line for line in secrets for text in said if line in text]
