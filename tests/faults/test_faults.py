"""Each fault under a steady load: nothing fails but what needs the very thing that is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.stage import STAGES, Stage
from tests.faults.table import FAULTS, Fault, Need
from tests.faults.trial import trial

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=STAGES)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Stage]]:
    """Start a stage, which its faults share."""
    with STAGES[request.param](tmp_path_factory.mktemp("faults")) as running:
        yield request.param, running


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name.replace(" ", "-") for fault in FAULTS])
def test_nothing_else_fails(stage: tuple[str, Stage], fault: Fault) -> None:
    """Before it, while it lasts, and after it is undone."""
    name, running = stage
    if fault.only not in ("", name):
        pytest.skip(f"there is no such thing on {name}")
    verdict = trial(running, fault)
    assert not verdict.failed, str(verdict)
    assert verdict.excused or fault.need not in (Need.DIRECTORY, Need.AUDIT), "the fault had no effect"
