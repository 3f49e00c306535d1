"""A rules file or a folder of them, as a rule set."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.configfile import yaml
from app.configfile.marks import Marks, packed
from app.errors import ConfigurationError
from app.rules.file import entries, load
from tests.unit.rules.given import NOW, may, person

RULE = "- {{id: {id}, everyone: true, repositories: [{name}], allow: [pull]}}"


def _file(path: Path, *rules: str, rest: str = "") -> Path:
    path.write_text("\n".join(["version: 1", "rules:", *(f"  {rule}" for rule in rules), rest]) + "\n")
    return path


def _problems(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load.load(path, NOW)
    return [
        str(problem).removeprefix(f"{path}/").removeprefix(f"{path.parent}/")
        for problem in caught.value.problems
    ]


def test_a_file(tmp_path: Path) -> None:
    """One file is a rule set."""
    rules = load.load(_file(tmp_path / "r.yaml", RULE.format(id="a", name="x")), NOW)
    assert may(rules, None, "x") == "pull"


def test_a_folder(tmp_path: Path) -> None:
    """The rules of all files of a folder are one set."""
    _file(tmp_path / "a.yaml", RULE.format(id="a", name="x"))
    _file(tmp_path / "b.yaml", RULE.format(id="b", name="y"))
    rules = load.load(tmp_path, NOW)
    assert (may(rules, None, "x"), may(rules, None, "y")) == ("pull", "pull")
    assert [rule.order for rule in rules.rules] == [0, 1]


def test_what_a_folder_may_hold_beside(tmp_path: Path) -> None:
    """Hidden files (an editor's, a mount's) and files of other kinds are passed over."""
    _file(tmp_path / "a.yaml", RULE.format(id="a", name="x"))
    (tmp_path / ".#a.yaml").symlink_to("nowhere")
    (tmp_path / "..data").mkdir()
    (tmp_path / "README.md").write_text("what: this is")
    (tmp_path / "a.yaml~").write_text("- old")
    assert len(load.load(tmp_path, NOW).rules) == 1


@pytest.mark.parametrize("name", ["team.yml", "team.YAML", "team.Yml"])
def test_a_file_that_would_be_passed_over(tmp_path: Path, name: str) -> None:
    """A file that its owner takes for rules, and that is not read, may hold denies: it is an error."""
    _file(tmp_path / "a.yaml", RULE.format(id="a", name="x"))
    _file(tmp_path / name, RULE.format(id="b", name="y"))
    assert _problems(tmp_path) == [f"{name}: is not read (of a folder only *.yaml is: rename it)"]


def test_a_folder_without_rules(tmp_path: Path) -> None:
    """A folder without a rules file is an error rather than no rules."""
    with pytest.raises(ConfigurationError, match=r"the folder has no \*\.yaml file"):
        load.load(tmp_path, NOW)


@pytest.mark.parametrize("name", ["missing.yaml", "missing/"])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    """A path of nothing is an error."""
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load.load(tmp_path / name, NOW)


def test_ids_are_unique_over_all_files(tmp_path: Path) -> None:
    """Rules, tests and robots of one name are errors, wherever they stand; each says where the first is."""
    robots = f"robots: [{{name: a, secrets: ['sha256:{'0' * 64}']}}]"
    rest = f"{robots}\ntests: [{{id: a, as: {{anonymous: true}}, expect: {{x: [pull]}}}}]"
    _file(tmp_path / "one.yaml", RULE.format(id="a", name="x"), rest=rest)
    _file(tmp_path / "two.yaml", RULE.format(id="a", name="x"), rest=rest)
    assert _problems(tmp_path) == [
        f"two.yaml:3:10: the id 'a' stands twice in rules (first at {tmp_path}/one.yaml:3)",
        f"two.yaml:4:17: the name 'a' stands twice in robots (first at {tmp_path}/one.yaml:4)",
        f"two.yaml:5:14: the id 'a' stands twice in tests (first at {tmp_path}/one.yaml:5)",
    ]


def test_a_rule_a_test_and_a_robot_may_share_a_name(tmp_path: Path) -> None:
    """Names are unique each among their own."""
    rest = f"robots: [{{name: a, secrets: ['sha256:{'0' * 64}']}}]"
    assert load.load(_file(tmp_path / "r.yaml", RULE.format(id="a", name="x"), rest=rest), NOW)


def test_every_problem_of_every_file_at_once(tmp_path: Path) -> None:
    """Syntax, shape and meaning: what is wrong in one file hides nothing of another."""
    (tmp_path / "a.yaml").write_text("version: 1\nrules: [\n")
    (tmp_path / "b.yaml").write_text("version: 2\nruels: []\n")
    _file(tmp_path / "c.yaml", RULE.format(id="a", name="X"), RULE.format(id="b", name="Y"))
    found = _problems(tmp_path)
    assert [problem.split(":")[0] for problem in found] == ["a.yaml", "b.yaml", "b.yaml", "c.yaml", "c.yaml"]


def test_shape_and_meaning_at_once(tmp_path: Path) -> None:
    """Wrong kinds, values without meaning and keys that do not go together hide nothing of each other."""
    _file(
        tmp_path / "r.yaml",
        "- {id: a, everyone: 1, repositories: [A], allow: [pull], when: {networks: [x, 5]}}",
        "- {id: b, repositories: ['{team}/x'], allow: [pull]}",
        "- {id: b, everyone: true, repositories: [x], deny: [pull], when: {until: never}}",
    )
    assert [problem.split(": ", 1)[1].split(" (")[0] for problem in _problems(tmp_path)] == [
        "'everyone' must be true or false",
        "'A' matches no repository name",
        "'x' is no network",
        "an item of 'networks' must be text",
        "the rule 'b' is for nobody",
        "nothing binds {team}",
        "the id 'b' stands twice in rules",
        "'never' is no date or time",
    ]


def test_a_test_runs_with_the_rules_of_every_file(tmp_path: Path) -> None:
    """A test of one file sees what another denies."""
    rest = "tests: [{id: t, as: {anonymous: true}, expect: {x: [pull]}}]"
    _file(tmp_path / "a.yaml", RULE.format(id="a", name="x"), rest=rest)
    assert load.load(tmp_path, NOW)
    _file(tmp_path / "b.yaml", "- {id: b, everyone: true, repositories: [x], deny: [pull]}")
    assert _problems(tmp_path) == [
        "a.yaml:4:52: test 't': x grants [], not [pull] (pull: denied by 'b' (everyone))"
    ]


def test_a_twin_of_a_key_hides_nothing(tmp_path: Path) -> None:
    """What is refused of a file hides nothing of what is wrong with the rest, and is said once."""
    _file(
        tmp_path / "r.yaml",
        "- {id: a, id: b, everyone: true, repositories: [X], allow: [pull]}",
        "- {id: &x c, everyone: true, repositories: [x], allow: [read], description: *x}",
        "- {id: d, everyone: !!bool 1, repositories: [x], deny: [pull]}",
    )
    assert [problem.removeprefix("r.yaml:").split(" (")[0] for problem in _problems(tmp_path)] == [
        "3:13: the key 'id' stands here twice",
        "3:51: 'X' matches no repository name",
        "4:59: 'read' is no action",
        "4:79: anchors and aliases are not read here",
        "5:23: the tag !!bool is not read here",
    ]


def test_no_rules_at_all(tmp_path: Path) -> None:
    """A file with nothing but its version is good, and grants nothing."""
    file = tmp_path / "r.yaml"
    file.write_text("version: 1\n")
    assert may(load.load(file, NOW), person(), "x") == ""


@pytest.mark.parametrize("key", ["services", "networks", "from", "until", "attributes"])
@pytest.mark.parametrize("value", ["", "null", "~", "[]", "{}"])
def test_a_condition_that_says_nothing_is_an_error(tmp_path: Path, key: str, value: str) -> None:
    """A condition left empty must not become no condition: the rule would hold always and everywhere."""
    rule = f"- {{id: a, everyone: true, repositories: [x], allow: [pull], when: {{{key}: {value}}}}}"
    assert len(_problems(_file(tmp_path / "r.yaml", rule))) == 1


@pytest.mark.parametrize("key", ["networks", "expires", "groups"])
def test_a_robots_limit_that_says_nothing_is_an_error(tmp_path: Path, key: str) -> None:
    """`expires:` with nothing after it must not mean never."""
    rest = f"robots: [{{name: a, secrets: ['sha256:{'0' * 64}'], {key}: }}]"
    assert len(_problems(_file(tmp_path / "r.yaml", rest=rest))) >= 1


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "rules", "groups", "repositories", "allow", "when", "as", "expect", "name"]
                ),
                inner,
                max_size=5,
            )
        ),
    )
)
def test_any_document_is_rules_or_problems(value: object) -> None:
    """No shape of a file makes anything else happen, and each problem has a place."""
    data = {"version": 1, "rules": value, "robots": value, "tests": value}
    place = packed(1, 1)
    document = yaml.Document("f", data, Marks(place), Marks(place, of_keys=True))
    read = entries.read([document], whole=True)
    assert read.problems or not isinstance(value, list) or len(read.rules) == len(value)
    assert all(problem.position.line == 1 for problem in read.problems)
