"""How commands print."""

from __future__ import annotations

import pytest

from app.cli.output import counted, show, show_csv, show_json, wrapped


def test_a_long_line_is_broken_below_its_indent() -> None:
    """The rest hangs deeper; a word such as an address stays whole, however long it is."""
    lines = wrapped("  at " + "word " * 20 + "x" * 100, hanging=4)
    assert lines[0].startswith("  at word")
    assert all(line.startswith("      word") for line in lines[1:-1])
    assert lines[-1] == "      " + "x" * 100
    assert all(len(line) <= 80 for line in lines[:-1])


def test_a_short_line_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """With its blanks, as of columns; an empty one too."""
    show("  alice   direct", "", *wrapped("  bob   through staff"))
    assert capsys.readouterr().out == "  alice   direct\n\n  bob   through staff\n"


def test_one_value_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever chose it begins no line of their own, in no form."""
    evil = "bob\nalice\x1b[2J"
    show(evil)
    show_csv([[evil, "=cmd()"]])
    show_json(evil)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert lines[1].endswith(",'=cmd()")


@pytest.mark.parametrize(("number", "text"), [(0, "0 rules"), (1, "1 rule"), (2, "2 rules")])
def test_a_noun_has_its_number(number: int, text: str) -> None:
    """One is singular."""
    assert counted(number, "rule") == text
