"""The shield before a real directory: what reaches slapd is counted on the wire, and in its own count."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeAlias

import ldap3
import pytest
import requests
from ldap3 import ALL_OPERATIONAL_ATTRIBUTES, BASE

from tests.support.counting import directory_tap
from tests.support.crowd import at_work, basic, log_in, meanwhile, repeat
from tests.support.postgres import PASSWORD, Postgres
from tests.support.processes import wait_until
from tests.support.server import REALM, SERVICE, Server, realm_path
from tests.support.slapd import SUFFIX, Slapd
from tests.support.statistics import differ
from tests.support.tap import Tap

Change: TypeAlias = Callable[[dict[str, Any]], object]
Start: TypeAlias = Callable[[Change], Server]
WRONG = "mistyped-password"
SECRET = "0123456789abcdef" * 4


@pytest.fixture
def directory(start_slapd: Callable[[], Slapd]) -> Slapd:
    """Return a directory of the test's own, in which nobody has failed yet."""
    return start_slapd()


@pytest.fixture
def tap(directory: Slapd) -> Iterator[Tap]:
    """Return the tap before it."""
    with directory_tap(directory) as running:
        yield running


@pytest.fixture
def start(start_server: Callable[..., Server], directory: Slapd, tap: Tap) -> Start:
    """Return a function that starts a server behind the tap."""

    def start(change: Change) -> Server:
        def behind_the_tap(settings: dict[str, Any]) -> None:
            realm = settings["realms"][REALM]
            realm["directory"]["servers"] = [f"ldaps://127.0.0.1:{tap.port}"]
            realm["shield"] = {"failure_floor": 0}
            settings["state"] = "sqlite:///state.db"
            change(settings)

        return start_server(directory, behind_the_tap)

    return start


def _binds(tap: Tap, password: str) -> int:
    """Count the binds with a password, as they went over the wire."""
    return sum(bytes(kept.asked).count(password.encode()) for kept in tap.conversations)


def _strikes(slapd: Slapd, user: str) -> int:
    """Count what the directory's password policy holds against somebody."""
    server = ldap3.Server(slapd.url, get_info=ldap3.NONE)
    with ldap3.Connection(server, user=f"cn=admin,{SUFFIX}", password="admin-password") as connection:
        connection.search(
            f"uid={user},ou=people,{SUFFIX}", "(objectClass=*)", BASE, attributes=ALL_OPERATIONAL_ATTRIBUTES
        )
        (found,) = list(connection.response or [])
        return len(found["raw_attributes"].get("pwdFailureTime", ()))


def test_one_wrong_password_is_one_bind_over_two_workers(start: Start, tap: Tap) -> None:
    """However often it comes and to whichever process; the right one works meanwhile."""
    server = start(lambda settings: settings["server"].update(workers=2))
    with meanwhile([server], "alice", "alice-password", pause=0.05) as right:
        assert repeat([server], "alice", WRONG, 200) == {401: 200}
    assert right.keys() == {200}
    assert _binds(tap, WRONG) == 1


def test_the_directory_as_a_whole_sees_few_failures_over_two_workers(start: Start, tap: Tap) -> None:
    """Whoever's they are; who was right here before logs in nevertheless."""

    def change(settings: dict[str, Any]) -> None:
        settings["server"].update(workers=2)
        shield = {"remember": 0, "failures_per_directory": 3, "directory_window": "1h"}
        settings["realms"][REALM]["shield"] |= shield

    server = start(change)
    assert log_in(server, "alice", "alice-password")[0] == 200
    answers = [log_in(server, name, WRONG)[0] for name in ("bob", "carol", "dave", "erin", "frank")]
    assert answers == [401, 401, 429, 429, 429]
    assert _binds(tap, WRONG) == 2
    assert [log_in(server, "alice", "alice-password")[0] for _ in range(4)] == [200] * 4
    assert log_in(server, "bob", "bob-password")[0] == 429
    assert server.audit_line(outcome="too_many_failures", username="bob")["spared"] == "directory_budget"


@pytest.mark.slow
def test_a_guesser_does_not_lock_the_account(start: Start, directory: Slapd, tap: Tap) -> None:
    """Five wrong passwords would; the directory sees two, the others are told to wait, alice works."""
    server = start(lambda settings: settings["server"].update(workers=2))
    assert log_in(server, "alice", "alice-password")[0] == 200
    answers = [log_in(server, "Alice", f"{WRONG}-{number}") for number in range(8)]
    assert [status for status, _ in answers] == [401, 401, *[429] * 6]
    assert 800 < int(answers[-1][1]["Retry-After"]) <= 900
    assert _binds(tap, WRONG) == _strikes(directory, "alice") == 2
    assert log_in(server, "alice", "alice-password")[0] == 200
    line = server.audit_line(outcome="too_many_failures", username="Alice")
    assert (line["spared"], line["address"]) == ("source_share", "127.0.0.1")


