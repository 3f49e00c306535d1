"""A file that several processes append lines to, none of which is mistaken for a whole one."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry.line_file import TORN_END, LineFile
from tests.support.tools import REPOSITORY

_LINE = b'{"outcome":"issued"}\n'


@contextmanager
def _at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size: a write takes what fits, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("cut", range(1, len(_LINE)))
def test_a_torn_line_is_ended_before_the_next(tmp_path: Path, cut: int) -> None:
    """Wherever it was cut; the next is on a line of its own, and what was torn is no JSON."""
    path = tmp_path / "lines"
    lines = LineFile(path)
    lines.append(_LINE)
    with _at_most(len(_LINE) + cut), pytest.raises(OSError, match=r"only a part|too large"):
        lines.append(_LINE)
    lines.append(_LINE)
    assert path.read_bytes() == _LINE + _LINE[:cut] + TORN_END + _LINE


def test_a_torn_line_of_a_server_that_ended_is_ended(tmp_path: Path) -> None:
    """A server that starts has written nothing of it."""
    path = tmp_path / "lines"
    path.write_bytes(_LINE[:-1])
    LineFile(path).append(_LINE)
    assert path.read_bytes() == _LINE[:-1] + TORN_END + _LINE


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 60)), max_size=12))
def test_every_line_that_was_taken_stands_alone(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, int]]
) -> None:
    """Two servers write in turn, and the disk takes of each write as much as it likes, also of an end."""
    path = tmp_path_factory.mktemp("x") / "lines"
    files = [LineFile(path), LineFile(path)]
    taken = []
    for number, (which, room) in enumerate(writes):
        line = b'{"number":%d}\n' % number
        size = path.stat().st_size if path.exists() else 0
        try:
            with _at_most(size + room):
                files[which].append(line)
        except OSError:
            continue
        taken.append(line)
    found = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    assert [line for line in found if line.endswith(b"}\n")] == taken
    whole = found[:-1] if found and not found[-1].endswith(b"\n") else found
    assert all(line.endswith(TORN_END) for line in whole if line not in taken)


def test_a_line_behind_that_of_another_server_which_is_torn_just_then_counts_as_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers do not wait for each other: the other's part came between the look and the write."""
    path = tmp_path / "lines"
    lines = LineFile(path)
    lines.append(_LINE)
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", real)
        with path.open("ab") as other:
            other.write(_LINE[:5])
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="another server"):
        lines.append(_LINE)
    lines.append(_LINE)
    assert path.read_bytes() == _LINE + _LINE[:5] + _LINE + _LINE


def test_a_removed_file_is_made_anew(tmp_path: Path) -> None:
    """The stream does not go on into what nobody can read."""
    path = tmp_path / "lines"
    lines = LineFile(path)
    lines.append(b"1\n")
    path.unlink()
    lines.append(b"2\n")
    assert path.read_bytes() == b"2\n"


def test_a_file_that_is_removed_before_its_line_is_there_gets_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that nobody can read would be a token without one."""
    path = tmp_path / "lines"
    lines = LineFile(path)
    lines.append(b"1\n")
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", real)
        path.unlink()
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    lines.append(b"2\n")
    assert path.read_bytes() == b"2\n"


def test_a_file_in_place_of_a_renamed_one_is_written_to(tmp_path: Path) -> None:
    """As logrotate's `create` puts it there, with no signal."""
    path, old = tmp_path / "lines", tmp_path / "lines.1"
    lines = LineFile(path)
    lines.append(b"1\n")
    path.rename(old)
    path.touch(mode=0o640)
    lines.append(b"2\n")
    assert (old.read_bytes(), path.read_bytes()) == (b"1\n", b"2\n")


def test_a_renamed_file_is_written_to_until_it_has_a_successor(tmp_path: Path) -> None:
    """Whoever renames makes the next one at once, and would find ours there; after a second nobody does."""
    path, old, now = tmp_path / "lines", tmp_path / "lines.1", [0.0]
    lines = LineFile(path, lambda: now[0])
    lines.append(b"1\n")
    path.rename(old)
    lines.append(b"2\n")
    now[0] = 0.9
    lines.append(b"3\n")
    assert (old.read_bytes(), path.exists()) == (b"1\n2\n3\n", False)
    now[0] = 1.0
    lines.append(b"4\n")
    assert (old.read_bytes(), path.read_bytes()) == (b"1\n2\n3\n", b"4\n")


