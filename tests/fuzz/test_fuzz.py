"""Each fuzzing target for a short time: CI looks a little further at every commit."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from tests.fuzz import TARGETS
from tests.support.commands import run
from tests.support.tools import REPOSITORY, missing

_SECONDS = 20


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found(target: str) -> None:
    """No input breaks what the target says must hold."""
    if sys.version_info >= (3, 14):
        missing("atheris has no wheels for this Python")
    words = ("-m", "tests.fuzz", target, "--seconds", str(_SECONDS))
    done = run(sys.executable, *words, cwd=REPOSITORY, within=timedelta(minutes=4))
    assert done.status == 0, done.text[-4000:]
    assert "stat::number_of_executed_units" in done.text
