"""Rooms as those see them who run the house."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from server.auth import ANYONE
from server.errors import NotFound
from server.rooms.company import NotHere
from server.rooms.messages.safety import MAX_BAN_MINUTES
from server.rooms.metrics import (
    RoomFigures,
    ServerFigures,
    house_figures,
    log_rooms,
    room_figures,
    server_figures,
)
from server.rooms.moderation import MODERATING, ModerationService
from server.rooms.node_calls import NodeCalls
from server.rooms.open_rooms import Live
from server.rooms.report import NoSuchReport, Report, ReportClosed
from server.rooms.safety import OfTheHouse
from server.rooms.service import RoomHub
from server.rooms.sockets import Sockets
from server.routing import Call, Reply, Route


class RoomNotOpen(NotFound):
    type = "room-not-open"
    title = "This room is not open"
    detail = "Nobody is in `{room}` now. GET /api/rooms lists those that are open."


class RoomList(Struct, frozen=True):
    items: list[RoomFigures]
    server: ServerFigures
    next: str | None = None


class WaitingCall(Struct, frozen=True):
    """Somebody in a room waits for a human of the house."""

    showroom: str
    room: str
    avatar: str
    name: str
    text: str
    at: int  # ms since 1970: since when
    guides: int  # of the house in that room; nobody else knows of the call when there is none


class WaitingCalls(Struct, frozen=True):
    items: list[WaitingCall]
    next: str | None = None


class Visitor(Struct, frozen=True):
    """Somebody present, as everybody there sees them: not where they are, nor for how long."""

    avatar: str
    name: str
    role: str
    silenced: bool


class OneRoom(Struct, frozen=True):
    figures: RoomFigures
    people: list[Visitor]


class Expulsion(Struct, frozen=True):
    """How long somebody stays out, and what they are told."""

    minutes: Annotated[int, Meta(ge=0, le=MAX_BAN_MINUTES)] | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class Reports(Struct, frozen=True):
    """Which ones, and from which cursor on."""

    status: Literal["open", "closed"] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    after: str | None = None


class ReportList(Struct, frozen=True):
    items: list[Report]
    next: str | None = None


def routes(
    hub: RoomHub, sockets: Sockets, moderation: ModerationService, calls: NodeCalls | None = None
) -> list[Route]:
    """Operations for staff. `calls` reaches the nodes that have other rooms."""
    calls = calls or NodeCalls(hub.tokens, hub.clock)
    log_rooms(hub)

    def opened(call: Call) -> Live:
        live = hub.open_rooms.find(call.path["room"])
        if live is None:
            raise RoomNotOpen(room=call.path["room"][:80])
        return live

    async def list_rooms(call: Call) -> RoomList:
        return RoomList(house_figures(hub, sockets), server_figures(hub, sockets))

    async def get_room(call: Call) -> OneRoom | web.Response:
        there = await calls.elsewhere(call.request, call.path["room"])
        if there is not None:
            return there
        live = opened(call)
        silenced = set(live.room.safety.state("").silenced)
        people = [
            Visitor(one.id, one.name, str(live.room.company.roles[one.id]), one.id in silenced)
            for one in live.room.company.avatars.values()
        ]
        return OneRoom(room_figures(live, sockets.lanes.find(live.room.id)), people)

    async def list_helps(call: Call) -> WaitingCalls:
        found = waiting_calls(hub)
        for answer in await calls.others(call.request):
            found += msgspec.convert(answer, WaitingCalls).items
        return WaitingCalls(sorted(found, key=lambda waiting: waiting.at))

    async def kick(call: Call) -> Reply | web.Response:
        there = await calls.elsewhere(call.request, call.path["room"])
        if there is not None:
            return there
        live, how, by = opened(call), call.query, call.caller.role
        avatar, role = call.path["avatar"], str(by)
        outcome = await moderation.kick(live, avatar, how.minutes, how.reason, role, by)
        sockets.carry_out(live, outcome)
        return Reply(status=204)

    async def list_reports(call: Call) -> dict[str, Any]:
        asked: Reports = call.query
        items, following = await moderation.reports(asked.status, asked.limit, asked.after)
        return {"items": items, "next": following}

    async def get_report(call: Call) -> Report:
        return await moderation.report(call.path["report"], call.caller)

    async def close_report(call: Call) -> Report:
        return await moderation.close(call.path["report"], str(call.caller.role))

    one, report = "/api/rooms/{room}", "/api/reports/{report}"
    return [
        Route(
            "GET",
            "/api/rooms",
            list_rooms,
            "Rooms that are open, and how loaded they are",
            roles=MODERATING,
            returns=RoomList,
        ),
        Route(
            "GET",
            one,
            get_room,
            "One room, and who is in it",
            roles=MODERATING,
            returns=OneRoom,
            errors=(RoomNotOpen,),
        ),
        Route(
            "GET",
            "/api/helps",
            list_helps,
            "Who waits for a human, in any room; the longest waiting first",
            roles=MODERATING,
            returns=WaitingCalls,
        ),
        Route(
            "DELETE",
            one + "/avatars/{avatar}",
            kick,
            "Send somebody out of the showroom, and keep them out for a while",
            roles=MODERATING,
            query=Expulsion,
            status=204,
            errors=(RoomNotOpen, NotHere, OfTheHouse),
        ),
        Route(
            "GET",
            "/api/reports",
            list_reports,
            "Reports of misconduct, oldest first",
            roles=MODERATING,
            query=Reports,
            returns=ReportList,
        ),
        Route(
            "GET",
            report,
            get_report,
            "A report; for its reporter as well",
            roles=ANYONE,
            returns=Report,
            errors=(NoSuchReport,),
        ),
        Route(
            "POST",
            report + "/close",
            close_report,
            "Nothing more is to be done about it",
            roles=MODERATING,
            returns=Report,
            errors=(NoSuchReport, ReportClosed),
        ),
    ]


def waiting_calls(hub: RoomHub) -> list[WaitingCall]:
    """In all rooms that are open here."""
    return [
        WaitingCall(
            live.showroom,
            live.room.id,
            help.by,
            help.name,
            help.text,
            help.at,
            len(live.room.together.guides()),
        )
        for live in hub.rooms()
        for help in live.room.together.helps.values()
    ]
