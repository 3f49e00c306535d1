"""Candidate rules: what they would change is told, and nothing of it is enforced."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import Refusal
from app.keys.keyring import KeyRing
from app.protocol.request import RawRequest
from app.rules.file import load
from app.rules.model import RuleSet
from app.telemetry.audit import line
from app.telemetry.candidate import CandidateLog
from app.telemetry.record import CandidateDifference
from app.tokens.realm import Issued
from tests.support.directory import FakeDirectory
from tests.support.parts import NOW, Collector, Holder, make_issuer, make_realm
from tests.support.records import access, client
from tests.support.server import SERVICE

_CANDIDATE = """
version: 1
rules:
  - {id: less, users: [alice], repositories: ["platform/**"], allow: [pull]}
  - {id: more, users: [alice], repositories: ["web/**"], allow: [push]}
"""
_RULES = """
version: 1
rules:
  - {id: robots, robots: ["*"], repositories: ["{username}", app], allow: [pull]}
robots:
  - name: ci
    secrets: ["sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]
    MORE
"""


def _rules(folder: Path, text: str) -> RuleSet:
    (folder / "rules.yaml").write_text(text)
    return load.load(folder / "rules.yaml", NOW)


def _ask(login: str, *scopes: str) -> RawRequest:
    header = "Basic " + base64.b64encode(login.encode()).decode()
    return RawRequest(client("192.0.2.7", "docker", "docker/27"), header, (SERVICE,), scopes)


@pytest.fixture
def told() -> Collector:
    """Return a recorder that keeps what it is told."""
    return Collector()


def _answer(ring: KeyRing, told: Collector, candidate: RuleSet | None, *scopes: str) -> Issued | Refusal:
    realm = make_realm(ring, FakeDirectory(), candidate=Holder(candidate))
    return make_issuer(realm, told).answer(_ask("alice:alice-password", *scopes), "request-1")


def test_the_difference_is_recorded_and_not_enforced(ring: KeyRing, told: Collector, tmp_path: Path) -> None:
    """What would be gained is not granted, what would be lost is."""
    candidate = _rules(tmp_path, _CANDIDATE)
    answer = _answer(ring, told, candidate, "repository:platform/app:pull,push", "repository:web/app:push")
    assert isinstance(answer, Issued)
    assert [str(each) for each in answer.claims.access] == ["repository:platform/app:pull,push"]
    gained, lost = access("repository:web/app:push"), access("repository:platform/app:push")
    assert told.last.candidate == CandidateDifference(candidate.version, gained, lost)
    assert b'"candidate":{"rules_version":"' in line(told.last)


def test_without_candidate_rules_nothing_is_said(ring: KeyRing, told: Collector) -> None:
    """Neither where none are set, nor where they could not be read yet."""
    _answer(ring, told, None, "repository:platform/app:pull")
    assert told.last.candidate is None
    assert b"candidate" not in line(told.last)


def test_rules_that_fail_harm_nothing(
    ring: KeyRing, told: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the candidate rules do, the answer is that of the live ones."""
    broken = RuleSet("broken", ())
    object.__setattr__(broken, "by_user", None)
    answer = _answer(ring, told, broken, "repository:platform/app:pull")
    assert isinstance(answer, Issued)
    assert told.last.candidate is None
    assert "the candidate rules failed" in caplog.text


@pytest.mark.parametrize(
    ("candidate", "lost"),
    [
        ("", ()),
        ("expires: 2026-05-31", ("repository:app:pull",)),
        ("networks: [10.0.0.0/8]", ("repository:app:pull",)),
        (None, ("repository:app:pull",)),
    ],
)
def test_a_robot_is_what_the_candidate_rules_say_of_it(
    ring: KeyRing, told: Collector, tmp_path: Path, candidate: str | None, lost: tuple[str, ...]
) -> None:
    """One that they no longer have, or that could not log in by them, loses everything."""
    live = _rules(tmp_path, _RULES.replace("MORE", ""))
    text = _RULES.replace("MORE", candidate or "")
    other = _rules(tmp_path, text if candidate is not None else text.replace("name: ci", "name: other"))
    realm = make_realm(ring, FakeDirectory(), candidate=Holder(other))
    make_issuer(replace(realm, rules=Holder(live)), told).answer(
        _ask("robot$ci:secret", "repository:app:pull"), "request-1"
    )
    assert told.last.candidate == CandidateDifference(other.version, (), access(*lost))


def test_a_distinct_case_is_logged_once(
    ring: KeyRing, told: Collector, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The same subject and difference is told once; another is told; no difference never is."""
    caplog.set_level("INFO", "wharfinger.candidate")
    candidate, log = _rules(tmp_path, _CANDIDATE), CandidateLog()
    for scope in ("platform/app:push", "platform/app:push", "platform/app:pull", "platform/api:push"):
        _answer(ring, told, candidate, f"repository:{scope}")
        log.record(told.last)
    assert [record.__dict__["lost"] for record in caplog.records] == [
        ["repository:platform/app:push"],
        ["repository:platform/api:push"],
    ]


def test_the_same_rules_differ_in_nothing(ring: KeyRing, told: Collector) -> None:
    """A candidate that is the live file is compared, and no difference found."""
    live = make_realm(ring, FakeDirectory()).rules.current
    _answer(ring, told, live, "repository:platform/app:pull,push", "registry:catalog:*")
    assert told.last.candidate is not None
    assert not told.last.candidate
