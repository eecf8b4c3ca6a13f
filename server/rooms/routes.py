"""Showrooms over HTTP: look at them, and join one."""

from typing import Any

from msgspec import Struct

from server.auth import ANYONE
from server.rooms.addresses import Addresses
from server.rooms.doors import Ticket, TooManySeats
from server.rooms.open_rooms import UnknownShowroom
from server.rooms.seats import RoomFull
from server.rooms.service import RoomHub
from server.routing import Call, Route, origin


class ShowroomName(Struct, frozen=True):
    id: str
    name: dict[str, str]  # by language


class ShowroomList(Struct, frozen=True):
    items: list[ShowroomName]
    next: str | None = None


class Showroom(Struct, frozen=True):
    """A scene (scenes/scene.schema.json), the products on display, the files of its models."""

    id: str
    name: dict[str, str]
    scene: dict[str, Any]
    products: list[dict[str, Any]]
    models: dict[str, list[dict[str, Any]]]


def routes(hub: RoomHub, addresses: Addresses) -> list[Route]:
    """The feature's operations."""

    async def list_showrooms(call: Call) -> dict[str, Any]:
        return {"items": await hub.showrooms(), "next": None}

    async def get_showroom(call: Call) -> dict[str, Any]:
        return await hub.showroom(call.path["showroom"])

    async def join_showroom(call: Call) -> Ticket:
        addresses.join(call.request)
        own = origin(call.request)
        return await hub.doors.join(call.path["showroom"], call.caller, own)

    one = "/api/showrooms/{showroom}"
    return [
        Route("GET", "/api/showrooms", list_showrooms, "List showrooms", returns=ShowroomList),
        Route(
            "GET",
            one,
            get_showroom,
            "A showroom's scene, products and models",
            returns=Showroom,
            errors=(UnknownShowroom,),
        ),
        Route(
            "POST",
            f"{one}/join",
            join_showroom,
            "Reserve a seat in a room of this showroom",
            roles=ANYONE,
            returns=Ticket,
            status=201,
            errors=(UnknownShowroom, TooManySeats, RoomFull),
        ),
    ]
