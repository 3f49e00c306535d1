"""The networks that a request comes from."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.conditions import Holds
from app.rules.networks import IPNetwork, Network


def _in(*networks: IPNetwork | str) -> Network:
    return Network(tuple(map(ip_network, networks)))


@given(st.text(max_size=50) | st.ip_addresses().map(str))
def test_any_address_is_in_a_network_or_not_known(address: str) -> None:
    """No text that stands for an address makes anything else happen."""
    everywhere = _in("0.0.0.0/0", "::/0").contain(address)
    assert everywhere in (Holds.YES, Holds.UNKNOWN)
    assert Network(()).contain(address) is (Holds.NO if everywhere is Holds.YES else Holds.UNKNOWN)


@given(st.ip_addresses(v=4))
def test_mapped_addresses(address: object) -> None:
    """An IPv4 address that a dual-stack socket wrote as IPv6 is that IPv4 address, and no IPv6 one."""
    assert _in(str(address)).contain(f"::ffff:{address}") is Holds.YES
    assert _in("::/0").contain(f"::ffff:{address}") is Holds.NO


_SIX = [ip_network(text) for text in ("2001:db8::/32", "2001:db8::/33", "2001:db8:8000::/33", "::/0")]
_NETWORKS = st.sampled_from([*_SIX, ip_network("0.0.0.0/0")]) | st.builds(
    lambda place, length: ip_network((place << (32 - length), length)), st.integers(0, 7), st.integers(4, 7)
)


@given(st.lists(_NETWORKS, max_size=12))
def test_every_class_of_addresses_has_one_example(networks: list[IPNetwork]) -> None:
    """Two addresses that lie in the same networks are one class; none is left out, none stands twice."""

    def around(address: object) -> frozenset[IPNetwork]:
        return frozenset(one for one in networks if Network((one,)).contain(str(address)) is Holds.YES)

    elsewhere, *found = Network.examples([Network((one,)) for one in networks])
    classes = [around(address) for address in found]
    assert len(classes) == len(set(classes))
    edges = {edge for n in networks for edge in (n.network_address, n.broadcast_address)}
    edges |= {edge + 1 for edge in edges if int(edge) + 1 < 1 << edge.max_prefixlen}
    assert {around(edge) for edge in edges} - {frozenset()} == set(classes)
    covered = {ip_network("0.0.0.0/0"), ip_network("::/0")} <= set(Network(tuple(networks)).collapsed)
    assert (elsewhere == "") is covered
    assert around(elsewhere) == frozenset()


@pytest.mark.parametrize(
    ("networks", "examples"),
    [
        (["10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/32"], {"10.0.0.0", "10.0.0.2", "10.0.0.3"}),
        (["10.0.0.0/31", "10.0.0.0/32"], {"10.0.0.0", "10.0.0.1"}),
        (["10.0.0.0/31", "10.0.0.0/32", "10.0.0.1/32"], {"10.0.0.0", "10.0.0.1"}),
        (["10.0.0.0/30", "10.0.0.1/32"], {"10.0.0.0", "10.0.0.1"}),
    ],
)
def test_the_example_of_a_network_lies_in_none_within_it(networks: list[str], examples: set[str]) -> None:
    """Also where one address alone is left, or none."""
    _, *found = Network.examples([_in(*networks)])
    assert set(found) == examples
    assert len(found) == len(examples)
