"""docs/explanation/reliability.md and the table of faults."""

from __future__ import annotations

from tests.docs.reading import tables
from tests.faults.stage import STAGES
from tests.faults.table import FAULTS
from tests.support.tools import REPOSITORY

_PAGE = (REPOSITORY / "docs" / "explanation" / "reliability.md").read_text(encoding="utf-8")


def test_every_fault_was_measured_and_nothing_else_failed() -> None:
    """A row for each in order, with what cannot work meanwhile; a cell for each stage that can have it."""
    (table,) = tables(_PAGE, "fault", "cannot work meanwhile", *STAGES)
    assert [(row["fault"], row["cannot work meanwhile"]) for row in table.rows] == [
        (fault.name, fault.need.value) for fault in FAULTS
    ]
    for fault, row in zip(FAULTS, table.rows, strict=True):
        for name in STAGES:
            measured = row[name].split(" / ")
            assert measured[-1] == ("0" if fault.only in ("", name) else "-")
