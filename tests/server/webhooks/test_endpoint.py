"""Which addresses may be called, for which events, under which secrets."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webhooks.endpoint import (
    MAX_SECRETS,
    BadEndpointUrl,
    BadEventFilter,
    Endpoint,
    Secret,
    check_events,
    check_url,
    is_public,
    why_not,
)

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
ENDPOINT = Endpoint("ep_1", "https://example.com/hooks", (Secret("whsec_old"),), NOW.isoformat())


def test_the_former_secret_signs_for_a_day_beside_the_new_one():
    rotated = ENDPOINT.rotate("whsec_new", NOW)
    assert rotated.signing(NOW) == ["whsec_new", "whsec_old"]
    assert rotated.signing(NOW + DAY - timedelta(seconds=1)) == ["whsec_new", "whsec_old"]
    assert rotated.signing(NOW + DAY) == ["whsec_new"]


def test_rotating_twice_does_not_cut_off_who_still_has_the_first():
    twice = ENDPOINT.rotate("whsec_lost", NOW).rotate("whsec_new", NOW + timedelta(hours=1))
    assert twice.signing(NOW + timedelta(hours=2)) == ["whsec_new", "whsec_lost", "whsec_old"]
    assert twice.signing(NOW + DAY) == ["whsec_new", "whsec_lost"]


def test_however_often_one_rotates_few_secrets_sign():
    endpoint = ENDPOINT
    for number in range(10):
        endpoint = endpoint.rotate(f"whsec_{number}", NOW)
    assert len(endpoint.signing(NOW)) == MAX_SECRETS
    assert endpoint.signing(NOW)[0] == "whsec_9"


@pytest.mark.parametrize(
    ("events", "type", "wanted"),
    [
        ((), "order.placed", True),
        (("order.placed",), "order.placed", True),
        (("order.placed",), "order.placed_again", False),
        (("order.*",), "order.placed", True),
        (("order.*",), "orders.placed", False),
        (("gift.*", "asset.ready"), "asset.ready", True),
        (("gift.*", "asset.ready"), "asset.failed", False),
    ],
)
def test_the_filter_lets_through_names_and_families(events, type, wanted):
    assert Endpoint("ep", "", (), "", events).wants(type) is wanted


@pytest.mark.parametrize("event", ["", "*", "Order.placed", "order.*.x", "order placed", "order."])
def test_a_filter_that_names_no_event_is_refused(event):
    with pytest.raises(BadEventFilter):
        check_events((event,))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a/b?c=d",
        "https://1.1.1.1/hooks",
        "https://[2606:4700:4700::1111]/hooks",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_public_https_address_is_an_endpoint(url):
    assert check_url(url, allow_http=False, allow_private=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://user:word@example.com/",
        "https://example.com/#top",
        "https://exa mple.com/",
        "https://example.com/\r\nx: y",
        "https://example.com\\@127.0.0.1/",
        "https://bücher.example/",
        "https://[::1/",
        "https://example.com/" + "x" * 2048,
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_with_its_reason(url):
    with pytest.raises(BadEndpointUrl) as refusal:
        check_url(url, allow_http=False, allow_private=False)
    assert refusal.value.facts["reason"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8081/hooks", "http://localhost/hooks"])
def test_development_may_call_itself(url):
    assert check_url(url, allow_http=True, allow_private=True) == url


@given(st.text())
def test_no_text_however_odd_breaks_the_check_of_addresses(text):
    for url in (text, f"https://{text}", f"https://[{text}]/"):
        assert why_not(url, False, False) is None or isinstance(why_not(url, False, False), str)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_hosts_of_the_internet_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::7f00:1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_no_inner_address_is_public_in_any_notation(address):
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_by_what_is_inside(inner):
    public = is_public(inner)
    assert is_public(ipaddress.IPv6Address(f"::ffff:{inner}")) is public
    assert is_public(ipaddress.IPv6Address(f"64:ff9b::{inner}")) is public