def test_a_renamed_file_is_left_at_once_where_that_is_asked_for(tmp_path: Path) -> None:
    """By SIGHUP, as after `mv`."""
    path, old = tmp_path / "lines", tmp_path / "lines.1"
    lines = LineFile(path)
    lines.append(b"1\n")
    path.rename(old)
    lines.reopen()
    lines.append(b"2\n")
    assert (old.read_bytes(), path.read_bytes()) == (b"1\n", b"2\n")


def test_the_file_is_made_when_it_is_checked_and_not_kept_open(tmp_path: Path) -> None:
    """The main process would keep the space of a file that was rotated away."""
    path = tmp_path / "lines"
    lines = LineFile(path)
    opened = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
    lines.check()
    assert len(os.listdir("/proc/self/fd")) == opened  # noqa: PTH208 - as above
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_a_pipe_without_a_reader_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening it would wait for a reader, maybe for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="No such device or address"):
        LineFile(path).check()


def test_a_pipe_with_a_reader_takes_lines_and_sees_no_end_before(tmp_path: Path) -> None:
    """Also while nothing but a check has been made."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    lines = LineFile(path)
    lines.check()
    with pytest.raises(BlockingIOError):
        os.read(reader, 10)
    lines.append(b"1\n")
    assert os.read(reader, 10) == b"1\n"
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        lines.append(b"2\n")
    assert lines.has_failed


_KILLED_WHILE_IT_WRITES = """
import os, signal
from app.telemetry.line_file import LineFile

lines = LineFile(None)
child = os.fork()
if child == 0:
    lines.append(b"x" * 1_000_000 + b"\\n")
    os._exit(1)
assert os.read(0, 1) == b"k"
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
os.fork()
lines.append(b"whole\\n")
"""


def test_a_pipe_line_of_a_process_that_was_killed_is_ended_by_the_others() -> None:
    """The reader of the pipe has had a part of it; its end is marked once."""
    program = subprocess.Popen(
        [sys.executable, "-c", _KILLED_WHILE_IT_WRITES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    first = os.read(program.stdout.fileno(), 1)
    program.stdin.write(b"k")
    program.stdin.close()
    torn, *others = (first + program.stdout.read()).splitlines(keepends=True)
    program.stdout.close()
    assert program.wait(30) == 0
    assert torn.strip(b"x") == TORN_END
    assert others == [b"whole\n", b"whole\n"]


def test_standard_output_that_is_a_file_is_appended_to(tmp_path: Path) -> None:
    """Its torn end is ended too, where the server may read it."""
    path = tmp_path / "out"
    path.write_bytes(b"torn")
    with path.open("r+b") as out:
        code = "from app.telemetry.line_file import LineFile; LineFile(None).append(b'whole\\n')"
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True, cwd=REPOSITORY)
    assert path.read_bytes() == b"torn" + TORN_END + b"whole\n"


def test_whether_the_last_line_failed_is_known_to_all_processes(tmp_path: Path) -> None:
    """Whichever of them is asked."""
    lines = LineFile(tmp_path / "folder" / "lines")
    child = os.fork()
    if child == 0:
        try:
            lines.append(b"1\n")
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert lines.has_failed
    (tmp_path / "folder").mkdir()
    lines.append(b"1\n")
    assert not lines.has_failed


def test_nothing_is_lost_while_the_file_is_rotated_again_and_again(tmp_path: Path) -> None:
    """Two processes write, a third renames and makes the file anew, with a signal and without."""
    path, count = tmp_path / "lines", 2000
    lines = LineFile(path)
    children = []
    before = signal.signal(signal.SIGHUP, lambda *_: lines.reopen())
    for name in (b"a", b"b"):
        child = os.fork()
        if child == 0:
            for number in range(count):
                lines.append(b"%s%d\n" % (name, number))
            os._exit(0)
        children.append(child)
    turns = 0
    while children:
        if path.exists():
            path.rename(tmp_path / f"lines.{turns}")
            if turns % 2:
                path.touch(mode=0o640)
            turns += 1
        for child in [*children]:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                children.remove(child)
            elif turns % 3 == 0:
                os.kill(child, signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)
    found = [line for file in tmp_path.iterdir() for line in file.read_bytes().splitlines()]
    assert len(found) == 2 * count
    assert len(set(found)) == 2 * count
