"""The table from codes to HTTP."""

from __future__ import annotations

import pytest
from flask import Flask, g

from app.errors import Code, Refusal
from app.web.errors import TABLE, render


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_row(code: Code) -> None:
    """Nothing that can go wrong lacks an answer."""
    assert code in TABLE


@pytest.mark.parametrize("code", Code)
def test_only_faults_of_ours_are_unknown(code: Code) -> None:
    """UNKNOWN and 500 make clients retry, so they are kept for real faults."""
    row = TABLE[code]
    assert (row.registry_code == "UNKNOWN") == (row.status == 500) == (code is Code.INTERNAL)


@pytest.mark.parametrize("code", Code)
def test_a_401_challenges_and_a_429_or_503_says_when_to_try_again(code: Code) -> None:
    """And no other answer does."""
    row = TABLE[code]
    assert row.challenge == (row.status == 401)
    assert row.retry == (row.status in {429, 503})


@pytest.mark.parametrize("code", [Code.DENIED, Code.NETWORK_NOT_ALLOWED])
def test_a_refusal_can_ask_for_another_login(code: Code) -> None:
    """Some clients show the message of a 401 alone; what it is called in OAuth stays the same."""
    for asks_again, status, registry_code in ((False, 403, "DENIED"), (True, 401, "UNAUTHORIZED")):
        with Flask("test").test_request_context(method="POST"):
            g.request_id = "0" * 32
            answer = render(Refusal(code, "No.", asks_again=asks_again))
        body = answer.get_json()
        assert (answer.status_code, body["errors"][0]["code"]) == (status, registry_code)
        assert ("WWW-Authenticate" in answer.headers) == asks_again
        assert body["error"] == TABLE[code].oauth_error


@pytest.mark.parametrize(("known", "said"), [(0, "5"), (830, "830")])
def test_it_says_how_long_to_wait_where_that_is_known(known: int, said: str) -> None:
    """And five seconds where it is not; BuildKit and others read the code of registries in the body."""
    with Flask("test").test_request_context():
        g.request_id = "0" * 32
        answer = render(Refusal(Code.TOO_MANY_FAILURES, "Wait.", retry_after=known))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, said)
    assert answer.get_json()["errors"][0]["code"] == "TOOMANYREQUESTS"
