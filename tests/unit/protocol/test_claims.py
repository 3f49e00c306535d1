"""The claim set of a token: what it says, and for how long."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.claims import MIN_LIFETIME, ClaimSet, Lifetimes, claim_set
from app.protocol.scope import Access, ResourceType

NOW = datetime(2026, 1, 31, 12, 0, 0, 999_999, tzinfo=UTC)
PULL = Access(ResourceType.REPOSITORY, "web/app", ("pull",))
PUSH = Access(ResourceType.REPOSITORY, "web/app", ("pull", "push"))
DELETE = Access(ResourceType.REPOSITORY, "web/app", ("delete",))
CATALOG = Access(ResourceType.REGISTRY, "catalog", ("*",))


def _claims(*access: Access, lifetimes: Lifetimes | None = None, now: datetime = NOW) -> ClaimSet:
    return claim_set(
        issuer="https://auth.example.com/auth/realms/corp",
        subject="alice",
        service="registry.example.com",
        access=access,
        lifetimes=lifetimes or Lifetimes(),
        now=now,
        token_id="the-request-id",
    )


def test_the_json_object() -> None:
    """Issuer, subject, audience and id stand as given, access as a list of type, name and actions."""
    assert _claims(PUSH, CATALOG).to_json() == {
        "iss": "https://auth.example.com/auth/realms/corp",
        "sub": "alice",
        "aud": "registry.example.com",
        "exp": 1769861700,
        "nbf": 1769860790,
        "iat": 1769860790,
        "jti": "the-request-id",
        "access": [
            {"type": "repository", "name": "web/app", "actions": ["pull", "push"]},
            {"type": "registry", "name": "catalog", "actions": ["*"]},
        ],
    }


def test_the_audience_is_a_string() -> None:
    """Distribution 2.8 does not read a list."""
    assert isinstance(_claims().to_json()["aud"], str)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_dates_are_integers(claim: str) -> None:
    """Distribution 2.8 does not read a fraction of a second."""
    assert type(_claims().to_json()[claim]) is int


def test_no_access_is_an_empty_list() -> None:
    """A login's token has `access: []`; null crashes a registry."""
    assert json.loads(json.dumps(_claims().to_json()))["access"] == []


def test_an_anonymous_subject_is_empty() -> None:
    """Nobody's token has an empty subject rather than none."""
    anonymous = claim_set(
        issuer="i", subject="", service="s", access=(), lifetimes=Lifetimes(), now=NOW, token_id="t"
    )
    assert anonymous.to_json()["sub"] == ""


def test_it_is_backdated() -> None:
    """`iat` and `nbf` lie before now, for registries whose clock is behind; the life counts from now."""
    claims = _claims(lifetimes=Lifetimes(backdate=timedelta(seconds=30)))
    assert claims.issued_at == claims.not_before == NOW - timedelta(seconds=30)
    assert claims.expires_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("access", "minutes"),
    [((), 5), ((PULL,), 5), ((DELETE,), 5), ((CATALOG,), 5), ((PUSH,), 15), ((PULL, PUSH), 15)],
)
def test_a_push_lives_longer(access: tuple[Access, ...], minutes: int) -> None:
    """A token that grants push anywhere outlives a big layer."""
    assert Lifetimes().of(access) == timedelta(minutes=minutes)


@given(st.timedeltas(timedelta(), timedelta(days=1)), st.timedeltas(timedelta(), timedelta(days=1)))
def test_no_token_lives_under_a_minute(default: timedelta, push: timedelta) -> None:
    """Clients take a shorter lifetime as 60 s, whatever is configured."""
    lifetimes = Lifetimes(default, push)
    for access in ((), (PULL,), (PUSH,)):
        assert lifetimes.of(access) >= MIN_LIFETIME == timedelta(seconds=60)
        claims = _claims(*access, lifetimes=lifetimes)
        assert claims.not_before <= claims.issued_at < claims.expires_at
