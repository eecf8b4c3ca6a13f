"""Makes the call: one signed POST, to an address that may be called, within its limits."""

import ipaddress
import socket
import time
from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import AddrInfoType

from server.webhooks.delivery import Answer
from server.webhooks.endpoint import is_public

MAX_ANSWER: Final = 64 * 1024  # bytes read of an answer's body; the rest is cut off
MAX_QUOTED: Final = 200  # characters of a refusal that enter the log
SOCKET_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)


class PrivateAddress(PermissionError):
    """An OSError, so that the connector goes on to a name's next address."""


class HttpSender:
    """A `Sender` on aiohttp; made inside the running loop, closed with `close()`.

    The check of the address sits where the socket is made. A check of the URL or a resolver of
    one's own is bypassed by IP literals, and by names that answer differently the second time.
    Connections are not kept: one that the receiver closed meanwhile would cost an attempt.
    """

    def __init__(
        self,
        *,
        timeout_seconds: float = 15.0,
        allow_http: bool = False,
        allow_private: bool = False,
    ) -> None:
        self.schemes = {"https", "http"} if allow_http else {"https"}
        connector = aiohttp.TCPConnector(
            limit=0,  # the relay bounds the calls per endpoint
            force_close=True,
            use_dns_cache=False,
            socket_factory=open_socket if allow_private else open_public_socket,
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small body may unpack to a large one
            trust_env=False,  # a proxy would dial for us, unchecked
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.session.close()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST; every way of failing is an Answer with its `error`."""
        started = time.monotonic()

        def answer(
            status: int | None, error: str | None = None, retry_after: str | None = None
        ) -> Answer:
            return Answer(status, round((time.monotonic() - started) * 1000), error, retry_after)

        try:
            if urlsplit(url).scheme not in self.schemes:
                return answer(None, "Only https:// is called from here.")
            async with self.session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                text = await excerpt(response)
                error = None if 200 <= response.status < 300 else text
                return answer(response.status, error, response.headers.get("Retry-After"))
        except TimeoutError:
            return answer(None, f"No answer within {self.session.timeout.total:g} s.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return answer(None, describe(error))


async def excerpt(response: aiohttp.ClientResponse) -> str | None:
    """The first line or so of a body, for the log; the status has decided by then.

    Reading a little is courtesy: some servers cancel their work when the caller hangs up early.
    """
    read = bytearray()
    try:
        while len(read) < MAX_ANSWER:
            chunk = await response.content.read(MAX_ANSWER - len(read))
            if not chunk:
                break
            read += chunk
    except (aiohttp.ClientError, OSError):
        return printable(read)  # cut short: the answer counts all the same
    return printable(read)


def printable(raw: bytes | bytearray) -> str | None:
    text = bytes(raw[: 4 * MAX_QUOTED]).decode(errors="replace")
    quoted = "".join(letter if letter.isprintable() else " " for letter in text)[:MAX_QUOTED]
    return " ".join(quoted.split()) or None


def describe(error: Exception) -> str:
    """One sentence for the log; aiohttp wraps the reason in an error of its own."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    return printable(f"{type(cause).__name__}: {cause}".encode()) or type(cause).__name__


def open_socket(info: AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = info
    return socket.socket(family, kind, protocol)


def open_public_socket(info: AddrInfoType) -> socket.socket:
    """The socket for this very address. Raises PrivateAddress for all that is not public."""
    family, _, _, _, target = info
    host = str(target[0])
    if family not in SOCKET_FAMILIES or not is_public(ipaddress.ip_address(host)):
        raise PrivateAddress(f"{host} is not a public address")
    return open_socket(info)
