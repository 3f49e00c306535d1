"""The client's address behind proxies."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from app.serving.settings import ServerSettings
from app.web.address import Proxies, Unreadable, parse
from app.web.application import proxies
from tests.support.parts import Collector

PROXY = "10.0.0.1"
NETWORKS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
ONE = Proxies(NETWORKS)
TWO = Proxies(NETWORKS, hops=2)
UNREADABLE = "unreadable"
RFC_7239 = Proxies(NETWORKS, header="Forwarded")


def _address(trusted: Proxies, peer: str, *values: str, header: str = "X-Forwarded-For") -> str:
    found = trusted.client_address(parse(peer), Headers([(header, value) for value in values]))
    if isinstance(found, Unreadable):
        assert found.proxy is None or trusted.trust(found.proxy)
        return UNREADABLE
    return "" if found is None else str(found)


def test_a_header_of_an_untrusted_peer_is_ignored() -> None:
    """Anybody can send one."""
    assert _address(ONE, "192.0.2.1", "198.51.100.7") == "192.0.2.1"


def test_a_trusted_proxy_is_believed() -> None:
    """It says whom it talks to."""
    assert _address(ONE, PROXY, "198.51.100.7") == "198.51.100.7"


def test_what_the_client_said_before_is_ignored() -> None:
    """A proxy appends: what stands before its own entry came from the client."""
    assert _address(ONE, PROXY, "203.0.113.9, 198.51.100.7") == "198.51.100.7"
    assert _address(ONE, PROXY, "10.0.0.2, 198.51.100.7") == "198.51.100.7"


def test_a_client_may_pretend_to_be_a_proxy_in_vain() -> None:
    """With one hop, nothing is read beyond the entry of the one proxy."""
    assert _address(ONE, PROXY, "203.0.113.9, 10.0.0.2") == "10.0.0.2"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (
            "203.0.113.9, 198.51.100.7",
            "198.51.100.7",
        ),  # the second proxy was left out: it is no proxy that spoke
        ("203.0.113.9, 10.0.0.3, 10.0.0.2", "10.0.0.3"),  # more proxies than hops: no further than they go
        ("10.0.0.2", "10.0.0.2"),
    ],
)
def test_several_hops_are_followed_as_far_as_proxies_are_trusted(value: str, address: str) -> None:
    """From the end, one entry for each hop, and never past an address that is no proxy's."""
    assert _address(TWO, PROXY, value) == address


def test_a_header_that_stands_twice_is_one_list() -> None:
    """In the order in which they stand (RFC 9110 §5.3)."""
    assert _address(TWO, PROXY, "203.0.113.9, 198.51.100.7", "10.0.0.2") == "198.51.100.7"


def test_a_proxy_that_says_nothing_is_the_client() -> None:
    """A probe of the proxy itself has no header."""
    assert _address(ONE, PROXY) == PROXY


def test_only_the_configured_header_is_read() -> None:
    """Proxies pass the other one on as the client sent it."""
    both = Headers([("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=203.0.113.9")])
    assert ONE.client_address(ip_address(PROXY), both) == ip_address("198.51.100.7")
    assert RFC_7239.client_address(ip_address(PROXY), both) == ip_address("203.0.113.9")
    assert _address(RFC_7239, PROXY, "198.51.100.7") == PROXY
    assert _address(ONE, PROXY, "for=203.0.113.9", header="Forwarded") == PROXY


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"),
        ("198.51.100.7:61234", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:61234", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:1", "198.51.100.7"),
    ],
)
def test_addresses_are_read_in_every_spelling(value: str, address: str) -> None:
    """With a port, in brackets, IPv4 within IPv6: always the usual spelling."""
    assert _address(ONE, PROXY, value) == address


@pytest.mark.parametrize(
    "value",
    [
        "unknown",
        "_hidden",
        "unix:",
        "198.51.100",
        "198.51.100.07",
        "198.51.100.7.8",
        "198.51.100.7/32",
        "198.51.100.7:port",
        "[198.51.100.7",
        "2001:db8::7]:1",
        "localhost",
        "<script>",
        "ä",
        '"',
    ],
)
def test_what_is_no_address_is_unreadable(value: str) -> None:
    """Neither the proxy nor whatever stands before it in the list is taken for the client."""
    assert _address(ONE, PROXY, value) == UNREADABLE
    assert _address(ONE, PROXY, f"203.0.113.9, {value}") == UNREADABLE


@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_a_header_without_an_element_is_none(value: str) -> None:
    """Empty elements of a list are passed over (RFC 9110 §5.6.1); what is left is the proxy itself."""
    for trusted in (ONE, RFC_7239):
        assert _address(trusted, PROXY, value, header=trusted.header) == PROXY


def test_quotes_mean_nothing_in_x_forwarded_for() -> None:
    """A list is cut at every comma, whatever the client sent before the proxy's own entry."""
    for sent in ('"', '"203.0.113.9', "a\\"):
        assert _address(ONE, PROXY, f"{sent}, 198.51.100.7") == "198.51.100.7"


