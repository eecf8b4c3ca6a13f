"""How much one network address may have and ask for."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from time import monotonic
from typing import Final

from aiohttp import web

from server.errors import TooMany
from server.rooms.limits import Bucket

MAX_REMEMBERED: Final = 10_000  # addresses whose joins are counted at the same time
IPV6_PREFIX: Final = 64  # one customer's; single addresses in it cost nothing
RETRY_SECONDS: Final = 10


class TooManySockets(TooMany):
    type = "too-many-sockets"
    title = "Too many connections from your network"
    detail = "{limit} at a time. Close a window, or try again in {retry_after} s."


class TooManyJoins(TooMany):
    type = "too-many-joins"
    title = "Too many people join from your network at once"
    detail = "{limit} a minute. Try again in {retry_after} s."


@dataclass(slots=True)
class Addresses:
    """Counted in memory, by address; nothing is stored or logged. A limit of 0 is none.

    Raises ValueError when `trusted_proxies` (networks, comma-separated) has something else in it.
    """

    sockets: int = 0  # open at a time
    joins_per_minute: int = 0
    trusted_proxies: str = ""  # whose word on the client's address is taken
    time: Callable[[], float] = monotonic  # seconds
    _open: Counter[str] = field(default_factory=Counter)
    _joins: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)
    _trusted: list[IPv4Network | IPv6Network] = field(init=False)

    def __post_init__(self) -> None:
        self._trusted = networks(self.trusted_proxies)

    def real(self, request: web.Request) -> str:
        """Whom a request comes from: the nearest hop that is not a proxy of ours.

        An IPv6 address stands for its /64.
        """
        nearest = parsed(request.remote or "")
        if nearest is None:
            return ""
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while self._is_ours(nearest) and hops:
            hop = parsed(hops.pop())
            if hop is None:  # invented, or nothing: what told us so is as far as we know
                break
            nearest = hop
        return grouped(nearest)

    def connect(self, request: web.Request) -> None:
        """A websocket is asked for, and counts until its connection ends. Raises TooManySockets."""
        if not self.sockets:
            return
        address = self.real(request)
        if self._open[address] >= self.sockets:
            raise TooManySockets(limit=self.sockets, retry_after=RETRY_SECONDS)
        self._open[address] += 1

        def ended(_: "asyncio.Task[None]") -> None:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

        request.task.add_done_callback(ended)

    def join(self, request: web.Request) -> None:
        """A seat is asked for. Raises TooManyJoins."""
        if not self.joins_per_minute:
            return
        address = self.real(request)
        bucket = self._joins.pop(address, None)
        if bucket is None:
            bucket = Bucket(self.joins_per_minute / 60, self.joins_per_minute)
        self._joins[address] = bucket
        if len(self._joins) > MAX_REMEMBERED:
            self._joins.popitem(last=False)
        if not bucket.take(self.time()):
            wait = int(bucket.wait_seconds) + 1
            raise TooManyJoins(limit=self.joins_per_minute, retry_after=wait)

    def _is_ours(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with or without a port; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def grouped(address: IPv4Address | IPv6Address) -> str:
    """Under what an address is counted."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address)


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Those in a list with commas. Raises ValueError for what is none."""
    names = [name.strip() for name in text.split(",")]
    return [ip_network(name, strict=False) for name in names if name]
