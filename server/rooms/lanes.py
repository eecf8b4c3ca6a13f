"""The lanes of the rooms that somebody is in."""

from collections.abc import Iterator

from server.rooms.beat import Beat
from server.rooms.lane import Lane
from server.rooms.listener import Listener
from server.rooms.open_rooms import Live
from server.rooms.service import RoomHub


class Lanes:
    """By room, and the beat that all keep."""

    def __init__(self, hub: RoomHub, fast: bool) -> None:
        self.beat = Beat(hub.tick_hz, self._tell_pace)
        self._hub = hub
        self._fast = fast
        self._lanes: dict[str, Lane] = {}

    def __iter__(self) -> Iterator[tuple[str, Lane]]:
        return iter(self._lanes.items())

    def find(self, room_id: str) -> Lane | None:
        """The room's, while somebody is in it."""
        return self._lanes.get(room_id)

    def of(self, live: Live) -> Lane:
        """The room's, made when the first one comes."""
        if live.room.id not in self._lanes:
            self._lanes[live.room.id] = Lane(live, self._hub, self._fast, self.beat)
        return self._lanes[live.room.id]

    def remove(self, live: Live, listener: Listener) -> None:
        """The listener goes, and with the last one the lane."""
        lane = self._lanes.get(live.room.id)
        if lane is None:
            return
        lane.remove(listener)
        if not lane.listeners:
            lane.close()
            del self._lanes[live.room.id]

    def close(self) -> None:
        """No more ticks anywhere."""
        self.beat.close()
        for lane in self._lanes.values():
            lane.close()

    def _tell_pace(self) -> None:
        for lane in self._lanes.values():
            lane.tell_pace()
