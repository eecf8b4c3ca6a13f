"""Which act of a room answers which message."""

from server.rooms.messages import Change, Done, Grab, Leased, Move, Release, Say, SetVariant, Up
from server.rooms.room import LEASE_SECONDS, Room

LEASE_MS = int(LEASE_SECONDS * 1000)


def act(room: Room, avatar_id: str, message: Up, now: float) -> tuple[list[Change], Done]:
    """What everybody hears, and the sender's acknowledgement. Raises the room's errors."""
    match message:
        case Grab():
            changes = room.grab(avatar_id, message.object, now)
            return changes, Leased(room.rev, lease_ms=LEASE_MS)
        case Move():
            changes = room.move(avatar_id, message.object, message.position, message.rotation, now)
            return changes, Leased(room.rev, lease_ms=LEASE_MS)
        case Release():
            place = (message.position, message.rotation)
            changes = room.release(avatar_id, message.object, *place, now)
        case SetVariant():
            changes = room.variant(avatar_id, message.object, message.variant)
        case Say():
            changes = room.say(avatar_id, message.text)
    return changes, Done(room.rev)
