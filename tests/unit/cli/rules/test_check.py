"""`wharfinger rules check`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli.main import main
from app.rules.review.lint.finding import Name
from tests.support.server import SAMPLE_RULES

GOOD = "version: 1\nrules: [{id: a, everyone: true, repositories: ['base/**'], allow: [pull]}]\n"
WARNED = GOOD.replace("[pull]", "[pull, push]")
BROKEN = GOOD.replace("everyone", "evryone")
TESTED = GOOD + "tests: [{id: t, as: {anonymous: true}, expect: {base/x: [push], base/y: [pull]}}]\n"


def _check(path: Path | str, *options: str) -> Result:
    return CliRunner().invoke(main, ["rules", "check", str(path), *options])


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that may be written, named as in a checkout."""
    monkeypatch.chdir(tmp_path)
    return Path("rules.yaml")


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (GOOD, [], 0),
        (GOOD, ["--strict"], 0),
        (WARNED, [], 0),
        (WARNED, ["--strict"], 1),
        (WARNED, ["--strict", "--ignore", "anyone-can-change"], 0),
        (WARNED, ["--strict", "--ignore", "anyone-can-change=a"], 0),
        (WARNED, ["--strict", "--ignore", "anyone-can-change=b"], 1),
        (WARNED, ["--strict", "--ignore", "star-action"], 1),
        (BROKEN, [], 1),
        (TESTED, [], 1),
        (GOOD, ["--ignore", "nonsense"], 2),
        (GOOD, ["--at", "noon"], 2),
        (GOOD, ["--directory"], 2),
        (GOOD, ["--realm", "corp"], 2),
        (GOOD, ["--config", "missing.yaml"], 1),
    ],
)
@pytest.mark.parametrize("format_", ["text", "json", "junit", "github"])
def test_exit_codes(rules: Path, text: str, options: list[str], code: int, format_: str) -> None:
    """0 only if all is well, 2 where the command line is wrong, else 1; whatever the format."""
    rules.write_text(text)
    assert _check(rules, *options, "--format", format_).exit_code == code


def test_a_good_file_is_one_line(rules: Path) -> None:
    """It says what was looked at."""
    rules.write_text(GOOD)
    assert _check(rules).output == "Good: 1 rule, no tests, 0 warnings\n"
    assert _check(SAMPLE_RULES, "--at", "2026-06-01").output == (
        "Good: 7 rules, 1 robot, 1 of 1 test passed, 0 warnings\n"
    )


def test_what_is_wrong_fits_a_terminal(rules: Path) -> None:
    """Place, kind, what is wrong, what to write, and the name of a warning."""
    rules.write_text(WARNED)
    assert _check(rules).output == (
        "rules.yaml:2:9: warning: the rule 'a' allows push without a login (write\n"
        "    'authenticated: true', or name groups) [anyone-can-change]\n"
        "Good: 1 rule, no tests, 1 warning\n"
    )
    rules.write_text(BROKEN)
    output = _check(rules).output
    assert output == (
        "rules.yaml:2:17: error: unknown key 'evryone' (did you mean 'everyone'?)\nNot good: 1 error\n"
    )
    assert max(map(len, output.splitlines())) <= 80


def test_a_failing_test_shows_both_sides_and_why(rules: Path) -> None:
    """Expected, granted, and the rule that makes the difference."""
    rules.write_text(TESTED)
    assert _check(rules).output == (
        "rules.yaml:3:57: failed: test 't', base/x\n"
        "    expected  [push]\n"
        "    granted   [pull]\n"
        "    pull: allowed by 'a' (everyone)\n"
        "    push: no rule allows it\n"
        "Not good: 1 rule, 0 of 1 test passed, 0 warnings\n"
    )


def test_a_test_and_a_warning_depend_on_the_day(rules: Path) -> None:
    """`--at` is when tests take place, and when rules are over."""
    rules.write_text(GOOD.replace("allow: [pull]", "allow: [pull], when: {until: 2026-12-31}"))
    assert "[expired]" in _check(rules, "--at", "2027-01-01").output
    assert "[expires-soon]" in _check(rules, "--at", "2026-12-31").output
    assert _check(rules, "--at", "2026-06-01").output == "Good: 1 rule, no tests, 0 warnings\n"


def test_a_folder_is_checked_as_one(rules: Path) -> None:
    """All files of a folder are checked together."""
    folder = rules.parent / "teams"
    folder.mkdir()
    (folder / "a.yaml").write_text(GOOD)
    (folder / "b.yaml").write_text(GOOD)
    output = _check("teams").output
    assert output.startswith("teams/b.yaml:2:14: error: the id 'a' stands twice in rules")


def test_json_says_everything(rules: Path) -> None:
    """For programs: warnings, tests, expectations, and whether all is well."""
    rules.write_text(TESTED.replace("allow: [pull]", "allow: [pull, delete]"))
    said = json.loads(_check(rules, "--format", "json").output)
    assert (said["schema"], said["path"], said["ok"], said["rules"], said["robots"]) == (
        1,
        "rules.yaml",
        False,
        1,
        0,
    )
    assert re.fullmatch("[0-9a-f]{16}", said["version"])
    (remark,) = said["remarks"]
    assert (remark["severity"], remark["name"], remark["about"]) == ("warning", "anyone-can-change", "a")
    assert (remark["file"], remark["line"], remark["column"]) == ("rules.yaml", 2, 9)
    (test,) = said["tests"]
    assert [one["passed"] for one in test["expectations"]] == [False, False]
    assert test["expectations"][0]["granted"] == ["delete", "pull"]
    assert test["expectations"][0]["reasons"][-1] == "push: no rule allows it"


