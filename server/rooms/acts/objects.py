"""What one may do with the objects of a room."""

from typing import Final

from server.rooms.acts.act import Act, Moment, Outcome
from server.rooms.messages import Grab, Leased, Move, Release, SetVariant, Up
from server.rooms.objects import LEASE_MS
from server.rooms.role import VISITORS


def grab(moment: Moment, message: Grab) -> Outcome:
    changes = moment.room.objects.grab(moment.avatar_id, message.object, moment.now)
    return Outcome(changes, Leased(moment.room.rev, lease_ms=LEASE_MS))


def move(moment: Moment, message: Move) -> Outcome:
    place = (message.position, message.rotation)
    changes = moment.room.objects.move(moment.avatar_id, message.object, *place, moment.now)
    return Outcome(changes, Leased(moment.room.rev, lease_ms=LEASE_MS))


def release(moment: Moment, message: Release) -> Outcome:
    place = (message.position, message.rotation)
    return Outcome(
        moment.room.objects.release(moment.avatar_id, message.object, *place, moment.now)
    )


def variant(moment: Moment, message: SetVariant) -> Outcome:
    return Outcome(moment.room.objects.variant(moment.avatar_id, message.object, message.variant))


ACTS: Final[dict[type[Up], Act]] = {
    Grab: Act(grab, VISITORS, Leased),
    Move: Act(move, VISITORS, Leased),
    Release: Act(release, VISITORS),
    SetVariant: Act(variant, VISITORS),
}
