"""What everybody does with every client, at both registries: what works, what is said, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import pytest

from tests.e2e.bench import Bench
from tests.e2e.costs import COSTS
from tests.support.commands import Finished
from tests.support.images import Layout
from tests.support.measured import LoggedIn
from tests.support.newcomers import Newcomer
from tests.support.seeded import PUBLIC_IMAGE

# What the terminal shows. skopeo, podman and buildah keep our words from a login, though not from a pull;
# containerd shows no more than the status line, so it and regctl hear the registry's words.
_WRONG: Final = "unauthorized: The user name or password is wrong."
_DENIED_PUSH: Final = " may not pull or push platform/closed: no rule allows it; rule team-namespaces would"
_DENIED_PULL: Final = " may not pull platform/closed: no rule allows it; rule team-namespaces would"
_CONTAINERS_IMAGE: Final = {
    "wrong login": "invalid username/password",
    "wrong pull": _WRONG,
    "denied push": _DENIED_PUSH,
    "denied pull": _DENIED_PULL,
}
_TEXTS: Final = {
    "skopeo": _CONTAINERS_IMAGE,
    "podman": _CONTAINERS_IMAGE,
    "buildah": _CONTAINERS_IMAGE,
    "docker": {**_CONTAINERS_IMAGE, "wrong login": _WRONG},
    "crane": {
        "wrong pull": "UNAUTHORIZED: The user name or password is wrong.; request id ",
        "denied push": _DENIED_PUSH,
        "denied pull": _DENIED_PULL,
    },
    "oras": {
        "wrong login": _WRONG,
        "wrong pull": _WRONG,
        "denied push": _DENIED_PUSH,
        "denied pull": _DENIED_PULL,
    },
    "regctl": {"wrong login": "unauthorized", "wrong pull": "unauthorized", "denied": "unauthorized"},
    "ctr": {
        "wrong pull": "failed to fetch oauth token: unexpected status: 401",
        "denied": "insufficient_scope: authorization failed",
    },
}

pytestmark = pytest.mark.slow


def _refuses(bench: Bench, operation: str, what: Callable[[], Finished]) -> None:
    """Run an operation that must fail with the text that is known."""
    finished = bench.run(operation, what)
    assert finished.status != 0
    texts = _TEXTS[bench.name]
    assert (texts.get(operation) or texts["denied"]) in finished.stderr


def test_a_team_pushes_and_pulls(bench: Bench, teammate: Newcomer, layout: Layout) -> None:
    """Somebody of the team logs in, pushes and pulls, and the directory is asked for the password once."""
    image = bench.registry.image(f"platform/{bench.name}")
    if "login" in COSTS[bench.name]:
        client = cast("LoggedIn", bench.client())
        host, name = bench.registry.host, teammate.name
        login = bench.run("login", lambda: client.login(host, name, teammate.password))
        assert login.status == 0, login.text
    else:
        client = cast("LoggedIn", bench.client(teammate))
    pushed = bench.run("push", lambda: client.push(layout, image))
    assert pushed.status == 0, pushed.text
    pulled = bench.run("pull", lambda: client.pull(image))
    assert pulled.status == 0, pulled.text


def test_another_is_denied(bench: Bench, stranger: Newcomer, layout: Layout) -> None:
    """Somebody of no team can neither push nor pull, and reads that it is for want of a right."""
    client, image = bench.client(stranger), bench.registry.image("platform/closed")
    _refuses(bench, "denied push", lambda: client.push(layout, image))
    _refuses(bench, "denied pull", lambda: client.pull(image))


def test_a_wrong_password(bench: Bench, stranger: Newcomer) -> None:
    """A login with it fails, where a client asks at all; and not even what is public is pulled with it."""
    host, image = bench.registry.host, bench.registry.image(PUBLIC_IMAGE)
    if "wrong login" in _TEXTS[bench.name]:
        nobody = cast("LoggedIn", bench.client())
        _refuses(bench, "wrong login", lambda: nobody.login(host, stranger.name, "mistyped"))
    client = bench.client(stranger, "mistyped")
    _refuses(bench, "wrong pull", lambda: client.pull(image))


def test_everyone_pulls_what_is_public(bench: Bench) -> None:
    """Without a login, and without the directory."""
    client, image = bench.client(), bench.registry.image(PUBLIC_IMAGE)
    pulled = bench.run("anonymous pull", lambda: client.pull(image))
    assert pulled.status == 0, pulled.text
