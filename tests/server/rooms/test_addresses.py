"""What one network address may have and ask for, whoever forwards it."""

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from aiohttp.test_utils import make_mocked_request

from server.rooms.addresses import Addresses, TooManyJoins
from tests.server.rooms.house import House, eventually

PROXIES = "10.0.0.0/8, 2001:db8:ffff::/48"


def asked(peer: str, *forwarded: str):
    headers = [("X-Forwarded-For", value) for value in forwarded]
    request = make_mocked_request("GET", "/", headers=headers)
    return request.clone(remote=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "real"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["203.0.113.1"], "192.0.2.7"),  # not a proxy of ours: it may say anything
        ("10.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.1, 10.0.0.2"], "203.0.113.1"),
        ("10.0.0.1", ["1.2.3.4", "203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.1:5000"], "203.0.113.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("2001:db8:ffff::1", ["[2001:db8:1:2:3::4]:80"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:9:9:9:9", [], "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
        ("", ["203.0.113.1"], ""),
    ],
)
def test_the_nearest_hop_that_is_no_proxy_of_ours_counts(peer, forwarded, real):
    assert Addresses(trusted_proxies=PROXIES).real(asked(peer, *forwarded)) == real


def test_a_proxy_that_is_no_network_is_named_at_once():
    with pytest.raises(ValueError, match="proxy"):
        Addresses(trusted_proxies="10.0.0.0/8,proxy")


def test_joins_are_counted_by_address_and_come_back_with_time():
    now = [0.0]
    addresses = Addresses(joins_per_minute=6, time=lambda: now[0])
    for _ in range(6):
        addresses.join(asked("192.0.2.7"))
    with pytest.raises(TooManyJoins) as refused:
        addresses.join(asked("192.0.2.7"))
    assert refused.value.facts["retry_after"] == 11
    addresses.join(asked("192.0.2.8"))
    now[0] = 10.1
    addresses.join(asked("192.0.2.7"))


def test_addresses_that_asked_long_ago_are_forgotten():
    addresses = Addresses(joins_per_minute=6)
    request = asked("192.0.2.7")
    for number in range(11_000):
        remote = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        addresses.join(request.clone(remote=remote))
    assert len(addresses._joins) == 10_000


async def test_an_address_may_have_so_many_sockets_and_again_when_one_ends(house: House):
    addresses = Addresses(sockets=2)
    house.sockets.gate.allow = addresses.connect
    url = f"{house.url}/socket.io/?EIO=4&transport=websocket"
    async with ClientSession() as http, http.ws_connect(url) as first, http.ws_connect(url):
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(url)
        assert refused.value.status == 401
        await first.close()
        await eventually(lambda: sum(addresses._open.values()) == 1)
        async with http.ws_connect(url) as third:
            assert not third.closed
    await eventually(lambda: not addresses._open)
