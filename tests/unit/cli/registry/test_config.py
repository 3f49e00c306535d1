"""`wharfinger registry config`: what it prints, what it writes, and what it does not write over."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli.main import main
from app.keys.keyring import KeyRing

SERVICE = "registry.example.com"


def _run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["registry", "config", *words, "--config", str(config)])


def test_the_first_file_is_printed_and_the_others_are_named(config: Path) -> None:
    """On standard error, so that the output can be redirected into the file."""
    done = _run(config, SERVICE, "--for", "distribution2")
    assert done.exit_code == 0, done.output
    assert yaml.safe_load(done.stdout)["auth"]["token"]["service"] == SERVICE
    assert done.stderr == "It needs certs.pem too: --out DIR writes everything.\n"


def test_a_folder_gets_everything(config: Path, tmp_path: Path) -> None:
    """Readable by all, for none of it is secret; a second run changes nothing."""
    out = tmp_path / "out"
    for _ in range(2):
        done = _run(config, SERVICE, "--for", "distribution3", "--format", "compose", "--out", str(out))
        assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {
        "docker-compose.yml",
        "config.yml",
        "jwks.json",
        "README.md",
    }
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


def test_nothing_is_written_among_the_private_keys(config: Path, ring_folder: Path) -> None:
    """The server would take certs.pem for a key without a state, and keep the keys that it had."""
    before = set(ring_folder.iterdir())
    done = _run(config, SERVICE, "--for", "distribution2", "--out", str(ring_folder))
    assert (done.exit_code, set(ring_folder.iterdir())) == (1, before)
    assert "holds the private keys" in done.output


def test_files_that_people_changed_are_kept(config: Path, tmp_path: Path) -> None:
    """Unless --force is given; keys are replaced without it, and nothing is half done."""
    words = (SERVICE, "--for", "distribution2", "--out", str(tmp_path))
    assert _run(config, *words).exit_code == 0
    (tmp_path / "config.yml").write_text("mine")
    (tmp_path / "certs.pem").write_text("old")
    done = _run(config, *words)
    assert done.exit_code == 1
    assert "config.yml would be changed; --force" in done.output
    assert (tmp_path / "certs.pem").read_text() == "old"
    assert _run(config, *words, "--force").exit_code == 0
    assert "mine" not in (tmp_path / "config.yml").read_text()
    (tmp_path / "certs.pem").write_text("old")
    assert _run(config, *words).exit_code == 0
    assert (tmp_path / "certs.pem").read_text() != "old"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((SERVICE,), "--for"),
        (("other", "--for", "zot"), f"no service 'other'; it has: {SERVICE}"),
        ((SERVICE, "--for", "zot", "--realm", "no"), "no realm 'no'; the configuration has: corp, other"),
        ((SERVICE, "--for", "zot", "--realm", "other"), "or give --url"),
        ((SERVICE, "--for", "zot", "--url", "https://user:secret@example.com/"), "write https://"),
    ],
)
def test_a_command_line_that_says_too_little_is_refused(
    config: Path, words: tuple[str, ...], text: str
) -> None:
    """With exit code 2 and what to write."""
    done = _run(config, *words)
    assert done.exit_code == 2
    assert text in " ".join(done.output.replace("\n", " ").split())


def test_what_a_registry_cannot_take_is_refused(config: Path) -> None:
    """With exit code 1, and what to change."""
    done = _run(config, SERVICE, "--for", "zot", "--format", "env")
    assert done.exit_code == 1
    assert "zot takes no token settings from the environment" in done.output


def test_the_realm_can_be_elsewhere(config: Path) -> None:
    """--url names where clients reach the token endpoint, whatever the issuer says."""
    url = "https://login.example.com/token"
    done = _run(config, SERVICE, "--for", "distribution3", "--realm", "other", "--url", url)
    assert yaml.safe_load(done.stdout)["auth"]["token"]["realm"] == url


def test_a_key_for_zot(config: Path, ring: KeyRing) -> None:
    """By its name, its id or its state; other registries are given all keys."""
    for name in (ring.active.name, ring.active.libtrust, ring.active.rfc7638, "active"):
        assert _run(config, SERVICE, "--for", "zot", "--key", name).exit_code == 0
    missing = _run(config, SERVICE, "--for", "zot", "--key", "announced")
    assert (missing.exit_code, "there is no key 'announced'" in missing.output) == (2, True)
    other = _run(config, SERVICE, "--for", "distribution2", "--key", "active")
    assert (other.exit_code, "--key is for zot" in other.output) == (2, True)
