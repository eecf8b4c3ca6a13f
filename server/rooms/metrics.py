"""What rooms do, for whoever watches over the server: figures by room, and log lines.

Nothing is counted here: lanes and rooms count as plain numbers, and are read when somebody asks. So
a room that closed is gone from the figures as well.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import structlog
from msgspec import Struct, convert
from msgspec.structs import replace
from prometheus_client import ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from server.rooms.lane import Lane
from server.rooms.messages import Down, Joined, Left
from server.rooms.open_rooms import Live
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets

log = structlog.get_logger()

PREFIX: Final = "vitrine"


class RoomFigures(Struct, frozen=True):
    """One room. Sums count from when somebody came into it while it was empty."""

    room: str
    showroom: str
    capacity: int
    avatars: int
    watching: int
    waiting: int  # of them, for a seat
    seats: int  # taken, reserved, or kept for who lost their connection
    helps: int  # calls for help that nobody has answered
    rev: int
    ticks: int = 0
    tick_seconds: float = 0.0  # spent on them
    late_seconds: float = 0.0  # they came after their moments
    frames: int = 0  # of poses, once for each client
    frame_bytes: int = 0
    skipped: int = 0  # frames that clients did not get because they were behind
    dropped: int = 0  # clients that stayed behind
    node: str = ""  # the server process it is in; empty where there is only one


class ServerFigures(Struct, frozen=True):
    """The process."""

    at: float  # seconds since 1970; differences of sums go by it
    sockets: int
    pace_hz: float  # pose frames a second in each room, at most
    cpu_seconds: float
    memory_bytes: int


def room_figures(live: Live, lane: Lane | None) -> RoomFigures:
    """As they are now."""
    room, seats = live.room, live.seats
    own: dict[str, Any] = {}
    if lane is not None:
        names = ("ticks", "tick_seconds", "late_seconds", "frames", "frame_bytes")
        own = {name: getattr(lane, name) for name in (*names, "skipped", "dropped")}
    return RoomFigures(
        room=room.id,
        showroom=live.showroom,
        capacity=seats.capacity,
        avatars=len(room.company.avatars),
        watching=seats.watching,
        waiting=len(seats.line),
        seats=len(seats) - seats.watching,
        helps=len(room.together.helps),
        rev=room.rev,
        **own,
    )


def all_figures(hub: RoomHub, sockets: Sockets) -> list[RoomFigures]:
    """Of the rooms that are open, by name."""
    found = (room_figures(live, sockets.lanes.find(live.room.id)) for live in hub.rooms())
    return sorted(found, key=lambda figures: figures.room)


def house_figures(hub: RoomHub, sockets: Sockets) -> list[RoomFigures]:
    """Of the rooms of all nodes, by name; those of others as they were a second ago."""
    found = []
    for node in hub.nodes.all():
        own = node.id == hub.nodes.me.id
        rooms = all_figures(hub, sockets) if own else node.rooms
        for room in rooms:
            figures = convert(room, RoomFigures, from_attributes=True)
            found.append(replace(figures, node=node.name if hub.directory.many else ""))
    return sorted(found, key=lambda figures: figures.room)


def server_figures(hub: RoomHub, sockets: Sockets) -> ServerFigures:
    """As they are now."""
    return ServerFigures(
        at=hub.now(),
        sockets=len(sockets.gate.eio.sockets),
        pace_hz=sockets.lanes.beat.pace.hz,
        cpu_seconds=time.process_time(),
        memory_bytes=memory_bytes(),
    )


def memory_bytes() -> int:
    """Resident; 0 where the system does not tell."""
    for family in ProcessCollector(registry=None).collect():
        if family.name == "process_resident_memory_bytes":
            return int(family.samples[0].value)
    return 0


class RoomMetrics(Collector):
    """Reads the rooms when Prometheus asks."""

    def __init__(self, hub: RoomHub, sockets: Sockets) -> None:
        self.hub, self.sockets = hub, sockets

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        server = server_figures(self.hub, self.sockets)
        rooms = all_figures(self.hub, self.sockets)
        yield gauge("rooms", "Rooms that are open.", len(rooms))
        yield gauge("sockets", "Websockets that are open.", server.sockets)
        yield gauge("pace_hz", "Pose frames a second and room, at most.", server.pace_hz)
        for name, told in GAUGES.items():
            family = GaugeMetricFamily(f"{PREFIX}_room_{name}", told, labels=["room"])
            yield filled(family, ((room.room, getattr(room, name)) for room in rooms))
        for name, (member, told) in COUNTERS.items():
            counter = CounterMetricFamily(f"{PREFIX}_room_{name}", told, labels=["room"])
            yield filled(counter, ((room.room, getattr(room, member)) for room in rooms))
        for name, told in SUMMARIES.items():
            summary = SummaryMetricFamily(f"{PREFIX}_room_{name}", told, labels=["room"])
            for room in rooms:
                summary.add_metric([room.room], room.ticks, getattr(room, name))
            yield summary


GAUGES: Final = {
    "avatars": "People in the room.",
    "watching": "People who watch without an avatar.",
    "waiting": "Of them, those who wait for a seat.",
    "helps": "Calls for help that nobody has answered.",
    "rev": "The room's revision.",
}
COUNTERS: Final = {
    "frames": ("frames", "Pose frames sent, once for each client."),
    "pose_bytes": ("frame_bytes", "Bytes of pose frames sent."),
    "frames_skipped": ("skipped", "Frames that clients did not get because they were behind."),
    "dropped": ("dropped", "Clients let go because they stayed behind."),
}
SUMMARIES: Final = {
    "tick_seconds": "Time spent on a frame for everybody.",
    "late_seconds": "How long after their moments frames were made.",
}


def gauge(name: str, told: str, value: float) -> Metric:
    """One without labels."""
    return GaugeMetricFamily(f"{PREFIX}_{name}", told, value=value)


def filled(
    family: GaugeMetricFamily | CounterMetricFamily, values: Iterable[tuple[str, float]]
) -> Metric:
    """With a value for each room."""
    for room, value in values:
        family.add_metric([room], value)
    return family


def log_rooms(hub: RoomHub) -> None:
    """A line for each room that opens or closes, and for who comes and goes: avatars, no names, no
    words, no addresses."""

    def opened(live: Live) -> None:
        def heard(message: Down, _: str) -> None:
            if isinstance(message, Joined):
                log.info(
                    "room.joined",
                    room=live.room.id,
                    avatar=message.avatar.id,
                    role=message.avatar.role,
                    rev=message.rev,
                )
            elif isinstance(message, Left):
                log.info("room.left", room=live.room.id, avatar=message.avatar_id, rev=message.rev)

        live.taps.append(heard)
        log.info("room.opened", room=live.room.id, showroom=live.showroom)

    def closed(live: Live) -> None:
        log.info("room.closed", room=live.room.id, rev=live.room.rev)

    hub.open_rooms.opening.append(opened)
    hub.open_rooms.closing.append(closed)
