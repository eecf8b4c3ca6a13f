"""Which act of a room answers which message."""

from server.rooms.messages import Change, Done, Grab, Leased, Move, Release, Say, SetVariant, Up
from server.rooms.objects import LEASE_MS
from server.rooms.room import Room


def act(room: Room, avatar_id: str, message: Up, now: float) -> tuple[list[Change], Done]:
    """What everybody hears, and the sender's acknowledgement. Raises the room's errors."""
    match message:
        case Grab():
            changes = room.objects.grab(avatar_id, message.object, now)
            return changes, Leased(room.rev, lease_ms=LEASE_MS)
        case Move():
            changes = room.objects.move(
                avatar_id, message.object, message.position, message.rotation, now
            )
            return changes, Leased(room.rev, lease_ms=LEASE_MS)
        case Release():
            place = (message.position, message.rotation)
            changes = room.objects.release(avatar_id, message.object, *place, now)
        case SetVariant():
            changes = room.objects.variant(avatar_id, message.object, message.variant)
        case Say():
            changes = room.together.say(avatar_id, message.text)
    return changes, Done(room.rev)