def test_json_of_a_file_that_does_not_load(rules: Path) -> None:
    """There is no version, and each problem is a remark."""
    rules.write_text(BROKEN)
    said = json.loads(_check(rules, "--format", "json").output)
    assert (said["ok"], said["version"], said["rules"], said["tests"]) == (False, None, None, [])
    assert {one["severity"] for one in said["remarks"]} == {"error"}


def test_junit(rules: Path) -> None:
    """A case for the file, for each warning and for each test; one failure each at the most."""
    rules.write_text(TESTED.replace("allow: [pull]", "allow: [pull, delete]"))
    suite = ET.fromstring(_check(rules, "--format", "junit").output).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    cases = [(case.get("classname"), case.get("name"), len(case.findall("failure"))) for case in suite]
    assert cases == [
        ("rules", "the rules load", 0),
        ("lint", "anyone-can-change: a", 0),
        ("tests", "t", 1),
    ]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "rules.yaml:3:57: test 't': base/x grants [delete, pull], not [push]" in (failure.text or "")


def test_junit_of_strict_warnings_and_broken_files(rules: Path) -> None:
    """What lets the check fail is a failure there too."""
    rules.write_text(WARNED)
    suites = ET.fromstring(_check(rules, "--strict", "--format", "junit").output)  # noqa: S314 - our own
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == [
        "anyone-can-change: a"
    ]
    rules.write_text("version: 1\nrules: [{id: '\x1b[31m\\u0001'}]\n")
    suites = ET.fromstring(_check(rules, "--format", "junit").output)  # noqa: S314 - our own
    assert suites.find("testsuite/testcase/failure") is not None


def test_junit_of_a_file_with_an_odd_name(rules: Path) -> None:
    """What XML cannot hold is written out."""
    odd = rules.with_name("a\x1b<&\n.yaml")
    odd.write_text(WARNED)
    suites = ET.fromstring(_check(odd, "--format", "junit").output)  # noqa: S314 - our own
    assert suites[0][0].get("file") == "a\\u{1b}<&\\u{a}.yaml"


def test_github(rules: Path) -> None:
    """Workflow commands; a value ends neither a property nor the command."""
    rules.write_text(WARNED)
    assert _check(rules, "--format", "github").output.splitlines()[0] == (
        "::warning file=rules.yaml,line=2,col=9,title=anyone-can-change::the rule 'a' allows push without"
        " a login (write 'authenticated: true', or name groups)"
    )
    odd = Path("a,b%:c.yaml")
    odd.write_text(BROKEN.replace("id: a", 'id: "%\\n::stop"'))
    output = _check(odd, "--format", "github").output
    assert all(
        line.startswith(("::error file=a%2Cb%25%3Ac.yaml,line=2,", "Not good"))
        for line in output.splitlines()
    )
    assert "%25\\n" in output


def test_networks_under_a_socket_that_says_no_address(rules: Path, tmp_path: Path) -> None:
    """With a configuration, `rules check` warns of them as `check-config` does."""
    rules.write_text(GOOD.replace("allow: [pull]", "allow: [pull], when: {networks: [192.0.2.0/24]}"))
    for trusted, count in (([], 1), (["unix"], 0)):
        server = {"bind": "unix:/run/w.sock", "trusted_proxies": trusted}
        (tmp_path / "w.yaml").write_text(yaml.safe_dump({**_config(), "server": server}))
        assert _check(rules, "--config", "w.yaml").output.count("[unknown-address]") == count


def _config() -> dict[str, object]:
    """Return a whole configuration."""
    return {
        "default_realm": "corp",
        "realms": {
            "corp": {
                "issuer": "https://auth.example.com/",
                "services": {"registry.example.com": {}},
                "rules": "other.yaml",
                "keys": "keys",
                "directory": {
                    "servers": ["ldaps://127.0.0.1:1"],
                    "service_account": {"dn": "cn=w", "password": "x"},
                    "users": {"bases": ["ou=people"]},
                    "groups": {"bases": ["ou=groups"]},
                },
            }
        },
    }


def test_the_services_of_a_realm(rules: Path, tmp_path: Path) -> None:
    """With a configuration, a service that the realm does not have is told."""
    rules.write_text(GOOD.replace("allow: [pull]", "allow: [pull], when: {services: [registry.exmple.com]}"))
    (tmp_path / "w.yaml").write_text(yaml.safe_dump(_config()))
    output = _check(rules, "--config", "w.yaml").output
    assert "did you mean 'registry.example.com'?) [unknown-service]" in " ".join(output.split())
    assert _check(rules, "--config", "w.yaml", "--realm", "nowhere").exit_code == 2
    rules.write_text(GOOD.replace("everyone: true", "groups: [team-web]"))
    result = _check(rules, "--config", "w.yaml", "--directory")
    assert result.exit_code == 1
    assert "127.0.0.1" in result.stderr


def test_every_warning_has_a_name_that_a_command_line_takes() -> None:
    """Names are small letters with hyphens."""
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", name) for name in Name)
