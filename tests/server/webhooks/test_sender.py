"""The call itself: whom it refuses to dial, and what an answer may cost."""

import socket

import pytest
from aiohttp import web

from server.webhooks.sender import MAX_ANSWER, HttpSender, PrivateAddress, open_public_socket
from tests.server.webhooks.receiver import Receiver, answering

HEADERS = {"content-type": "application/json", "webhook-id": "evt_1"}


async def post(url: str, **options: bool):
    async with HttpSender(timeout_seconds=5, **options) as sender:
        return await sender.send(url, HEADERS, b"{}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104 - dialled, not bound
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
    ],
)
async def test_no_way_of_writing_it_leads_to_this_machine(host):
    async with Receiver() as receiver:
        answer = await post(f"http://{host}:{receiver.port}/", allow_http=True)
        assert answer.status is None
        assert answer.error
        assert not receiver.calls


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_refusal_is_the_dialled_address_and_the_log_says_so(host):
    async with Receiver() as receiver:
        answer = await post(f"http://{host}:{receiver.port}/", allow_http=True)
        assert "not a public address" in str(answer.error)
        allowed = await post(f"http://{host}:{receiver.port}/", allow_http=True, allow_private=True)
        assert allowed.accepted  # so it was the address and nothing else


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "224.0.0.1"])
async def test_inner_networks_are_not_dialled(host):
    answer = await post(f"http://{host}/", allow_http=True)
    assert "not a public address" in str(answer.error)


def test_only_internet_sockets_are_made():
    with pytest.raises(PrivateAddress):
        open_public_socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 80)))
    made = open_public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 80)))
    made.close()


async def test_plain_http_is_not_called_outside_development():
    async with Receiver() as receiver:
        answer = await post(receiver.url, allow_private=True)
        assert "https" in str(answer.error)
        assert not receiver.calls


async def test_a_server_that_does_not_speak_tls_is_an_error_for_the_log():
    async with Receiver() as receiver:
        url = receiver.url.replace("http://", "https://")
        answer = await post(url, allow_private=True)
        assert answer.status is None
        assert answer.error


async def test_a_proxy_in_the_environment_is_not_asked(monkeypatch):
    async with Receiver() as receiver, Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert (await post(receiver.url, allow_http=True, allow_private=True)).accepted
        assert not proxy.calls


@pytest.mark.parametrize("status", [200, 500])
async def test_a_huge_answer_is_not_read_to_its_end(status):
    written = 0

    async def flood(request):
        nonlocal written
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        while written < 100_000_000:
            await response.write(b"x" * 100_000)
            written += 100_000
        return response

    async with Receiver(always=flood) as receiver:
        answer = await post(receiver.url, allow_http=True, allow_private=True)
    assert answer.status == status
    assert len(answer.error or "") <= 200
    assert MAX_ANSWER <= written < 50_000_000  # what the sockets' buffers took, and no more


async def test_a_packed_answer_is_not_unpacked():
    async with Receiver(always=answering(500, "not gzip", Content_Encoding="gzip")) as receiver:
        answer = await post(receiver.url, allow_http=True, allow_private=True)
    assert answer.error == "not gzip"


async def test_endless_headers_are_an_error_for_the_log():
    async with Receiver(always=answering(200, X_Long="x" * 100_000)) as receiver:
        answer = await post(receiver.url, allow_http=True, allow_private=True)
    assert answer.status is None
    assert answer.error
    assert len(answer.error) <= 200


async def test_an_answer_that_is_not_http_is_an_error_for_the_log():
    async def babble(request):
        request.transport.write(b"\x00\xff nonsense\r\n\r\n")
        request.transport.close()
        return web.Response()

    async with Receiver(always=babble) as receiver:
        answer = await post(receiver.url, allow_http=True, allow_private=True)
    assert answer.status is None
    assert answer.error


async def test_what_a_receiver_says_is_quoted_in_one_printable_line():
    text = "bad\r\nsignature\x00 \x1b[31m" + "!" * 500
    async with Receiver(always=answering(400, text)) as receiver:
        answer = await post(receiver.url, allow_http=True, allow_private=True)
    assert answer.error is not None
    assert answer.error.startswith("bad signature [31m!!!")
    assert answer.error.isprintable()
    assert len(answer.error) <= 200


async def test_a_name_that_leads_nowhere_is_an_error_for_the_log():
    answer = await post("https://nothing.invalid/")
    assert answer.status is None
    assert answer.error


async def test_no_cookie_comes_back():
    async with Receiver(always=answering(200, Set_Cookie="a=b")) as receiver:
        async with HttpSender(allow_http=True, allow_private=True) as sender:
            for _ in range(2):
                await sender.send(receiver.url.replace("127.0.0.1", "localhost"), HEADERS, b"{}")
        assert all("cookie" not in headers for headers, _ in receiver.calls)
        assert len(receiver.calls) == 2
