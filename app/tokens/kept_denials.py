"""Keeps the refusals that people were told, for those whom they ask."""

from __future__ import annotations

from collections.abc import Callable

from app.errors import Code
from app.state.rows import DenialReasonRow, DenialRow
from app.telemetry.record import TokenRecord


class DenialRecorder:
    """Hands over what is kept of each refusal; must not wait."""

    def __init__(self, keep: Callable[[DenialRow], None]) -> None:
        self._keep = keep

    def record(self, record: TokenRecord) -> None:
        """Keep the refusal of a request that was answered with one."""
        denial = record.denial
        if denial is None or record.outcome is not Code.DENIED:
            return
        row = DenialRow(
            id=denial.id,
            at=record.time.timestamp(),
            request_id=record.request_id,
            realm=record.realm,
            service=record.service,
            subject=record.subject,
            address=record.client.address_text,
            repository=denial.repository,
            actions=denial.actions,
            message=denial.message,
            rules_version=record.rules_version,
            reasons=tuple(
                DenialReasonRow(one.action, one.rule, one.position, one.text) for one in denial.reasons
            ),
        )
        self._keep(row)
