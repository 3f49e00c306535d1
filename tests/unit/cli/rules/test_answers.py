"""`wharfinger rules explain`, `who-can` and `diff`: what they print, as data in `tests/golden/answers`.

Texts that changed on purpose are written anew with UPDATE_GOLDEN=1; read the difference as a person would.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from app.errors import Code
from app.telemetry.audit import line
from tests.support.records import client, scopes, token_record
from tests.support.server import SAMPLE_RULES
from tests.support.tools import REPOSITORY
from tests.unit.rules.given import NOW

GOLDEN = REPOSITORY / "tests" / "golden" / "answers"
_MANAGERS = "cn=release-managers,ou=groups,dc=example,dc=com"
_HERE = ["--rules", "rules.yaml", "--at", "2026-06-01T12:00:00Z"]
_BOB = ["explain", "bob", "web/release/app", "--groups", "team-web,contractors", *_HERE]
_BOTH = ["diff", "rules.yaml", "new.yaml", "--at", "2026-06-01T12:00:00Z"]
_LISTS = [*_BOTH, "--subjects", "subjects", "--repositories", "repositories"]
CASES = {
    "explain-denied": (1, _BOB),
    "explain-json": (1, [*_BOB, "--format", "json"]),
    "explain-granted": (0, ["explain", "alice", "web/release/app", "delete", "--groups", _MANAGERS, *_HERE]),
    "explain-nearly": (1, ["explain", "carol", "web/app", "push", "--groups", "team-data", *_HERE]),
    "explain-robot": (1, ["explain", "robot$ci-platform", "platform/app", "--from", "192.0.2.7", *_HERE]),
    "explain-everything": (1, [*_BOB[:3], "*", *_BOB[3:]]),
    "explain-all": (0, ["explain", "bob", "--groups", "team-web,contractors,auditors", *_HERE]),
    "explain-all-json": (0, ["explain", "robot$ci-platform", *_HERE, "--format", "json"]),
    "explain-all-nothing": (1, ["explain", "bob", "--groups", "", "--rules", "nobody.yaml", *_HERE[2:]]),
    "explain-catalog": (1, ["explain", "anonymous", "registry:catalog", *_HERE]),
    "explain-unknown-robot": (1, ["explain", "robot$nobody", "platform/app", *_HERE]),
    "explain-no-repository": (2, ["explain", "bob", "https://registry/app:latest", *_HERE]),
    "explain-no-action": (2, ["explain", "bob", "web/app", "write", *_HERE]),
    "explain-no-rules": (2, ["explain", "bob", "web/app"]),
    "explain-broken-rules": (1, ["explain", "bob", "web/app", "--rules", "broken.yaml"]),
    "unused": (1, ["unused", "new.yaml", "--replay", "audit.jsonl"]),
    "unused-csv": (1, ["unused", "new.yaml", "--replay", "audit.jsonl", "--format", "csv"]),
    "unused-json": (1, ["unused", "new.yaml", "--replay", "audit.jsonl", "--format", "json"]),
    "unused-diff": (1, ["unused", "new.yaml", "--replay", "audit.jsonl", "--format", "diff"]),
    "who-can": (0, ["who-can", "push", "web/release/app", *_HERE]),
    "who-can-csv": (0, ["who-can", "push", "web/release/app", *_HERE, "--format", "csv"]),
    "who-can-json": (0, ["who-can", "push", "web/release/app", *_HERE, "--format", "json"]),
    "who-can-pattern": (0, ["who-can", "push", "*/release/**", *_HERE]),
    "who-can-pattern-csv": (0, ["who-can", "push", "web/**", *_HERE, "--format", "csv"]),
    "who-can-pattern-json": (0, ["who-can", "push", "web/**", *_HERE, "--format", "json"]),
    "who-can-pattern-nobody": (1, ["who-can", "delete", "web/**", "--rules", "nobody.yaml", *_HERE[2:]]),
    "who-can-pattern-variable": (2, ["who-can", "push", "{team}/**", *_HERE]),
    "who-can-own": (0, ["who-can", "delete", "sandbox/alice/app", *_HERE]),
    "who-can-nobody": (1, ["who-can", "delete", "base/app", *_HERE]),
    "who-can-expand-without-directory": (2, ["who-can", "pull", "base/app", "--expand", *_HERE]),
    "diff": (1, _BOTH),
    "diff-json": (1, [*_BOTH, "--format", "json"]),
    "diff-github": (1, [*_BOTH, "--format", "github"]),
    "diff-nothing": (0, ["diff", "rules.yaml", "rules.yaml"]),
    "diff-lists": (1, _LISTS),
    "diff-lists-json": (1, [*_LISTS, "--format", "json"]),
    "diff-replay": (1, [*_BOTH, "--replay", "audit.jsonl"]),
    "diff-replay-json": (1, [*_BOTH, "--replay", "audit.jsonl", "--format", "json"]),
    "diff-replay-realm": (1, [*_BOTH, "--replay", "realms.jsonl", "--realm", "corp"]),
    "diff-replay-realms": (1, [*_BOTH, "--replay", "realms.jsonl"]),
    "diff-replay-no-realm": (1, [*_BOTH, "--replay", "realms.jsonl", "--realm", "crop"]),
    "diff-replay-empty": (1, [*_BOTH, "--replay", "empty.jsonl"]),
    "diff-replay-undecided": (1, [*_BOTH, "--replay", "undecided.jsonl"]),
    "diff-replay-logins": (1, [*_BOTH, "--replay", "logins.jsonl"]),
    "diff-broken": (1, ["diff", "rules.yaml", "broken.yaml"]),
    "diff-no-subjects": (1, [*_BOTH, "--subjects", "nothing", "--repositories", "repositories"]),
    "diff-no-repositories": (1, [*_BOTH, "--subjects", "subjects", "--repositories", "nothing"]),
    "diff-unknown-person": (1, [*_BOTH, "--subjects", "people", "--repositories", "repositories"]),
    "diff-unknown-robot": (1, [*_BOTH, "--subjects", "robots", "--repositories", "repositories"]),
    "diff-subjects-alone": (2, ["diff", "rules.yaml", "new.yaml", "--subjects", "subjects"]),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the sample's rules, changed ones, lists, and an audit stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WHARFINGER_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    shutil.copyfile(SAMPLE_RULES, "rules.yaml")
    changed = Path("rules.yaml").read_text()
    for old, new in (
        ('["*/release/**"]', '["*/release/**", "release/**"]'),
        ("[auditors]", "[auditors, security]"),
        ("until: 2026-12-31", "until: 2026-06-30"),
        ('["{team}/**"]', '["{team}/*", "{team}/release/*"]'),
        ("groups: [team-platform] ", "groups: [team-platform, team-web] "),
    ):
        assert old in changed
        changed = changed.replace(old, new)
    Path("new.yaml").write_text(changed)
    Path("broken.yaml").write_text("version: 1\nrulez: []\n")
    Path("nobody.yaml").write_text(
        "version: 1\nrules: [{id: a, users: [alice], repositories: [x], allow: [pull]}]\n"
    )
    Path("subjects").write_text(
        'anonymous\n{"user": "bob", "groups": ["team-web"]}\n\nrobot$ci-platform\n{"robot": "ci-platform"}\n'
    )
    Path("people").write_text("anonymous\nbob\n")
    Path("robots").write_text("robot$ci-platform\nrobot$nobody\n")
    Path("nothing").write_text("\n \n")
    Path("repositories").write_text('{"repositories": ["web/app", "web/a/b"]}')
    asked = scopes("repository:web/a/b:pull,push", "repository:web/app:pull")
    had: dict[str, Any] = {"groups": ("team-web",), "group_dns": ("",), "rules_version": "v"}
    where = client("192.0.2.7")
    record = token_record(time=NOW, realm="corp", client=where, subject="bob", asked=asked, **had)
    Path("audit.jsonl").write_bytes(line(record) * 2 + b"torn\n")
    lab = replace(record, realm="lab", asked=scopes("repository:web/b/c:pull"))
    Path("realms.jsonl").write_bytes(line(record) + line(lab) * 2)
    refused = replace(record, outcome=Code.WRONG_CREDENTIALS, rules_version="")
    Path("undecided.jsonl").write_bytes(
        line(refused) + line(replace(record, asked=())).replace(b"groups", b"g") * 2
    )
    Path("logins.jsonl").write_bytes(line(replace(record, asked=())) * 2)
    Path("empty.jsonl").touch()
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rules", *arguments])


def _answer(*arguments: str) -> Any:
    return json.loads(_run(*arguments, "--format", "json").stdout)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("folder")
def test_answers(case: str) -> None:
    """Each command prints exactly what is written in its file, and ends with its code."""
    code, arguments = CASES[case]
    result = _run(*arguments)
    expected = GOLDEN / f"{case}.out"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(result.output, encoding="utf-8")
    assert result.output == expected.read_text(encoding="utf-8")
    assert result.exit_code == code
    if not {"json", "github", "csv", "unused"} & set(case.split("-")):
        assert max(map(len, result.stdout.splitlines()), default=0) <= 80
    if code and case.startswith("diff-") and result.stderr:
        assert result.stdout == ""
        assert max(map(len, result.stderr.splitlines())) <= 80


def test_no_answer_is_left_over() -> None:
    """Every file belongs to a case."""
    assert {path.stem for path in GOLDEN.glob("*")} == set(CASES)


@pytest.mark.usefixtures("folder")
def test_conditions_can_be_set() -> None:
    """Service, address and time are those of the options."""
    Path("rules.yaml").write_text(
        "version: 1\nrules: [{id: r, users: [bob], repositories: [x], allow: [pull], when: "
        "{services: [s], networks: [10.0.0.0/8], until: 2026-01-31}}]"
    )
    asked = ["explain", "bob", "x", "pull", "--rules", "rules.yaml"]
    inside = ["--service", "s", "--from", "10.1.2.3", "--at", "2026-01-31T23:59:59Z"]
    assert _run(*asked, *inside).exit_code == 0
    assert _run(*asked, *inside[:4], "--at", "2026-02-01").exit_code == 1
    assert _run(*asked, "--from", "10.1.2.3.4").exit_code == 2
    assert _run(*asked, "--at", "noon").exit_code == 2


@pytest.mark.usefixtures("folder")
def test_a_deny_that_cannot_be_checked_says_why_it_applies() -> None:
    """Without an address, a rule about networks denies, and the answer names what is missing."""
    Path("rules.yaml").write_text(
        "version: 1\nrules:\n- {id: r, everyone: true, repositories: [x], allow: [pull]}\n"
        "- {id: d, everyone: true, repositories: [x], deny: [pull], when: {networks: [10.0.0.0/8]}}"
    )
    asked = ["explain", "bob", "x", "pull", "--rules", "rules.yaml"]
    told = _run(*asked)
    assert told.exit_code == 1
    assert "denied by d (rules.yaml:4:3), through everyone, network not known" in told.stdout
    (action,) = _answer(*asked)["actions"]
    assert [cause["unknown"] for cause in action["denied_by"]] == [["network"]]
    assert _run(*asked, "--from", "192.0.2.1").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_attributes_can_be_given() -> None:
    """A person may be described by attributes, too."""
    Path("rules.yaml").write_text(
        "version: 1\nrules: [{id: r, authenticated: true, repositories: [x], allow: [pull], when: "
        "{attributes: {l: [Berlin]}}}]"
    )
    asked = ["explain", "bob", "x", "pull", "--rules", "rules.yaml"]
    assert _run(*asked, "--attribute", "L=berlin").exit_code == 0
    assert _run(*asked, "--attribute", "L=Rome").exit_code == 1
    assert _run(*asked, "--attribute", "Rome").exit_code == 2


@pytest.mark.usefixtures("folder")
def test_what_a_terminal_would_obey_is_written_out() -> None:
    """Names may come from anywhere, and none of them moves the cursor."""
    result = _run("explain", "bob\x1b[2J", "web/app", "--groups", "a\x1b]0;x\x07", *_HERE)
    assert "\x1b" not in result.output
    assert "bob\\u{1b}[2j" in result.output


@pytest.mark.usefixtures("folder")
def test_json_at_a_terminal_moves_no_cursor() -> None:
    """Nor does JSON, which itself escapes only what is below a blank."""
    asked = ("explain", "zoë\x9b2J", "web/app", "--groups", "a\u202eb", *_HERE)
    shown = _run(*asked, "--format", "json").stdout
    assert shown.replace("\n", "").isprintable()
    assert json.loads(shown)["subject"]["name"] == "zoë\x9b2j"
    assert "zoë" in shown


def test_an_error_at_a_terminal_moves_no_cursor(folder: Path) -> None:
    """A file that does not load may come from a stranger's branch."""
    (folder / "evil.yaml").write_text('version: 1\nrules: [{id: r, "a\\e[2J": 1}]')
    result = _run("explain", "bob", "x", "--rules", "evil.yaml")
    assert result.exit_code == 1
    assert result.output.replace("\n", "").isprintable()


