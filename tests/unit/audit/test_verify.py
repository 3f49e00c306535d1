"""Whether an audit stream is whole."""

from __future__ import annotations

from app.audit.verify import Verification
from app.errors import Position
from app.telemetry.audit import line
from tests.support import records


def _problems(*lines: bytes) -> list[str]:
    verification = Verification()
    found = [verification.check(each, Position("a", number, 1)) for number, each in enumerate(lines, start=1)]
    assert (verification.lines, verification.problems) == (len(lines), sum(one is not None for one in found))
    return [str(one) for one in found if one is not None]


def _line(request_id: str) -> bytes:
    return line(records.token_record(request_id=request_id))


def test_a_whole_stream_has_no_problem() -> None:
    """Each request once, whatever its id looks like."""
    assert _problems(_line("a"), _line("b"), _line("A"), _line(""), _line("\ud800")) == []


def test_a_request_that_is_there_twice() -> None:
    """Each further line of it is a problem, at its own place."""
    assert _problems(_line("a"), _line("b"), _line("a"), _line("a")) == [
        "a:3:1: the request a stands here for the second time",
        "a:4:1: the request a stands here for the second time",
    ]


def test_a_line_of_no_request_is_counted_and_no_problem() -> None:
    """It says that lines can be written again, or that other rules are in force."""
    resumed = b'{"schema":1,"time":"2026-06-01T12:00:00.000Z","event":"resumed"}\n'
    assert _problems(_line("a"), resumed, resumed) == []


def test_a_torn_line_is_a_problem() -> None:
    """Also one that was torn before another began."""
    good = _line("a")
    assert _problems(good[:20] + good) == ["a:1:1: is no JSON (a line that is torn, or two in one)"]
    assert _problems(good[:20] + b" torn\n", good) == [
        "a:1:1: is torn (it could not be written whole, so no token was issued)"
    ]
    assert _problems(good[:-1]) == ["a:1:1: is torn (it has no end)"]
