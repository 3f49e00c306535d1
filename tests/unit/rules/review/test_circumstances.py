"""The requests that conditions tell apart."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from app.rules.model import Conditions, Network, in_networks
from app.rules.review import circumstances
from app.rules.review.circumstances import Circumstances
from tests.support.work import lines_run
from tests.unit.rules.given import NOW

_SIX = [ip_network(text) for text in ("2001:db8::/32", "2001:db8::/33", "2001:db8:8000::/33")]
_NETWORKS = st.sampled_from(_SIX) | st.builds(
    lambda place, length: ip_network((place << (32 - length), length)), st.integers(0, 7), st.integers(4, 7)
)


@given(st.lists(_NETWORKS, max_size=12))
def test_every_class_of_addresses_has_one_example(networks: list[Network]) -> None:
    """Two addresses that lie in the same networks are one class; none is left out, none stands twice."""
    apart = Circumstances.of([Conditions(networks=(one,)) for one in networks], NOW)
    found = [frozenset(n for n in networks if in_networks(one, [n])) for one in apart.addresses if one]
    assert len(found) == len(set(found))
    edges = {edge for n in networks for edge in (n.network_address, n.broadcast_address + 1)}
    classes = {frozenset(n for n in networks if in_networks(str(edge), [n])) for edge in edges}
    assert classes - {frozenset()} == set(found)


def test_a_million_classes_are_not_listed_for_one() -> None:
    """Whoever asks for the requests of one service and one network gets them without a look at all others."""
    many = [
        Conditions(
            services=frozenset([f"s{number}"]),
            networks=(ip_network((number << 16, 16)),),
            end=NOW + timedelta(days=number + 1),
        )
        for number in range(200)
    ]
    apart = Circumstances.of(many, NOW)
    found = list(apart.contexts([many[7]]))
    assert len(found) == 8
    assert all(circumstances.holds(many[7], one, ()) for one in found)
    assert lines_run(lambda: list(apart.contexts([many[7]]))) < 20_000