@pytest.mark.usefixtures("folder")
def test_what_is_no_text_is_escaped() -> None:
    """An argument that is not UTF-8 ends neither form of output."""
    assert _answer("explain", "bob\udcff", "web/app", *_HERE)["subject"]["name"] == "bob\udcff"
    assert "bob\\u{dcff}" in _run("explain", "bob\udcff", "web/app", *_HERE).output


def test_a_cell_is_no_formula(folder: Path) -> None:
    """A spreadsheet that opens the review computes nothing."""
    (folder / "rules.yaml").write_text(
        "version: 1\nrules: [{id: r, groups: ['=cmd()'], repositories: [x], allow: [pull]}]"
    )
    del folder
    result = _run("who-can", "pull", "x", "--rules", "rules.yaml", "--format", "csv")
    assert all(
        cell[:1] not in "=+-@" for row in result.stdout.splitlines() for cell in row.split(",") if cell
    )


@pytest.mark.usefixtures("folder")
def test_json_says_what_the_text_says() -> None:
    """The shapes that the reference describes."""
    explained = _answer(*_BOB)
    assert [one["action"] for one in explained["actions"]] == explained["asked"] == ["delete", "pull", "push"]
    assert explained["granted"] == ["pull"]
    (push,) = (one for one in explained["actions"] if one["action"] == "push")
    assert push["denied_by"][0]["rule"] == "contractors-keep-out"
    assert push["allowed_by"][0]["captures"] == {"team": "web"}
    assert {way["who"] for way in _answer(*CASES["who-can"][1])["ways"]} >= {
        "group team-web",
        "group contractors",
    }
    assert {change["change"] for change in _answer(*_BOTH)["changes"]} == {"gains", "loses"}


