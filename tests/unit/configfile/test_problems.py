"""What pydantic finds, in the words of the person who wrote the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, SecretStr, ValidationError, field_validator

from app.configfile import problems, yaml
from app.configfile.fields import Duration, Section
from app.errors import UnfitError


class _Inner(Section):
    count: Annotated[int, Field(ge=1, le=10)] = 1
    word: Literal["one", "two"] = "one"
    from_: Annotated[str | None, Field(alias="from")] = None


class _Outer(Section):
    inner: _Inner = _Inner()
    many: Annotated[list[_Inner], Field(min_length=1, max_length=2)] = [_Inner()]  # noqa: RUF012 - pydantic copies
    named: dict[str, _Inner] = {}  # noqa: RUF012 - pydantic copies
    either: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    where: Literal["stdout"] | Path = "stdout"
    flag: bool = False
    short: Annotated[str, Field(max_length=3)] = ""
    password: SecretStr = SecretStr("")
    wait: Duration | None = None
    needed: str


def _problems(text: str) -> list[str]:
    document = yaml.parse(f"needed: x\n{text}", "f")
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(document.data)
    return sorted(map(str, problems.describe(caught.value, document, _Outer)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("inner: {count: 0}", "f:2:16: 'count' must be at least 1"),
        ("inner: {count: 11}", "f:2:16: 'count' must be at most 10"),
        ("inner: {count: x}", "f:2:16: 'count' must be a whole number"),
        ("inner: {count: 1.5}", "f:2:16: 'count' must be a whole number"),
        ("inner: {count: .inf}", "f:2:16: 'count' must be a whole number"),
        ("inner: {word: three}", "f:2:15: 'word' must be 'one' or 'two'"),
        ("flag: maybe", "f:2:7: 'flag' must be true or false"),
        ("short: long", "f:2:8: 'short' must be 3 characters long at the most"),
        ("short: 1", "f:2:8: 'short' must be text (put quotes around it)"),
        ("many: []", "f:2:7: 'many' must not be empty"),
        ("many: [{}, {}, {}]", "f:2:7: 'many' has more than 2 items"),
        (
            "many: {}",
            "f:2:7: 'many' must be a list (write [one, two], or one item a line with '- ' before it)",
        ),
        (
            "many: [x]",
            "f:2:8: an item of 'many' must be a mapping (write 'key: value', with a blank after the colon)",
        ),
        ("inner: x", "f:2:8: 'inner' must be a mapping (write 'key: value', with a blank after the colon)"),
        ("wait: 5", "f:2:7: 5 is no duration (write a number with its unit: 500ms, 30s, 5m, 1h)"),
    ],
)
def test_each_kind_in_its_words(text: str, problem: str) -> None:
    """Every kind of error is said as what the value must be, at the value."""
    assert _problems(text) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("inner:", "f:2:7: 'inner' has no value (write {} where every default is right)"),
        ("named: {a: }", "f:2:12: 'a' has no value (write {} where every default is right)"),
        ("many:", "f:2:6: 'many' has no value (write one, or take the key out)"),
        ("flag:", "f:2:6: 'flag' has no value (write one, or take the key out)"),
        ("either:", "f:2:8: 'either' has no value (write one, or take the key out)"),
    ],
)
def test_a_key_without_a_value(text: str, problem: str) -> None:
    """Where nothing stands after the colon, that is what is said."""
    assert _problems(text) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("either: x", "f:2:9: 'either' must be 'auto' or a whole number"),
        ("either: 0", "f:2:9: 'either' must be 'auto' or at least 1"),
        ("where: 5", "f:2:8: 'where' must be 'stdout' or a path (put quotes around it)"),
    ],
)
def test_alternatives_are_one_problem(text: str, problem: str) -> None:
    """What each branch of a union says is said as one sentence, without pydantic's names of the branches."""
    assert _problems(text) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("iner: {}", "f:2:1: unknown key 'iner' (did you mean 'inner'?)"),
        ("inner: {coumt: 1}", "f:2:9: unknown key 'coumt' (did you mean 'count'?)"),
        ("inner: {frm: x}", "f:2:9: unknown key 'frm' (did you mean 'from'?)"),
        ("inner: {from_: x}", "f:2:9: unknown key 'from_' (did you mean 'from'?)"),
        ("many: [{zzz: 1}]", "f:2:9: unknown key 'zzz' (known here: count, from, word)"),
        ("named: {a: {wrd: one}}", "f:2:13: unknown key 'wrd' (did you mean 'word'?)"),
        ('inner: {word:"one"}', "f:2:9: unknown key 'word' (write 'word: ', with a blank after the colon)"),
        ("named: {a: {b: {}}}", "f:2:13: unknown key 'b' (known here: count, from, word)"),
    ],
)
def test_an_unknown_key(text: str, problem: str) -> None:
    """The nearest key of that place is offered, or all of them, as they are written in the file."""
    assert _problems(text) == [problem]


def test_a_forgotten_blank_shows_no_secret() -> None:
    """`{password:"hunter2"}` is one key in YAML; what follows its colon is not repeated."""
    found = _problems('inner: {password:"hunter2"}') + _problems('inner: {named: {password:"hunter2"}}')
    assert len(found) == 2
    assert not any("hunter2" in problem for problem in found)


def test_no_value_of_a_secret_is_shown() -> None:
    """A password of the wrong kind is not repeated."""
    for value in ("12345678", "[hunter2]", "{hunter2: 1}", "{hunter2}"):
        [problem] = _problems(f"password: {value}")
        assert problem.startswith("f:2:11: 'password' must be text (")
        assert "hunter2" not in problem


def test_a_missing_key() -> None:
    """It is reported where it is missing from."""
    document = yaml.parse("inner: {}", "f")
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(document.data)
    assert list(map(str, problems.describe(caught.value, document, _Outer))) == ["f:1:1: 'needed' is missing"]


def test_a_document_of_another_shape() -> None:
    """A file that is a list is told that it must be a mapping."""
    document = yaml.parse("- a", "f")
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(document.data)
    [problem] = problems.describe(caught.value, document, _Outer)
    assert problem.text == "the file must be a mapping"


def test_a_validators_own_words() -> None:
    """Text and hint of our own errors are kept as they are, braces and all."""

    class Odd(Section):
        value: str

        @field_validator("value")
        @classmethod
        def _refuse(cls, value: str) -> str:
            raise UnfitError(f"{{odd}} %s {value}", "{hint}")

    document = yaml.parse("value: text", "f")
    with pytest.raises(ValidationError) as caught:
        Odd.model_validate(document.data)
    [problem] = problems.describe(caught.value, document, Odd)
    assert (str(problem.position), problem.text, problem.hint) == ("f:1:8", "{odd} %s text", "{hint}")
