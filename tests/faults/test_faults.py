"""Each fault under a steady load: nothing fails but what needs the very thing that is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.stage import STAGES, Stage
from tests.faults.table import FAULTS, Fault, Need
from tests.faults.trial import trial

pytestmark = pytest.mark.slow


CASES = [
    pytest.param(name, fault, id=f"{name}-{fault.name}".replace(" ", "-"))
    for name in STAGES
    for fault in FAULTS
    if fault.only in ("", name)
]


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start a stage, which its faults share."""
    with STAGES[request.param](tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.mark.parametrize(("stage", "fault"), CASES, indirect=["stage"])
def test_nothing_else_fails(stage: Stage, fault: Fault) -> None:
    """Before it, while it lasts, and after it is undone."""
    verdict = trial(stage, fault)
    assert not verdict.failed, str(verdict)
    assert verdict.excused or fault.need not in (Need.DIRECTORY, Need.AUDIT), "the fault had no effect"
