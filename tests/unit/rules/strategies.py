"""Conditions, and requests for which they hold or not: for what must be true of all of them."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

from hypothesis import strategies as st

from app.rules.conditions import Attribute, Condition, Conditions, Context, Period, Service
from app.rules.file.hours import hours
from app.rules.networks import Network
from app.rules.persona import Persona
from tests.unit.rules.given import NOW

LATER = NOW + timedelta(days=40)
_NETWORKS = ["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32", "0.0.0.0/0", "::/0"]
_DAYS = st.sampled_from(["", "Mon ", "Mon-Fri ", "Sat-Mon ", "Sun ", "Tue, Sun "])
_TIMES = ["00:00", "01:30", "02:00", "02:15", "02:45", "03:00", "12:00", "23:59"]
_PAIRS = st.lists(st.sampled_from(_TIMES), min_size=2, max_size=2, unique=True).map("-".join)
_SPANS = st.lists(st.builds("{}{}".format, _DAYS, _PAIRS), min_size=1, max_size=3).map(", ".join)
_ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Australia/Lord_Howe"]
)
HOURS = st.builds("{} {}".format, _SPANS, _ZONES).map(hours)
CONDITION: st.SearchStrategy[Condition] = st.one_of(
    HOURS,
    st.builds(Service, st.sampled_from([frozenset(["s"]), frozenset(["s", "t"])])),
    st.builds(
        Network, st.lists(st.sampled_from(_NETWORKS).map(ip_network), min_size=1, max_size=2).map(tuple)
    ),
    st.builds(Period, st.sampled_from([None, LATER]), st.sampled_from([None, NOW, LATER])),
    st.builds(
        Attribute, st.just("l"), st.sampled_from([frozenset(["berlin"]), frozenset(["berlin", "rome"])])
    ),
)
CONDITIONS = st.lists(CONDITION, max_size=4).map(lambda each: Conditions(tuple(each)))
CONTEXTS = st.builds(
    Context,
    st.sampled_from(["s", "t", "u"]),
    st.sampled_from(["10.0.0.1", "10.200.0.1", "192.0.2.1", "2001:db8::1", ""]),
    st.sampled_from([NOW, LATER, LATER + timedelta(days=1)])
    | st.integers(0, 400 * 24).map(lambda number: NOW + timedelta(hours=number)),
)
ATTRIBUTES: st.SearchStrategy[dict[str, tuple[str, ...]]] = st.sampled_from(
    [{}, {"l": ("Berlin",)}, {"l": ("Rome", "Oslo")}]
)
SUBJECTS = st.none() | st.builds(Persona, st.just("alice"), attributes=ATTRIBUTES)
