"""Octets that the processes of one server share."""

from __future__ import annotations

import multiprocessing
import os

from hypothesis import given
from hypothesis import strategies as st

from app.watch.shared import SharedBytes


def test_there_is_nothing_at_first() -> None:
    """Nobody has accepted anything."""
    assert SharedBytes("a").read() is None


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_the_last_that_was_written_is_read(written: list[bytes]) -> None:
    """Also where it is shorter than what was there."""
    shared = SharedBytes("a")
    for data in written:
        shared.write(data)
    assert shared.read() == written[-1]


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_what_is_replaced_is_returned(written: list[bytes]) -> None:
    """So that of several processes one knows that it was the first with something."""
    shared = SharedBytes("a")
    assert [shared.swap(data) for data in written] == [None, *written[:-1]]
    assert shared.read() == written[-1]


def test_a_process_that_is_forked_reads_and_writes_the_same() -> None:
    """One that starts later reads what another one wrote."""
    shared, fork = SharedBytes("a"), multiprocessing.get_context("fork")
    writer = fork.Process(target=shared.write, args=(b"x" * 100_000,))
    writer.start()
    writer.join()
    assert shared.read() == b"x" * 100_000


def test_what_was_not_written_whole_is_not_read() -> None:
    """A process that is killed while it writes leaves nothing that anybody takes for whole."""
    shared = SharedBytes("a")
    shared.write(b"the keys")
    os.ftruncate(shared._descriptor, 40 - 1)
    assert shared.read() is None
