"""A thing as it is told to those present and to newcomers, and as the room's document has it."""

from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

from server.rooms.grips import Grip
from server.rooms.messages import Held, Moved, ObjectState
from server.rooms.scene import Thing


def view(thing: Thing, grip: Grip | None, hotspot: str | None) -> ObjectState:
    """As a newcomer is told of it."""
    position, rotation, scale = astuple(thing.place)
    return ObjectState(
        id=thing.id,
        sku=thing.sku,
        position=position,
        rotation=rotation,
        variant=thing.variant,
        held_by=grip.by if grip else None,
        scale=scale,
        pinned=thing.pinned,
        spin=thing.spin,
        at=since_ms(thing),
        hotspot=hotspot,
    )


def held(rev: int, thing: Thing, grip: Grip | None) -> Held:
    """Who has it now, or where it was let go."""
    position, rotation, scale = astuple(thing.place)
    by, hand = (grip.by, grip.hand) if grip else (None, None)
    return Held(rev, thing.id, by, position, rotation, scale, hand)


def moved(rev: int, thing: Thing, by: str) -> Moved:
    """Where somebody has put it, and how it turns there."""
    position, rotation, scale = astuple(thing.place)
    return Moved(rev, thing.id, position, rotation, by, scale, thing.spin, since_ms(thing))


def stored(thing: Thing, grip: Grip | None, brought: bool) -> dict[str, Any]:
    """What is in somebody's hand is kept where it was taken from."""
    place = grip.origin if grip else thing.place
    return {
        "position": list(place.position),
        "rotation": list(place.rotation),
        "scale": place.scale,
        "variant": thing.variant,
        "pinned": thing.pinned,
        "spin": thing.spin,
        "spun_at": thing.spun_at,
        "brought": brought,
    }


def restored(thing: Thing, state: Mapping[str, Any]) -> Thing:
    """As it was stored, but for its place; what is no longer made is as it is by itself."""
    turns = thing.limits.turn != "none"
    return replace(
        thing,
        variant=state["variant"] if state["variant"] in thing.variants else thing.variant,
        pinned=state.get("pinned", False),
        spin=state.get("spin", 0.0) if turns else 0.0,
        spun_at=state.get("spun_at", 0.0),
    )


def since_ms(thing: Thing) -> float:
    """Milliseconds since 1970 at which it stood as its rotation says; 0 for what stands still."""
    return round(thing.spun_at * 1000, 1) if thing.spin else 0.0
