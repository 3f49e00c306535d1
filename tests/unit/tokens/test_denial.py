"""Refusals that reach the person: when, to whom, and in which words (`tests/golden/denials`)."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Code, Refusal
from app.keys import kid
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.protocol.request import Client
from app.protocol.scope import SINGLE_ACTIONS
from app.rules.decision import Lack
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona
from app.tokens.denial import short_id
from app.tokens.denial_text import LONGEST, Refused, Why, denied
from app.tokens.realm import Denials, Issued
from tests.support.directory import FakeDirectory
from tests.support.parts import Collector, Holder, make_issuer, make_realm
from tests.support.records import client
from tests.support.server import SERVICE
from tests.support.tools import REPOSITORY
from tests.unit.rules.given import rule_set
from tests.unit.tokens.given import ALICE, ScriptedLogin, issued, raw, refused

_FOLDER = REPOSITORY / "tests" / "golden" / "denials"
_UPDATES = bool(os.environ.get("UPDATE_GOLDEN"))
_CASES = sorted(_FOLDER.glob("*.yaml"))
DOCKER, SKOPEO = client(user_agent="docker/28.2.2"), client(user_agent="skopeo/1.9.3")
CRANE = client(user_agent="crane/v0.22.1 go-containerregistry/v0.22.1")
CTR, REGCTL = client(user_agent="containerd/1.6.20"), client(user_agent="regclient/regctl (v0.11.7)")
PULL, PUSH = "repository:web/app:pull", "repository:web/app:pull,push"
RULES = """
- {id: read, authenticated: true, repositories: ["web/**"], allow: [pull]}
- {id: write, groups: [team-web], repositories: ["web/**"], allow: [push]}
- {id: own, authenticated: true, repositories: ["sandbox/{username}/**"], allow: [push]}
- {id: all, everyone: true, repositories: ["base/**"], allow: [pull]}
"""


def _answer(
    ring: KeyRing,
    *asked: str,
    login: str | None = ALICE,
    where: Client = DOCKER,
    rules: RuleSet | None = None,
    subject: Persona | None = None,
    told: Collector | None = None,
    service: str = SERVICE,
    **realm: Any,
) -> Issued | Refusal:
    made = make_realm(
        ring,
        FakeDirectory(),
        rules=Holder(rules or rule_set(RULES)),
        login=ScriptedLogin(subject or Persona("alice")),
        services={service: Service(kid.LIBTRUST)},
        **realm,
    )
    issuer = make_issuer(made, told or Collector())
    return issuer.answer(raw(login, *asked, where=where, service=service), "request-1")


def _access(answer: Issued | Refusal) -> list[str]:
    return [str(each) for each in issued(answer).claims.access]


def _persona(described: dict[str, Any]) -> Persona:
    groups = tuple(map(NamedGroup.parse, described.get("groups", ())))
    name = described.get("user") or f"robot${described['robot']}"
    return Persona(name, groups, "robot" in described, described.get("attributes", {}))


@pytest.mark.parametrize("case", _CASES, ids=lambda path: path.stem)
def test_texts(case: Path, ring: KeyRing, tmp_path: Path) -> None:
    """Each refusal reads as is written beside it: from 192.0.2.1, at noon (UTC) of a Monday in June."""
    given_ = yaml.safe_load(case.read_text(encoding="utf-8"))
    path = tmp_path / "rules.yaml"
    path.write_text(given_["rules"], encoding="utf-8")
    answer = _answer(
        ring,
        given_["asked"],
        login=ALICE if given_["subject"] else None,
        where=client(user_agent=given_.get("user_agent", "docker/28.2.2")),
        rules=make_realm(ring, FakeDirectory(), rules=path).rules.current,
        subject=_persona(given_["subject"]) if given_["subject"] else None,
        service=given_.get("service", SERVICE),
        denials=Denials(name_groups=given_.get("name_groups", True)),
    )
    assert isinstance(answer, Refusal)
    expected = case.with_suffix(".out")
    if _UPDATES:
        expected.write_text(f"{answer.message}\n", encoding="utf-8")
    assert f"{answer.message}\n" == expected.read_text(encoding="utf-8")
    assert len(answer.message) <= LONGEST
    assert answer.message.isprintable()


def test_every_text_has_its_case() -> None:
    """No text is left over from a case that is gone."""
    assert {path.stem for path in _FOLDER.glob("*.out")} == {path.stem for path in _CASES}


_ANY = st.text(max_size=400)


_WHY = st.builds(Why, _ANY, st.sampled_from([*Lack, None]), _ANY, st.just(()), _ANY)
_REFUSED = st.builds(
    Refused, _ANY, st.just(SINGLE_ACTIONS), _ANY, _WHY, st.text(max_size=100), st.just("0123456789")
)


@given(_REFUSED, st.booleans())
def test_no_text_is_long_or_obeyed(said: Refused, named: bool) -> None:
    """Whatever anybody is called: one line of 300 characters, without a control character of any kind."""
    text = denied(said, name_groups=named)
    assert len(text) <= LONGEST
    assert not any(unicodedata.category(each)[0] == "C" or each in "\n\r\u2028\u2029" for each in text)
    assert text.endswith("Denial 0123456789")


@pytest.mark.parametrize(("where", "again"), [(DOCKER, False), (CRANE, False), (SKOPEO, True)])
def test_a_client_that_shows_it_is_told(ring: KeyRing, where: Client, *, again: bool) -> None:
    """A part of what was asked is refused; some clients show it only where they are asked for a login."""
    answer = _answer(ring, PUSH, where=where)
    assert refused(answer) is Code.DENIED
    assert isinstance(answer, Refusal)
    assert answer.asks_again is again
    assert answer.message.startswith("alice may not push web/app: ")


@pytest.mark.parametrize("where", [CTR, REGCTL, client()])
def test_a_client_that_shows_nothing_gets_its_token(ring: KeyRing, where: Client) -> None:
    """With what is granted, as the specification says."""
    assert _access(_answer(ring, PUSH, where=where)) == [PULL]


@pytest.mark.parametrize(
    "asked",
    [
        (PULL, "repository:closed/app:pull"),
        (PUSH, "repository:closed/app:pull,push"),
        ("repository:sandbox/alice/app:pull,push", "repository:closed/app:pull"),
        (PUSH, "registry:catalog:*"),
        ("repository:web/app:*",),
        ("repository:web/app:*,push",),
        ("registry:catalog:*",),
        (PUSH, "repository:WEB/app:pull"),
        (),
        (PULL,),
    ],
)
def test_other_requests_get_their_token(ring: KeyRing, asked: tuple[str, ...]) -> None:
    """Several repositories, mounts from what is closed, `*`, the catalog, what is no scope, a login."""
    issued(_answer(ring, *asked))


@pytest.mark.parametrize("source", ["base/debian", "closed/app"])
def test_a_push_is_refused_with_its_mounts(ring: KeyRing, source: str) -> None:
    """What it would mount is of no use without it, whether or not that may be pulled."""
    answer = _answer(ring, f"repository:{source}:pull", PUSH)
    assert isinstance(answer, Refusal)
    assert answer.message.startswith("alice may not push web/app: ")


def test_several_scopes_of_one_repository_are_one_request(ring: KeyRing) -> None:
    """A client may ask for the actions one by one."""
    assert refused(_answer(ring, PULL, "repository:web/app:push")) is Code.DENIED


@pytest.mark.parametrize("login", [ALICE, None])
def test_a_silent_service_is_as_specified(ring: KeyRing, login: str | None) -> None:
    """A token with fewer rights, or with none, for whoever asks."""
    answer = _answer(ring, PUSH, login=login, denials=Denials(silent=frozenset({SERVICE})))
    assert _access(answer) == ([PULL] if login else [])


@pytest.mark.parametrize("where", [DOCKER, CRANE, SKOPEO])
@pytest.mark.parametrize("asked", [(PULL,), (PULL, PUSH), ("repository:web/app:*",), ("registry:catalog:*",)])
def test_nobody_is_asked_to_log_in(ring: KeyRing, where: Client, asked: tuple[str, ...]) -> None:
    """Where nothing is granted, whatever was asked: nothing else would help."""
    assert refused(_answer(ring, *asked, login=None, where=where)) is Code.CREDENTIALS_REQUIRED


@pytest.mark.parametrize("where", [CTR, REGCTL, client()])
def test_nobody_gets_an_empty_token_by_other_clients(ring: KeyRing, where: Client) -> None:
    """Containerd would show the status alone, and the registry says more than that."""
    assert _access(_answer(ring, PULL, login=None, where=where)) == []


@pytest.mark.parametrize(
    "asked", [("repository:base/debian:pull,push",), ("repository:base/debian:pull", PULL)]
)
def test_nobody_gets_what_is_public(ring: KeyRing, asked: tuple[str, ...]) -> None:
    """A part of what was asked is enough for a token."""
    assert _access(_answer(ring, *asked, login=None)) == ["repository:base/debian:pull"]


@pytest.mark.parametrize(("where", "again"), [(DOCKER, False), (SKOPEO, True), (REGCTL, False)])
def test_a_robot_from_elsewhere_is_told(ring: KeyRing, where: Client, *, again: bool) -> None:
    """So that its client shows it; where the service is silent, as before."""
    refusal = Refusal(Code.NETWORK_NOT_ALLOWED, "This robot account may not log in from this network.")
    login = ScriptedLogin(refusal)
    for denials, expected in ((Denials(), again), (Denials(silent=frozenset({SERVICE})), False)):
        made = make_realm(ring, FakeDirectory(), login=login, denials=denials)
        answer = make_issuer(made, Collector()).answer(raw(ALICE, PULL, where=where), "1")
        assert answer == replace(refusal, asks_again=expected)


def test_what_was_told_is_recorded(ring: KeyRing) -> None:
    """With all that is known of why; the text has an id of its own, which the request id leads to."""
    told = Collector()
    answer = _answer(ring, "repository:web/app:push,delete", told=told)
    assert isinstance(answer, Refusal)
    record = told.last
    assert (record.outcome, record.granted, record.subject) == (Code.DENIED, (), "alice")
    assert record.denial is not None
    assert record.denial == replace(
        record.denial, id=short_id("request-1"), message=answer.message, actions=("push", "delete")
    )
    assert [(one.action, one.rule, one.text) for one in record.denial.reasons] == [
        ("push", "read", "nearly allows it: it allows pull alone"),
        ("push", "write", "nearly allows it: alice is not in group team-web"),
        ("delete", "read", "nearly allows it: it allows pull alone"),
    ]


def test_nothing_is_recorded_of_what_is_not_told(ring: KeyRing) -> None:
    """A token is no refusal, nor is the question for a login."""
    told = Collector()
    for login, where in ((ALICE, REGCTL), (None, DOCKER)):
        _answer(ring, PUSH, login=login, where=where, told=told)
        assert told.last.denial is None


@given(st.text(max_size=200))
def test_an_id_can_be_read_out(request_id: str) -> None:
    """Ten letters and digits, none of which is read for another; the same for the same request."""
    made = short_id(request_id)
    assert len(made) == 10
    assert set(made) <= set("0123456789abcdefghjkmnpqrstvwxyz")
    assert made == short_id(request_id)


def test_ids_are_spread() -> None:
    """Requests that follow each other have nothing in common."""
    assert len({short_id(f"req-{number:08}") for number in range(10_000)}) == 10_000