def test_a_path_with_parentheses(folder: Path) -> None:
    """What GitHub shows beside a line names the whole file, whatever its path holds."""
    odd = folder / "a (b)"
    odd.mkdir()
    for name in ("rules.yaml", "new.yaml"):
        shutil.copyfile(name, odd / name)
    result = _run("diff", str(odd / "rules.yaml"), str(odd / "new.yaml"), "--format", "github")
    files = re.findall(r"^::warning file=(.+?),line=[0-9]+,col=[0-9]+,", result.output, re.MULTILINE)
    assert set(files) == {str(odd / "rules.yaml"), str(odd / "new.yaml")}


@pytest.mark.parametrize("catalog", ["", "\n", '{"repositories": []}'])
def test_no_repositories_are_no_answer(catalog: str, folder: Path) -> None:
    """Nor is the catalog of a registry that has none; in every form, for pipelines read all of them."""
    (folder / "nothing").write_text(catalog)
    for form in ("text", "json", "github"):
        result = _run(*CASES["diff-no-repositories"][1], "--format", form)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == "Error: nothing: names no repository; write one a line\n"


@pytest.mark.parametrize(
    "subject",
    ["anonymous", '{"user": "bob"}', '{"anonymous": true}', "robot$ci-platform", "robot$old", "robot$new"],
)
def test_who_is_described_needs_no_directory(subject: str, folder: Path) -> None:
    """A person whose groups are written out, also as none, nobody, and a robot that one of the files has."""
    rules = (folder / "rules.yaml").read_text()
    for name in ("old", "new"):
        (folder / f"{name}.yaml").write_text(
            rules.replace(
                "robots:", f"robots:\n  - {{name: {name}, secrets: ['sha256:{64 * '0'}'], groups: [a]}}"
            )
        )
    (folder / "subjects").write_text(subject)
    lists = ["--subjects", "subjects", "--repositories", "repositories"]
    result = _run("diff", "old.yaml", "new.yaml", *lists)
    assert (result.exit_code, result.output) == (0, "Nothing changes.\n")


