"""Whether the directory has a group, as `rules check --directory` asks."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from app.cli.main import main
from app.directory.directory import LdapDirectory
from app.errors import DirectoryMisconfigured
from tests.support.ldap import directory_settings, section
from tests.support.server import SAMPLE_RULES
from tests.support.slapd import SUFFIX, Slapd

GROUPS = f"ou=groups,{SUFFIX}"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("team-web", True),
        ("Team-WEB", True),
        ("tema-web", False),
        ("team-*", False),
        ("*", False),
        (f"cn=team-web,{GROUPS}", True),
        (f"CN=Team-Web, {GROUPS}", True),
        (f"commonName=team-web, organizationalUnitName=groups,{SUFFIX}", True),
        (f"2.5.4.3=team-web,{GROUPS}", True),
        (f"cn=tema-web,{GROUPS}", False),
        ("cn=team-web,ou=nowhere,dc=example,dc=com", False),
    ],
)
def test_a_group_is_known_or_not(slapd: Slapd, name: str, *, known: bool) -> None:
    """By name under the bases, by DN wherever it is; a star is no wildcard."""
    with contextlib.closing(LdapDirectory(directory_settings(slapd))) as directory:
        assert (directory.group_fault(name) is None) == known


def test_a_search_that_fails_is_no_answer(slapd: Slapd) -> None:
    """A base that does not exist says nothing about a group."""
    settings = directory_settings(slapd, groups={"bases": ["ou=nowhere,dc=example,dc=com"]})
    with contextlib.closing(LdapDirectory(settings)) as directory, pytest.raises(DirectoryMisconfigured):
        directory.group_fault("team-web")


def test_a_group_outside_the_bases_is_not_known(slapd: Slapd) -> None:
    """The directory has it, and no login ever finds it: a deny rule by it would never apply."""
    settings = directory_settings(slapd, groups={"bases": [f"ou=people,{SUFFIX}"]})
    with contextlib.closing(LdapDirectory(settings)) as directory:
        fault = directory.group_fault(f"cn=team-web,{GROUPS}")
    assert fault is not None
    assert "outside groups.bases" in fault.text


def test_the_check_asks_the_directory(slapd: Slapd, tmp_path: Path) -> None:
    """A literal group that the directory does not have is a warning; the sample's are all there."""
    realm = {
        "issuer": "https://auth.example.com/",
        "services": {"registry.example.com": {}},
        "rules": "rules.yaml",
        "keys": "keys",
        "directory": section(slapd),
    }
    config = tmp_path / "wharfinger.yaml"
    config.write_text(yaml.safe_dump({"default_realm": "corp", "realms": {"corp": realm}}))
    renamed = tmp_path / "rules.yaml"
    renamed.write_text(SAMPLE_RULES.read_text().replace("groups: [auditors]", "groups: [auditers]"))
    options = ["--config", str(config), "--directory", "--at", "2026-06-01"]
    good, bad = (
        CliRunner().invoke(main, ["rules", "check", str(path), *options]) for path in (SAMPLE_RULES, renamed)
    )
    assert good.output == "Good: 7 rules, 1 robot, 1 of 1 test passed, 0 warnings\n"
    assert "names the group 'auditers', which the directory does not have" in " ".join(bad.output.split())
    assert "1 warning" in bad.output
