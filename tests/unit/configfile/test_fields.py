"""The field types that sections share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.configfile.fields import Duration, parse_duration, resolve
from app.errors import UnfitError


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30),
        ("5m", 300),
        ("1h", 3600),
        ("2d", 172_800),
        ("1h30m", 5400),
        (0, 0),
        ("0", 0),
        ("0s", 0),
    ],
)
def test_durations(written: object, seconds: float) -> None:
    """A number with its unit, or several; nothing needs no unit."""
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "5",
        5,
        1.5,
        0.0,
        "1.5h",
        "-5m",
        "5 m",
        "5M",
        "5min",
        "m",
        " 5m",
        "5m\n",
        "\u0665m",
        True,
        False,
        None,
        [],
        {},
        "1h-30m",
    ],
)
def test_no_durations(written: object) -> None:
    """Anything else is an error; above all, `false` is not nothing."""
    with pytest.raises(UnfitError, match="no duration"):
        parse_duration(written)


@pytest.mark.parametrize(
    "written", ["3651d", "99999999999d", "999999999d" * 2, "9" * 5000 + "ms", "9" * 400 + "d"]
)
def test_durations_beyond_reason(written: str) -> None:
    """A duration is ten years at the most: beyond lie overflows, at load or, worse, while serving."""
    with pytest.raises(UnfitError, match="too long"):
        parse_duration(written)


def test_a_long_text_is_not_repeated() -> None:
    """What is no duration may be a secret in the wrong place; a long or structured one is not shown."""
    for value in ("hunter2" * 10, ["hunter2"], {"hunter2": 1}):
        with pytest.raises(UnfitError) as caught:
            parse_duration(value)
        assert "hunter2" not in str(caught.value)


@given(st.integers(0, 300), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_durations_round_trip(days: int, hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    """The sum of the parts is what is read, and reading the result again changes nothing."""
    read = parse_duration(f"{days}d{hours}h{minutes}m{seconds}s{milliseconds}ms")
    assert read == timedelta(
        days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds
    )
    assert parse_duration(read) == read


@given(st.text(max_size=20) | st.integers() | st.floats() | st.booleans())
def test_any_value_is_a_duration_or_an_error(value: object) -> None:
    """Validation never ends in anything but a duration or an error of its own."""
    try:
        read = TypeAdapter(Duration).validate_python(value)
    except ValidationError:
        return
    assert timedelta() <= read <= timedelta(days=3650)


def test_relative_paths_are_seen_from_the_file() -> None:
    """A path is relative to the folder of the file, whatever the working directory."""
    base = Path("/etc/wharfinger")
    assert resolve(Path("rules.yaml"), base) == Path("/etc/wharfinger/rules.yaml")
    assert resolve(Path("/srv/rules"), base) == Path("/srv/rules")


def test_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder; the home of nobody is a name like any other rather than a crash."""
    monkeypatch.setenv("HOME", "/home/carol")
    assert resolve(Path("~/rules"), Path("/etc")) == Path("/home/carol/rules")
    assert resolve(Path("~no-such-person/rules"), Path("/etc")) == Path("/etc/~no-such-person/rules")