def test_a_described_robot_is_of_the_files_too(folder: Path) -> None:
    """However it is written."""
    (folder / "robots").write_text('{"robot": "nobody"}')
    result = _run(*CASES["diff-unknown-robot"][1])
    assert result.exit_code == 1
    assert "robots:1: there is no robot 'nobody' in either file" in result.stderr


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_log_of_which_nothing_is_decided_is_no_answer(form: str, folder: Path) -> None:
    """Whatever is wrong with it; beside another, it is one of them."""
    answer = [*_BOTH, "--format", form]
    for log in ("empty.jsonl", "undecided.jsonl", "logins.jsonl", "realms.jsonl"):
        result = _run(*answer, "--replay", log)
        assert (result.exit_code, result.stdout) == (1, "")
    assert _run(*answer, "--replay", "empty.jsonl", "--replay", "audit.jsonl").exit_code == 1
    (folder / "torn.jsonl").write_text("torn\n" * 3)
    result = _run(*answer, "--replay", "torn.jsonl", "--realm", "corp")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "none of 3 lines could be decided again;\n3 not whole" in result.stderr


def test_a_log_may_be_compressed_or_come_from_standard_input(folder: Path) -> None:
    """Rotated logs are read as they lie there, and what another program selects as it comes."""
    log = (folder / "audit.jsonl").read_bytes()
    expected = _run(*_BOTH, "--replay", "audit.jsonl").output
    (folder / "audit.jsonl.gz").write_bytes(gzip.compress(log))
    assert _run(*_BOTH, "--replay", "audit.jsonl.gz").output == expected
    for sent in (log, gzip.compress(log)):
        assert CliRunner().invoke(main, ["rules", *_BOTH, "--replay", "-"], input=sent).output == expected


