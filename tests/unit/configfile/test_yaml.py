"""The strict reading of YAML: meanings of 1.2, positions, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.configfile import yaml
from app.errors import ConfigurationError


def _data(text: str) -> Any:
    return yaml.parse(text, "f.yaml").data


def _problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        yaml.parse(text, "f.yaml")
    return list(map(str, caught.value.problems))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", None),
        ("10", 10),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0o10", 8),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b101", "0b101"),
        ("12:30:45", "12:30:45"),
        ("2026-12-31", "2026-12-31"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("'10'", "10"),
        ('"true"', "true"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("<<", "<<"),
        ("10.20.0.0/16", "10.20.0.0/16"),
        ("sha256:00", "sha256:00"),
    ],
)
def test_the_meanings_of_yaml_1_2(written: str, value: object) -> None:
    """Scalars mean what the core schema of YAML 1.2 says, not what YAML 1.1 said."""
    assert _data(f"a: {written}") == {"a": value}
    assert type(_data(f"a: {written}")["a"]) is type(value)


def test_not_a_number() -> None:
    """`.nan` is the number that is none."""
    assert str(_data("a: .nan")["a"]) == "nan"


@pytest.mark.parametrize("key", ["1", "true", "null", "~", "1.5", "2026-12-31", "'a b'", '"no"'])
def test_keys_are_text(key: str) -> None:
    """A key is what is written, whatever it would mean as a value."""
    assert _data(f"{key}: x") == {key.strip("'\""): "x"}


def test_a_version_directive_changes_nothing() -> None:
    """A file that calls itself YAML 1.1 is read as 1.2 all the same."""
    assert _data("%YAML 1.1\n---\na: no") == {"a": "no"}


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Editors of some systems write one."""
    file = tmp_path / "f.yaml"
    file.write_bytes("\ufeffa: é".encode())
    assert yaml.read(file).data == {"a": "é"}


def test_every_value_knows_its_place() -> None:
    """Lines and columns count from 1, of values and of keys."""
    document = yaml.parse("a: 1\nb:\n  - x\n  - {c: é, d: 2}\n", "f.yaml")
    assert document.marks[("a",)] == (1, 4)
    assert document.marks[("b", 0)] == (3, 5)
    assert document.marks[("b", 1, "d")] == (4, 15)
    assert document.key_marks[("b", 1, "d")] == (4, 12)
    assert document.value(("b", 1, "c")) == "é"


def test_a_problem_without_a_place_stands_at_the_nearest() -> None:
    """What is missing is reported where it is missing from."""
    document = yaml.parse("a:\n  b: {c: 1}\n", "f.yaml")
    assert str(document.problem(("a", "b", "nope"), "text")) == "f.yaml:2:6: text"
    assert str(document.problem(("nope",), "text", "hint")) == "f.yaml:1:1: text (hint)"
    assert str(document.problem(("a", "b"), "text", key=True)) == "f.yaml:2:3: text"


def test_every_problem_is_reported_at_once() -> None:
    """Duplicate keys, tags and aliases do not hide each other."""
    assert _problems("a: 1\na: 2\nb: !x 3\nc: &n 4\nd: *n\n? [e]\n: 5\n") == [
        "f.yaml:2:1: the key 'a' stands here twice (first on line 1)",
        "f.yaml:3:4: the tag !x is not read here (write the value without a tag)",
        "f.yaml:5:4: anchors and aliases are not read here (write the value out)",
        "f.yaml:6:3: a key must be plain text (put quotes around text that begins with {, [ or *)",
    ]


@pytest.mark.parametrize("value", ["{x: 1, x: 2}", "[{x: 1, x: 2}]", "{y: {x: 1, 'x': [1, 2]}}"])
def test_duplicate_keys_at_any_depth(value: str) -> None:
    """A second mention of a key is an error wherever it stands, and however it is quoted."""
    assert "'x' stands here twice" in _problems(f"a: {value}")[0]


@pytest.mark.parametrize(
    "value", ["!!str 1", "!!int 1", "! 1", "!!python/object:os.system {}", "!!set {a}", "!x [1]"]
)
def test_tags_are_refused(value: str) -> None:
    """No value says itself what kind it is of, neither scalars nor lists and mappings."""
    assert "is not read here" in _problems(f"a: {value}")[0]


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x", "&x a: *x", "a: &x [*x]", "a: *x", "&x a: 1\n*x : 2"])
def test_aliases_are_refused(text: str) -> None:
    """A value, or a key, is written where it is used; recursion and bombs cannot be made."""
    assert _problems(text)


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n"])
def test_an_empty_file(text: str) -> None:
    """Nothing, or comments alone, are no document."""
    assert _problems(text) == ["f.yaml:1:1: the file is empty"]


