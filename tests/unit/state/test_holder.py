"""Which process holds a row, and whether it is gone."""

from __future__ import annotations

import os

from app.state.holder import Holder


def _name_of_a_child(holder: Holder, *, lives: bool) -> tuple[bytes, int]:
    """Return the name of a process that was forked, and what ends it where it lives on."""
    read, write = os.pipe()
    hold, release = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - another process
        os.close(release)
        os.write(write, holder.name())
        if lives:
            os.read(hold, 1)
        os._exit(0)
    os.close(hold)
    name = os.read(read, 64)
    for each in (read, write):
        os.close(each)
    if not lives:
        os.waitpid(child, 0)
    return name, release


def test_a_process_that_ended_is_gone() -> None:
    """Those of the same server know it."""
    holder = Holder()
    name, release = _name_of_a_child(holder, lives=False)
    os.close(release)
    assert name != holder.name()
    assert holder.is_gone(name)


def test_a_process_that_lives_is_not_gone() -> None:
    """Neither a fellow nor oneself."""
    holder = Holder()
    name, release = _name_of_a_child(holder, lives=True)
    assert not holder.is_gone(name)
    assert not holder.is_gone(holder.name())
    os.close(release)
    os.wait()
    assert holder.is_gone(name)


def test_nobody_knows_of_the_processes_of_another_server() -> None:
    """Its process ids may be those of another machine."""
    other = Holder()
    name, release = _name_of_a_child(other, lives=False)
    os.close(release)
    assert not Holder().is_gone(name)
    assert not Holder().is_gone(b"")


def test_a_process_id_that_is_used_again_is_another_process() -> None:
    """The time at which the process started tells them apart."""
    holder = Holder()
    own = holder.name()
    former = own[:-8] + (int.from_bytes(own[-8:], "big") - 1).to_bytes(8, "big")
    assert holder.is_gone(former)