@pytest.mark.parametrize("cut", [5, -5, -30])
def test_a_compressed_log_that_is_cut_is_no_answer(cut: int, folder: Path) -> None:
    """What was decided of its beginning is not told as if it were all."""
    (folder / "cut.gz").write_bytes(gzip.compress((folder / "audit.jsonl").read_bytes())[:cut])
    result = _run(*_BOTH, "--replay", "cut.gz")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "cut.gz: cannot be read" in result.stderr


def test_realms_of_several_logs_are_several(folder: Path) -> None:
    """Each log may be of one realm: together they are of two."""
    one, two, _ = (folder / "realms.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "corp.jsonl").write_bytes(one)
    (folder / "lab.jsonl").write_bytes(two)
    logs = ["--replay", "corp.jsonl", "--replay", "lab.jsonl"]
    result = _run(*_BOTH, *logs)
    assert result.exit_code == 1
    assert result.stderr.endswith("--realm:\ncorp, lab\n")
    assert _answer(*_BOTH, *logs, "--realm", "lab")["replay"] == {"lines": 1, "decided": 1, "unusable": 0}


_CI = f"name: ci, secrets: ['sha256:{64 * '0'}'], groups: [a]"
_REMOTE = "- {id: remote, users: [x], repositories: [y], allow: [pull], when: {networks: [10.0.0.0/8]}}"


def _lost(folder: Path, subject: str, old: str, new: str) -> list[str]:
    """Return what is told of a subject that loses the pull of `x`."""
    for name, rest in (("old", old), ("new", new)):
        (folder / f"{name}.yaml").write_text(f"version: 1\nrules:\n{_REMOTE}\n{rest}\n")
    (folder / "subjects").write_text(f"{subject}\n" * 2)
    (folder / "repositories").write_text("x")
    lists = ("--subjects", "subjects", "--repositories", "repositories")
    result = _run("diff", "old.yaml", "new.yaml", *lists, "--at", "2026-06-01T12:00:00.5Z")
    assert result.exit_code == 1
    text = " ".join(result.stdout.split())
    begin = f"- {'bob' if 'bob' in subject else subject} loses pull on repository:x"
    assert text.startswith(begin)
    return text.removeprefix(begin).strip().split("; ")


def _rule(when: str = "") -> str:
    conditions = f", when: {{{when}}}" if when else ""
    return f"- {{id: r, groups: [a], repositories: [x], allow: [pull]{conditions}}}"


@pytest.mark.parametrize("login", ["", ", networks: [10.0.0.0/9]", ", expires: 2026-12-31"])
def test_what_a_robot_loses_everywhere_is_told_without_circumstances(login: str, folder: Path) -> None:
    """Everywhere is wherever and whenever it can log in."""
    robots = f"robots: [{{{_CI}{login}}}]"
    assert _lost(folder, "robot$ci", f"{_rule()}\n{robots}", robots) == [""]


def test_circumstances_are_told_where_others_change_nothing(folder: Path) -> None:
    """A robot that is bound to a network loses what it had from elsewhere."""
    robots = [f"{_rule()}\nrobots: [{{{_CI}{login}}}]" for login in ("", ", networks: [10.0.0.0/8]")]
    assert _lost(folder, "robot$ci", *robots) == ["from (anywhere else)"]


_BOB_IN_A = '{"user": "bob", "groups": ["a"]}'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (_rule(), "", [""]),
        (_rule("networks: [10.0.0.0/8]"), "", ["from 10.0.0.0"]),
        (
            _rule("until: 2026-06-30, networks: [10.0.0.0/8]"),
            "",
            ["from 10.0.0.0, at 2026-06-01T12:00:00Z"],
        ),
        (
            _rule(),
            _rule("networks: [10.0.0.0/8], services: [s]"),
            [
                "service (any other), from (anywhere else)",
                "service (any other), from 10.0.0.0",
                "service s, from (anywhere else)",
            ],
        ),
        (
            _rule(),
            _rule("networks: [10.0.0.0/8], from: 2026-07-01"),
            [
                "from (anywhere else), at 2026-06-01T12:00:00Z",
                "from (anywhere else), at 2026-07-01T00:00:00Z",
                "from 10.0.0.0, at 2026-06-01T12:00:00Z",
            ],
        ),
        (
            _rule(),
            _rule("networks: [10.0.0.0/8], services: [s, t]"),
            ["service (any other), from (anywhere else)", "and 3 more"],
        ),
    ],
    ids=["everywhere", "somewhere", "for now", "three", "until then", "four"],
)
def test_circumstances_are_listed_or_counted(old: str, new: str, told: list[str], folder: Path) -> None:
    """Up to three; of more, the first. Now is told where other times are told apart."""
    assert _lost(folder, _BOB_IN_A, old, new) == told


def test_a_long_name_is_broken_and_not_cut(folder: Path) -> None:
    """However much is told beside it."""
    name = f"web/{'x' * 60}/end"
    (folder / "repositories").write_text(name)
    rules = [_rule().replace("[x]", "['**']"), _rule("networks: [10.0.0.0/8]").replace("[x]", "['**']")]
    for path, rule in zip(("old", "new"), rules, strict=True):
        (folder / f"{path}.yaml").write_text(f"version: 1\nrules:\n{rule}\n")
    (folder / "subjects").write_text(_BOB_IN_A)
    shown = _run(
        "diff", "old.yaml", "new.yaml", "--subjects", "subjects", "--repositories", "repositories"
    ).stdout
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.count("x") == 60
