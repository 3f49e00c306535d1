"""What is kept of a refusal: what the person was told, and the request that it was about."""

from __future__ import annotations

from app.errors import Code
from app.state.rows import DenialReasonRow, DenialRow
from app.telemetry.record import Denial, DenialReason
from app.tokens.kept_denials import DenialRecorder
from tests.support.records import NOW, client, token_record

_DENIAL = Denial("r5w0m2k9xq", "web/app", ("push",), "no", (DenialReason("push", "r", "f:1:2", "why"),))
_RECORD = token_record(
    outcome=Code.DENIED,
    denial=_DENIAL,
    subject="bob",
    service="registry.example.com",
    client=client("192.0.2.7"),
    rules_version="v1",
)


def test_a_refusal_is_kept_whole() -> None:
    """Each field in its place."""
    kept: list[DenialRow] = []
    DenialRecorder(kept.append).record(_RECORD)
    assert kept == [
        DenialRow(
            id="r5w0m2k9xq",
            at=NOW.timestamp(),
            request_id="id-1",
            realm="demo",
            service="registry.example.com",
            subject="bob",
            address="192.0.2.7",
            repository="web/app",
            actions=("push",),
            message="no",
            rules_version="v1",
            reasons=(DenialReasonRow("push", "r", "f:1:2", "why"),),
        )
    ]


def test_nothing_else_is_kept() -> None:
    """Neither a token, nor a refusal that was answered otherwise, for its audit line could not be written."""
    kept: list[DenialRow] = []
    recorder = DenialRecorder(kept.append)
    recorder.record(token_record())
    recorder.record(token_record(outcome=Code.AUDIT_UNAVAILABLE, denial=_DENIAL))
    assert kept == []
