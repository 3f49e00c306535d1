"""When a rule holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given

from app.errors import NOWHERE
from app.rules.conditions import ALWAYS, Attribute, Condition, Conditions, Context, Holds, Period, Service
from app.rules.decision import Effect, Lack
from app.rules.file.values import parse_time
from app.rules.model import Rule, Who
from app.rules.networks import IPNetwork, Network
from app.rules.persona import Persona
from tests.unit.rules.given import NOW
from tests.unit.rules.strategies import CONDITION, CONDITIONS, CONTEXTS, LATER, SUBJECTS

_HERE = Context("s", "10.0.0.1", NOW)
_ALICE = Persona("alice", attributes={"l": ("Berlin",)})


def _in(*networks: IPNetwork | str) -> Network:
    return Network(tuple(map(ip_network, networks)))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Service(frozenset(["s", "t"])), Holds.YES),
        (Service(frozenset(["t"])), Holds.NO),
        (_in("10.0.0.0/8", "2001:db8::/32"), Holds.YES),
        (_in("192.0.2.0/24"), Holds.NO),
        (Period(), Holds.YES),
        (Period(start=NOW), Holds.YES),
        (Period(start=LATER), Holds.NO),
        (Period(end=LATER), Holds.YES),
        (Attribute("l", frozenset(["berlin", "rome"])), Holds.YES),
        (Attribute("l", frozenset(["rome"])), Holds.NO),
        (Attribute("o", frozenset(["rome"])), Holds.NO),
    ],
)
def test_a_condition_holds_or_does_not(condition: Condition, holds: Holds) -> None:
    """By the service, the address, the time and the attributes of a request."""
    assert condition.check(_ALICE, _HERE) is holds


@pytest.mark.parametrize("end", ["2026-01-31T12:00:00Z", "2026-01-30"])
def test_the_end_is_no_part(end: str) -> None:
    """A rule does not hold at the very moment at which it ends."""
    assert Period(end=parse_time(end, end_of_day=True)).check(None, _HERE) is Holds.NO


@given(SUBJECTS, CONTEXTS)
def test_no_condition_always_holds(subject: Persona | None, context: Context) -> None:
    """What says nothing is no condition."""
    assert ALWAYS.check(subject, context) is Holds.YES


def test_whoever_logs_in_as_nobody_has_no_attributes() -> None:
    """A robot, and somebody without a login, have none: that is known."""
    condition = Attribute("l", frozenset(["berlin"]))
    assert condition.check(None, _HERE) is Holds.NO
    assert condition.check(Persona("robot$ci", is_robot=True), _HERE) is Holds.NO


_UNKNOWN = [
    (Service(frozenset(["s"])), Lack.SERVICE),
    (_in("10.0.0.0/8"), Lack.NETWORK),
    (Attribute("l", frozenset(["berlin"])), Lack.ATTRIBUTE),
]
_NOTHING_KNOWN = Context("", "", NOW)
_UNREAD = Persona("alice", others=None)


@pytest.mark.parametrize(("condition", "lack"), _UNKNOWN)
@pytest.mark.parametrize("address", ["", "unknown", "10.0.0", "for=10.0.0.1"])
def test_what_is_not_known_neither_holds_nor_fails(condition: Condition, lack: Lack, address: str) -> None:
    """Whichever thing it is that a condition looks at."""
    context = replace(_NOTHING_KNOWN, address=address)
    assert condition.check(_UNREAD, context) is Holds.UNKNOWN
    assert Conditions((condition, Period())).check(_UNREAD, context) is Holds.UNKNOWN
    assert Conditions((condition,)).unknown(_UNREAD, context) == (lack,)


@pytest.mark.parametrize("condition", [condition for condition, _ in _UNKNOWN])
def test_a_condition_that_fails_is_enough(condition: Condition) -> None:
    """What else is not known does not matter then."""
    assert Conditions((condition, Period(end=NOW))).check(_UNREAD, _NOTHING_KNOWN) is Holds.NO
    assert Conditions((Period(end=NOW), condition)).check(_UNREAD, _NOTHING_KNOWN) is Holds.NO


@pytest.mark.parametrize("condition", [condition for condition, _ in _UNKNOWN])
@pytest.mark.parametrize("effect", Effect)
def test_where_a_condition_is_not_known_only_a_deny_applies(condition: Condition, effect: Effect) -> None:
    """What cannot be read denies."""
    rule = Rule(0, "r", "", NOWHERE, Who(), (), False, effect, frozenset(), Conditions((condition,)))  # noqa: FBT003 - no catalog
    assert rule.applies(_UNREAD, _NOTHING_KNOWN) is (effect is Effect.DENY)
    assert rule.applies(_ALICE, _HERE)


@given(CONDITION, CONDITION, SUBJECTS, CONTEXTS)
def test_what_implies_another_holds_nowhere_else(
    one: Condition, other: Condition, subject: Persona | None, context: Context
) -> None:
    """Wherever the first holds, the second does."""
    if one.implies(other) and one.check(subject, context) is Holds.YES:
        assert other.check(subject, context) is Holds.YES


@given(CONDITION)
def test_a_condition_implies_itself(one: Condition) -> None:
    """In its normal form, and whatever it is."""
    normal = one.normal(NOW)
    assert normal is None or normal.implies(normal)


@given(CONDITIONS, SUBJECTS, CONTEXTS)
def test_the_normal_form_means_the_same(
    conditions: Conditions, subject: Persona | None, context: Context
) -> None:
    """From now on it holds when the conditions do; where there is none, they never do."""
    normal = conditions.normal(NOW)
    if normal is None:
        assert conditions.check(subject, context) is Holds.NO
    else:
        assert normal.check(subject, context) is conditions.check(subject, context)
        assert normal.normal(NOW) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([_in("10.0.0.0/9", "10.128.0.0/9")], [_in("10.0.0.0/8")]),
        ([_in("10.0.0.0/8", "2001:db8::/32")], [_in("2001:db8::/32", "10.0.0.0/8", "10.1.0.0/16")]),
        ([Period(start=NOW)], []),
        ([Period(NOW, LATER)], [Period(end=LATER)]),
        ([Service(frozenset("s")), Period(end=LATER)], [Period(end=LATER), Service(frozenset("s"))]),
        ([Attribute("l", frozenset("a"))] * 2, [Attribute("l", frozenset("a"))]),
    ],
)
def test_conditions_that_mean_the_same_have_one_normal_form(
    one: list[Condition], other: list[Condition]
) -> None:
    """However they are written."""
    forms = [Conditions(tuple(each)).normal(NOW) for each in (one, other)]
    assert forms[0] is not None
    assert forms[0] == forms[1]


@pytest.mark.parametrize("period", [Period(end=NOW), Period(LATER, LATER), Period(LATER, NOW)])
def test_what_never_holds_again_has_no_normal_form(period: Period) -> None:
    """It has ended, or ends before it begins."""
    assert Conditions((period, Service(frozenset("s")))).normal(NOW) is None


@given(CONDITIONS, CONDITIONS, SUBJECTS, CONTEXTS)
def test_conditions_that_imply_others_hold_nowhere_else(
    some: Conditions, others: Conditions, subject: Persona | None, context: Context
) -> None:
    """The same of several, which are normal."""
    narrow, wide = some.normal(NOW), others.normal(NOW)
    if narrow is None or wide is None or narrow.check(subject, context) is not Holds.YES:
        return
    if narrow.implies(wide) or wide.hold_with(narrow, context):
        assert wide.check(subject, context) is Holds.YES


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Service(frozenset(["t", "s"])), ("service s or t",)),
        (_in("10.0.0.0/8", "::1/128"), ("from 10.0.0.0/8 or ::1/128",)),
        (Period(NOW, LATER), ("not before 2026-01-31T12:00:00Z", "before 2026-03-12T12:00:00Z")),
        (Attribute("l", frozenset(["rome", "berlin"])), ("l is berlin or rome",)),
    ],
)
def test_a_condition_in_words(condition: Condition, words: tuple[str, ...]) -> None:
    """As people read it."""
    assert condition.words() == words


@pytest.mark.parametrize(
    ("condition", "context", "want"),
    [
        (Service(frozenset(["t"])), _HERE, "the service is not t"),
        (_in("192.0.2.0/24"), _HERE, "the address 10.0.0.1 is not in 192.0.2.0/24"),
        (
            _in("192.0.2.0/24"),
            _NOTHING_KNOWN,
            "the address of the client, which is not known, is not in 192.0.2.0/24",
        ),
        (Period(LATER), _HERE, "it holds from 2026-03-12T12:00:00Z on"),
        (Period(end=NOW), _HERE, "it held before 2026-01-31T12:00:00Z"),
        (Attribute("o", frozenset(["rome"])), _HERE, "the attribute o is not rome"),
    ],
)
def test_what_a_request_lacks(condition: Condition, context: Context, want: str) -> None:
    """In words, for whoever asks why."""
    assert condition.want(context) == want


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (NOW, LATER, []),
        (NOW, LATER + timedelta(1), [LATER]),
        (NOW - timedelta(1), LATER + timedelta(1), [NOW, LATER]),
    ],
)
def test_a_period_changes_at_its_ends(start: datetime, end: datetime, found: list[datetime]) -> None:
    """Those that lie between two moments."""
    assert list(Period(NOW, LATER).changes(start, end)) == found
    assert list(_in("::/0").changes(start, end)) == []


def test_a_service_that_stands_for_all_others() -> None:
    """Whatever services rules name, it is none of them."""
    names = frozenset(["(any other)", "((any other))", "s"])
    first, *others = Service.examples([Service(names)])
    assert first not in names
    assert sorted(names) == others


def test_the_values_that_all_conditions_accept() -> None:
    """One of each attribute, or nobody can be meant."""
    some = [Attribute("l", frozenset(["rome", "oslo"])), Attribute("l", frozenset(["rome"])), Period()]
    assert Attribute.examples([*some, Attribute("o", frozenset(["b", "a"]))]) == {"l": ("rome",), "o": ("a",)}
    with pytest.raises(ValueError, match="nobody has these attributes"):
        Attribute.examples([*some, Attribute("l", frozenset(["oslo"]))])


@pytest.mark.parametrize(
    ("one", "other", "implied"),
    [
        (Period(start=NOW), Period(start=NOW), True),
        (Period(start=NOW), Period(start=LATER), False),
        (Period(start=LATER), Period(start=NOW), True),
        (Period(), Period(start=NOW), False),
        (Period(end=NOW), Period(end=LATER), True),
        (Period(end=LATER), Period(end=NOW), False),
        (Period(), Period(end=NOW), False),
        (Period(start=NOW), Service(frozenset("s")), False),
    ],
)
def test_which_period_lies_in_another(one: Condition, other: Condition, implied: bool) -> None:
    """One that begins no earlier and ends no later."""
    assert one.implies(other) is implied
    assert Conditions((one,)).implies(Conditions((other,))) is implied


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (Period(start=NOW), None),
        (Period(start=LATER), Period(start=LATER)),
        (Period(end=LATER), Period(end=LATER)),
        (Period(NOW, LATER), Period(end=LATER)),
        (Period(LATER, LATER + timedelta(1)), Period(LATER, LATER + timedelta(1))),
    ],
)
def test_the_normal_form_of_a_period(written: Period, normal: Period | None) -> None:
    """Only what is still to come is left of it."""
    assert written.normal(NOW) == normal


def test_when_conditions_hold_where_others_do() -> None:
    """Each is implied by one of these, or holds by the request itself."""
    service, here = Service(frozenset("s")), _in("10.0.0.0/8")
    elsewhere = Context("t", "192.0.2.1", NOW)
    assert Conditions((service,)).hold_with(Conditions((service,)), elsewhere)
    assert Conditions((service, here)).hold_with(
        Conditions((service,)), replace(elsewhere, address="10.0.0.1")
    )
    assert not Conditions((service, here)).hold_with(Conditions((service,)), elsewhere)