def test_a_second_document() -> None:
    """A file is one document."""
    assert _problems("a: 1\n---\nb: 2\n") == [
        "f.yaml:2:1: a second document begins here (write one file for each)"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 5_000 + "]" * 5_000,
        "{a: " * 5_000,
        "- " * 5_000,
        "? " * 5_000,
        "a: 1\na: " + "[" * 5_000,
    ],
)
def test_deep_nesting_is_a_problem(text: str) -> None:
    """Nesting that would overrun the stack of the process is an error like any other, and quickly found."""
    assert _problems(text)


def test_nesting_that_people_write() -> None:
    """Fifty levels are enough for anybody."""
    assert _data("[" * 50 + "]" * 50)


def test_the_parser_of_pyyaml_is_not_asked_for_objects() -> None:
    """A document that would run code elsewhere is refused by its tag."""
    assert _problems("!!python/object/apply:os.system ['true']") == [
        "f.yaml:1:1: the tag !!python/object/apply:os.system is not read here (write the value without a tag)"
    ]


def test_a_value_is_in_no_message() -> None:
    """Where a tag or a forgotten blank is the mistake, the value beside it may be a secret."""
    for text in ("password: !!int hunter2", "{password:hunter2: 1, password:hunter2: 2}", "a: [hunter2"):
        assert not any("hunter2" in problem for problem in _problems(text))


def test_a_number_of_many_digits() -> None:
    """Python reads 4300 digits at the most; more is a problem with a place."""
    assert _problems("a: " + "1" * 5000) == [
        "f.yaml:1:4: the number is too long (put quotes around it if it is text)"
    ]


def test_a_control_character_has_a_place() -> None:
    """The line and column are found although the parser tells only octets."""
    assert _problems("a: 1\né: \x07") == [
        "f.yaml:2:4: not YAML: a control character, which YAML does not have (take it out)"
    ]


def test_a_lone_surrogate_is_refused() -> None:
    """No text has half a character."""
    assert "invalid Unicode character escape" in _problems('a: "\\ud800"')[0]


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    """It is reported as such, with what to do."""
    (tmp_path / "f.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ConfigurationError, match=r"f\.yaml:1:4: not UTF-8 text \(save it as UTF-8\)"):
        yaml.read(tmp_path / "f.yaml")


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\0.yaml"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """A file that is not there, a folder and an impossible name are problems."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        yaml.read(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ConfigurationError, match="cannot be read: it is no regular file"):
        yaml.read(tmp_path / "pipe.yaml")


def test_what_can_be_read_of_a_file_that_is_refused() -> None:
    """The first of two equal keys, and nothing where an alias or a tag stands, each with its problem."""
    document, problems = yaml.examine("a: 1\na: 2\nb: &x 3\nc: *x\nd: !!str 4\n", "f")
    assert document.data == {"a": 1, "b": 3, "c": None, "d": None}
    assert [problem.position.line for problem in problems] == [2, 4, 5]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.text("[]{}:,-?&*!|>'\"%@`# \n\tab1", max_size=60))
def test_any_text_is_read_or_has_problems(text: str) -> None:
    """No text makes anything else happen, and every problem stands inside the file."""
    try:
        document = yaml.parse(text, "f.yaml")
    except UnicodeEncodeError:  # a lone surrogate, which no file holds
        return
    except ConfigurationError as error:
        places = [(each.position.line, each.position.column) for each in error.problems]
    else:
        places = [*document.marks.values(), *document.key_marks.values()]
    assert places
    assert min(map(min, places)) >= 1


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**9), 10**9)
        | st.text("abcé no:#-'\"{}[]0123456789", max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abc:", min_size=1), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_json_is_yaml(value: object) -> None:
    """YAML 1.2 has JSON in it: what a program writes as JSON is read as it was."""
    assert _data(json.dumps(value, ensure_ascii=False)) == value


def test_a_document_does_not_show_its_values() -> None:
    """A traceback with the values of all variables must not print a password that stands in a file."""
    assert "hidden-password" not in repr(yaml.parse("password: hidden-password", "wharfinger.yaml"))