class _Clients:
    """A server whose proxy is here: each login comes from an address that the test chooses."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def log_in(self, address: str, user: str, password: str) -> int:
        return log_in(self._server, user, password, **{"X-Forwarded-For": address})[0]


@pytest.mark.slow
def test_a_guesser_at_many_addresses_does_not_keep_the_owner_out(start: Start, directory: Slapd) -> None:
    """Who logged in from here before still does, whichever worker is asked; elsewhere one has to wait."""

    def change(settings: dict[str, Any]) -> None:
        settings["server"].update(workers=4, trusted_proxies=["127.0.0.1"])
        settings["realms"][REALM]["shield"]["remember"] = 0

    clients = _Clients(start(change))
    assert clients.log_in("192.0.2.1", "alice", "alice-password") == 200
    found = [clients.log_in(f"198.51.100.{number}", "alice", f"{WRONG}-{number}") for number in range(20)]
    assert found == [401] * 3 + [429] * 17
    assert _strikes(directory, "alice") == 3
    assert [clients.log_in("192.0.2.1", "alice", "alice-password") for _ in range(20)] == [200] * 20
    assert clients.log_in("192.0.2.2", "alice", "alice-password") == 429


def _seen(server: Server, name: str, address: str, password: str) -> tuple[object, float]:
    """Return what a client sees of one login, and the seconds that it took."""
    headers = {**basic(name, password), "X-Forwarded-For": address}
    start = time.perf_counter()
    answer = requests.get(f"{server.url}{realm_path()}/auth?service={SERVICE}", headers=headers, timeout=10)
    elapsed = time.perf_counter() - start
    told = {key: value for key, value in answer.headers.items() if key not in ("Date", "X-Request-Id")}
    text = answer.text.replace(answer.headers["X-Request-Id"], "ID")
    told["Retry-After"] = str(bool(told.get("Retry-After")))
    return (answer.status_code, told, text), elapsed


@pytest.mark.slow
def test_nobody_sees_which_accounts_exist_and_are_used(start: Start) -> None:
    """Every budget is played; status, headers and text are the same, and the times have one distribution."""

    def change(settings: dict[str, Any]) -> None:
        settings["server"].update(trusted_proxies=["127.0.0.1"])
        settings["realms"][REALM]["shield"] = {"failures_per_source": 5}

    server = start(change)
    used, unused, unknown = names = ["alice", "bob", "nobody"]
    assert log_in(server, used, f"{used}-password", **{"X-Forwarded-For": "192.0.2.1"})[0] == 200
    seen: dict[str, list[object]] = {name: [] for name in names}
    took: dict[str, list[float]] = {name: [] for name in names}
    tries = [("1", "a"), ("1", "a"), ("1", "b"), ("1", "c"), ("2", "a"), ("2", "d"), ("3", "e"), ("3", "f")]
    for host, password in [*tries, *[("2", "a")] * 12]:
        for number, name in enumerate(names):
            told, elapsed = _seen(server, name, f"192.0.{number + 2}.{host}", password)
            seen[name].append(told)
            took[name].append(elapsed)
    assert seen[used] == seen[unused] == seen[unknown]
    assert [told[0] for told in seen[used][:8]] == [401, 401, 401, 429, 401, 401, 429, 429]  # type: ignore[index]
    assert all(min(times) >= 0.25 for times in took.values())
    assert not any(differ(took[one], took[other]) for one, other in itertools.combinations(names, 2))


_TIMES = 10_000


@pytest.mark.slow
def test_ten_thousand_repetitions_over_four_workers(start: Start, directory: Slapd, tap: Tap) -> None:
    """One server, its state in a file: one bind, one strike, and the right password works every time."""

    def change(settings: dict[str, Any]) -> None:
        settings["server"].update(workers=4)
        settings["state"] = {"url": "sqlite:///state.db", "timeout": "5s"}  # the machine may be busy

    _prove([start(change)], directory, tap)


@pytest.mark.slow
def test_ten_thousand_repetitions_over_two_servers(start: Start, directory: Slapd, tap: Tap) -> None:
    """Two servers of four workers each, their state in PostgreSQL: one bind, and so on.

    The right password comes from elsewhere, and is remembered nowhere.
    """
    with ExitStack() as running:
        postgres = running.enter_context(Postgres())
        state = {"url": postgres.make("state"), "password": PASSWORD, "secret": SECRET, "timeout": "5s"}

        def change(settings: dict[str, Any]) -> None:
            settings["server"].update(workers=4, trusted_proxies=["127.0.0.1"])
            settings["state"] = state
            settings["realms"][REALM]["shield"]["remember"] = 0

        _prove([start(change), start(change)], directory, tap, **{"X-Forwarded-For": "192.0.2.1"})


def _prove(servers: list[Server], directory: Slapd, tap: Tap, **elsewhere: str) -> None:
    with meanwhile(servers, "alice", "alice-password", pause=0.05, **elsewhere) as right:
        assert repeat(servers, "alice", WRONG, _TIMES) == {401: _TIMES}
    assert right.keys() == {200}
    assert _binds(tap, WRONG) == 1
    assert repeat(servers, "bob", f"{WRONG}-of-bob", _TIMES // 10) == {401: _TIMES // 10}
    assert _binds(tap, f"{WRONG}-of-bob") == _strikes(directory, "bob") == 1
    assert not any("state" in line["event"] for server in servers for line in server.log())


@pytest.mark.slow
def test_logins_go_on_while_the_state_is_away(start: Start, tap: Tap) -> None:
    """Readiness says so and stays at 200; each process counts alone; afterwards all count together again."""
    with ExitStack() as running:
        postgres = running.enter_context(Postgres())
        state = {"url": postgres.make("state"), "password": PASSWORD, "secret": SECRET}
        server = start(lambda settings: settings.update(state=state))
        assert log_in(server, "alice", "alice-password")[0] == 200
        postgres.stop()
        assert log_in(server, "bob", "bob-password")[0] == 200
        assert [log_in(server, "alice", WRONG)[0] for _ in range(10)] == [401] * 10
        assert _binds(tap, WRONG) == 1
        assert _readiness(server) == (200, "state_unavailable")
        postgres.start()
        wait_until(lambda: _readiness(server) == (200, "ok"), within=timedelta(seconds=30), what="back")
        assert [log_in(server, "bob", f"{WRONG}-{number}")[0] for number in range(3)] == [401, 401, 429]
        (count,) = postgres.sql("SELECT count(*) FROM logins WHERE state = 2", "state")
        assert count == (2,)
        events = [line["event"] for line in server.log() if line["event"].startswith("state ")]
    assert events == ["state unavailable; failed logins are counted locally", "state available again"]


@pytest.mark.slow
def test_without_the_state_the_workers_of_a_machine_count_together(start: Start, directory: Slapd) -> None:
    """Four workers, twenty addresses, and no PostgreSQL: the directory sees one budget, not four."""
    with ExitStack() as running:
        postgres = running.enter_context(Postgres())
        state = {"url": postgres.make("state"), "password": PASSWORD, "secret": SECRET}

        def change(settings: dict[str, Any]) -> None:
            settings["server"].update(workers=4, trusted_proxies=["127.0.0.1"])
            settings["state"] = state

        clients = _Clients(start(change))
        assert clients.log_in("198.51.100.200", "alice", f"{WRONG}-before") == 401
        postgres.stop()
        found = [clients.log_in(f"198.51.100.{each}", "alice", f"{WRONG}-{each}") for each in range(10)]
        assert found == [401] * 2 + [429] * 8
        postgres.start()
        time.sleep(6)  # it is left alone for five seconds
        found = [clients.log_in(f"198.51.100.{each}", "alice", f"{WRONG}-{each}") for each in range(10, 20)]
        assert found == [429] * 10
    assert _strikes(directory, "alice") == 3


@pytest.mark.slow
def test_a_crash_of_the_state_refuses_no_right_password(start: Start) -> None:
    """Two servers, eight clients, and PostgreSQL that dies twice in the middle of their logins.

    Nothing is remembered, and each login comes from another address: none has a proof, and any row that a
    crash leaves stands in somebody's way.
    """
    with ExitStack() as running:
        postgres = running.enter_context(Postgres())
        state = {"url": postgres.make("state"), "password": PASSWORD, "secret": SECRET}

        def change(settings: dict[str, Any]) -> None:
            settings["server"].update(workers=2, trusted_proxies=["127.0.0.1"])
            settings["state"] = state
            settings["realms"][REALM]["shield"] |= {"remember": 0, "known_good": 0}

        servers = [start(change), start(change)]
        seen: Counter[int] = Counter()
        addresses = itertools.count()

        def go_on(over: threading.Event) -> None:
            for server, name in itertools.cycle(itertools.product(servers, ("alice", "bob"))):
                number = next(addresses)
                headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
                seen[log_in(server, name, f"{name}-password", **headers)[0]] += 1
                if over.is_set():
                    return

        with at_work(go_on, threads=8):
            for _ in range(2):
                time.sleep(2)
                postgres.crash()
                time.sleep(1)
                postgres.start()
                time.sleep(8)
        assert seen.keys() == {200}, seen


def _readiness(server: Server) -> tuple[int, str]:
    answer = requests.get(f"{server.url}/readyz", timeout=10)
    return answer.status_code, answer.json()["checks"]["state"]
