"""How often poses come, and what time it is at the server."""

from typing import Annotated

from msgspec import Meta, Struct

from server.rooms.messages.base import Done, Down, Up


class PaceState(Struct, frozen=True):
    """How often a newcomer is told of poses, and may tell of its own; both change with `pace`."""

    hz: float = 30.0  # frames a second, at most
    send_hz: float = 20.0  # poses a second; more would be for nothing


class AskTime(Up, frozen=True, tag="clock"):
    """`t` is the sender's own and comes back as it was, so that the way there and back is known."""

    t: Annotated[float, Meta(ge=-1e16, le=1e16)]


class Timed(Done, frozen=True, kw_only=True):
    t: float
    server_time: float  # milliseconds since 1970


class WishPace(Up, frozen=True, tag="pace"):
    """No more than so many frames a second, please: a hidden page, a slow device, a thin line."""

    hz: Annotated[float, Meta(ge=1, le=60)]


class Granted(Done, frozen=True, kw_only=True):
    hz: float


class PaceSet(Down, frozen=True, tag="pace"):
    """The server has to go slower, or can go faster again. Perishable."""

    hz: float
    send_hz: float


UP: tuple[type[Up], ...] = (AskTime, WishPace)
DOWN: tuple[type[Down], ...] = (PaceSet,)