def test_the_proxy_that_wrote_no_address_is_named() -> None:
    """The nearest one, or of two the farther one, whose entry it is."""
    headers = Headers([("X-Forwarded-For", "unknown, 10.0.0.2")])
    assert TWO.client_address(ip_address(PROXY), headers) == Unreadable(ip_address("10.0.0.2"))
    assert ONE.client_address(ip_address(PROXY), Headers([("X-Forwarded-For", "x")])) == Unreadable(
        ip_address(PROXY)
    )
    assert Proxies(unix=True).client_address(None, Headers([("X-Forwarded-For", "x")])) == Unreadable(None)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
        ("proto=https; for = 198.51.100.7", "198.51.100.7"),
        ('for="198.51.100.7:61234"', "198.51.100.7"),
        ('for="[2001:db8::7]"', "2001:db8::7"),
        ('for="[2001:db8::7]:61234"', "2001:db8::7"),
        ("for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
        ('for="203.0.113.9, for=1.2.3.4";host=x, for=198.51.100.7', "198.51.100.7"),
        ('for=198.51.100.7;host="a, for=203.0.113.9"', "198.51.100.7"),
        ("for=unknown", UNREADABLE),
        ("for=_gazonk", UNREADABLE),
        ('for="_gazonk:1"', UNREADABLE),
        ("proto=https", UNREADABLE),
        ("for=", UNREADABLE),
        ("for=198.51.100.7, proto=https", UNREADABLE),
        ("xfor=198.51.100.7", UNREADABLE),
    ],
)
def test_forwarded_is_read_as_rfc_7239_has_it(value: str, address: str) -> None:
    """Parameters in any order and case, values quoted or not, obfuscated ones that name nobody."""
    assert _address(RFC_7239, PROXY, value, header="Forwarded") == address


@pytest.mark.parametrize("said", ["for=198.51.100.7", 'for="[2001:db8::7]"', 'for="198.51.100.7:61234"'])
@pytest.mark.parametrize(
    "sent",
    ['for="', 'for="1.2.3.4', '"', 'host="\\', 'for=1.2.3.4;host="x', 'for=1.2.3.4;a="', 'for=1.2.3.4;a="\\'],
)
def test_a_quote_that_the_client_leaves_open_does_not_hide_what_the_proxy_said(sent: str, said: str) -> None:
    """The proxy appends to whatever the client sent: the whole is then unreadable, and names nobody."""
    assert _address(RFC_7239, PROXY, f"{sent}, {said}", header="Forwarded") == UNREADABLE
    assert _address(RFC_7239, PROXY, sent, said, header="Forwarded") == UNREADABLE


def test_a_peer_in_ipv6_may_be_a_proxy() -> None:
    """Networks of both kinds stand beside each other."""
    assert _address(ONE, "fd00::1", "2001:db8::7") == "2001:db8::7"
    assert _address(ONE, "::ffff:10.0.0.1", "2001:db8::7") == "2001:db8::7"


def test_the_peer_of_a_unix_socket_has_no_address() -> None:
    """It is believed only where `unix` stands among the proxies."""
    assert _address(Proxies(), "", "198.51.100.7") == ""
    assert _address(Proxies(NETWORKS), "", "198.51.100.7") == ""
    assert _address(Proxies(unix=True), "", "198.51.100.7") == "198.51.100.7"
    assert _address(Proxies(unix=True), "") == ""


@given(
    peer=st.ip_addresses(),
    values=st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60)),
    header=st.sampled_from(["X-Forwarded-For", "Forwarded"]),
    hops=st.integers(1, 4),
)
def test_with_no_trusted_proxies_the_peer_is_always_the_client(
    peer: object, values: list[str], header: str, hops: int
) -> None:
    """Whatever the headers say."""
    trusted = Proxies(hops=hops, header=header)
    assert _address(trusted, str(peer), *values, header=header) == str(parse(str(peer)) or "")


@given(
    values=st.lists(st.text(st.sampled_from('198.:,;="\\[] forFunkw_x-'), max_size=40), max_size=3),
    header=st.sampled_from(["X-Forwarded-For", "Forwarded"]),
    hops=st.integers(1, 4),
)
def test_the_answer_is_an_address_or_nothing(values: list[str], header: str, hops: int) -> None:
    """Rules and the audit stream never see anything else."""
    found = _address(Proxies(NETWORKS, hops=hops, header=header), PROXY, *values, header=header)
    assert found == UNREADABLE or str(ip_address(found)) == found


def test_the_settings_say_who_is_trusted() -> None:
    """Networks, single addresses and `unix`."""
    settings = ServerSettings(
        trusted_proxies=("10.0.0.0/8", "::1", "unix"), proxy_hops=2, proxy_header="Forwarded"
    )
    expected = Proxies((ip_network("10.0.0.0/8"), ip_network("::1")), unix=True, hops=2, header="Forwarded")
    assert proxies(settings) == expected


def test_nobody_is_trusted_by_default(client: FlaskClient, told: Collector) -> None:
    """A header that nobody vouches for is in no record."""
    client.get("/token", headers={"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7"})
    assert told.last.client.address_text == "127.0.0.1"


def test_a_request_id_of_anybody_is_not_taken(client: FlaskClient) -> None:
    """It would be the token's id."""
    response = client.get("/token", headers={"X-Request-Id": "chosen-by-the-client"})
    assert response.headers["X-Request-Id"] != "chosen-by-the-client"
