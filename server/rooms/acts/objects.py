"""What one may do with the objects of a room, and show of them."""

from typing import Final

from server.rooms.acts.act import Act, Moment, Outcome, Whisper
from server.rooms.grips import LEASE_MS, AlreadyHeld
from server.rooms.messages import Change, Grab, Leased, Move, Release, SetVariant, Up
from server.rooms.messages.objects import (
    Bring,
    Carried,
    Pin,
    Placed,
    Point,
    ShowHotspot,
    Spin,
    Spotlight,
)
from server.rooms.objects import MOVE_SECONDS
from server.rooms.placement import Wish
from server.rooms.role import GUIDES, VISITORS
from server.rooms.showing import POINT_SECONDS


def grab(moment: Moment, message: Grab) -> Outcome:
    """Whoever holds it hears that somebody else would have liked to, unless kept from them."""
    objects, safety = moment.room.objects, moment.room.safety
    try:
        changes = objects.grab(moment.avatar_id, message.object, moment.now, message.hand)
    except AlreadyHeld as refused:
        holder = refused.facts["by"]
        kept = safety.keeps_away(holder, moment.avatar_id)
        wanted = None if kept else objects.wanted(moment.avatar_id, message.object)
        return Outcome(whispers=[Whisper(holder, wanted)] if wanted else (), refused=refused)
    hands = tuple(sorted(objects.grips[message.object].hands))
    return Outcome(changes, Leased(moment.room.rev, lease_ms=LEASE_MS, hands=hands))


def move(moment: Moment, message: Move) -> Outcome:
    wish = Wish(message.position, message.rotation, message.scale)
    changes = moment.room.objects.move(moment.avatar_id, message.object, wish, moment.now)
    place = moment.room.objects.things[message.object].place
    done = Carried(
        moment.room.rev,
        position=place.position,
        rotation=place.rotation,
        scale=place.scale,
        lease_ms=LEASE_MS,
    )
    return Outcome(changes, done, again_seconds=0.0 if changes else MOVE_SECONDS)


def release(moment: Moment, message: Release) -> Outcome:
    wish = Wish(message.position, message.rotation, message.scale)
    way = (message.hand, message.home)
    changes = moment.room.objects.release(moment.avatar_id, message.object, wish, moment.now, *way)
    again_seconds = 0.0 if changes else MOVE_SECONDS
    return Outcome(changes, placed(moment, message.object), again_seconds=again_seconds)


def bring(moment: Moment, message: Bring) -> Outcome:
    wish = Wish(message.position, message.rotation)
    changes = moment.room.objects.bring(moment.avatar_id, message.object, wish, moment.now)
    return Outcome(changes, placed(moment, message.object))


def placed(moment: Moment, object: str) -> Placed:
    """Where it has come to be."""
    place = moment.room.objects.things[object].place
    return Placed(
        moment.room.rev, position=place.position, rotation=place.rotation, scale=place.scale
    )


def spin(moment: Moment, message: Spin) -> Outcome:
    objects = moment.room.objects
    return Outcome(objects.spin(moment.avatar_id, message.object, message.speed, moment.now))


def pin(moment: Moment, message: Pin) -> Outcome:
    objects = moment.room.objects
    return Outcome(objects.pin(moment.avatar_id, message.object, message.pinned, moment.now))


def variant(moment: Moment, message: SetVariant) -> Outcome:
    return Outcome(moment.room.objects.variant(moment.avatar_id, message.object, message.variant))


def hotspot(moment: Moment, message: ShowHotspot) -> Outcome:
    showing = moment.room.objects.showing
    return Outcome(showing.open(moment.avatar_id, message.object, message.hotspot))


def spotlight(moment: Moment, message: Spotlight) -> Outcome:
    return Outcome(moment.room.objects.light(moment.avatar_id, message.object))


def point(moment: Moment, message: Point) -> Outcome:
    changes: list[Change] = moment.room.objects.showing.point(
        moment.avatar_id, message.at, message.hand, moment.now.steady
    )
    return Outcome(changes, again_seconds=0.0 if changes else POINT_SECONDS)


ACTS: Final[dict[type[Up], Act]] = {
    Grab: Act(grab, VISITORS, Leased),
    Move: Act(move, VISITORS, Carried),
    Release: Act(release, VISITORS, Placed),
    Bring: Act(bring, VISITORS, Placed),
    Spin: Act(spin, VISITORS),
    Pin: Act(pin, GUIDES),
    SetVariant: Act(variant, VISITORS),
    ShowHotspot: Act(hotspot, VISITORS),
    Spotlight: Act(spotlight, GUIDES),
    Point: Act(point, VISITORS),
}
