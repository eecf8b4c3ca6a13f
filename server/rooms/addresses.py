"""How much one network address may have and ask for."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(slots=True)
class Addresses:
    """Everything: nothing is counted yet. A limit of 0 is none."""

    sockets: int = 0  # open at a time
    joins_per_minute: int = 0
    trusted_proxies: str = ""  # whose word on the client's address is taken

    def connect(self, request: web.Request) -> None:
        """A websocket is asked for; raises what refuses it."""

    def join(self, request: web.Request) -> None:
        """A seat is asked for; raises what refuses it."""
