"""Showrooms over HTTP: look at them, join one, bring others, go on with another device."""

import asyncio
import io
from functools import lru_cache
from typing import Annotated, Any

import segno
from aiohttp import web
from msgspec import Meta, Struct

from server.auth import ANYONE, HOUSE, OPERATOR, SESSION, Role
from server.rooms.addresses import Addresses
from server.rooms.code import Guesses, TooManyCodes, UnknownCode
from server.rooms.doors import Banned, Ticket, TooManySeats, UnknownRoom, Wish
from server.rooms.handovers import Continued, Handover, NotYourPlace, SignInThere
from server.rooms.invitations import Invitation, TooManyInvitations
from server.rooms.node_calls import NodeCalls
from server.rooms.open_rooms import UnknownShowroom
from server.rooms.role import InviteNotYours, RoleNotYours, RoomRole
from server.rooms.seats import RoomFull
from server.rooms.service import RoomHub
from server.routing import Call, Reply, Route, origin

DAY_MINUTES = 24 * 60
A_YEAR = "public, max-age=31536000, immutable"


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


class CodeView(Struct, frozen=True):
    """Where a code leads. `role` None: one comes in as what one is."""

    code: str
    url: str  # to be sent, or drawn as a QR picture
    showroom: str
    room: str
    name: dict[str, str]  # of the showroom, by language
    role: RoomRole | None
    expires_at: str | None  # RFC 3339; None: never


class NewCode(Struct, frozen=True):
    """An invitation to a role, for a time."""

    role: RoomRole = RoomRole.SHOPPER
    minutes: Annotated[int, Meta(ge=1, le=30 * DAY_MINUTES)] = DAY_MINUTES


class HandoverWish(Struct, frozen=True):
    """Whose place goes along: `room` and `you.avatar_id` of the welcome."""

    room: Annotated[str, Meta(max_length=80)]
    avatar_id: Annotated[str, Meta(max_length=80)]


class HandoverView(Handover, frozen=True):
    """`qr` is an SVG of the address."""

    qr: str


def routes(hub: RoomHub, addresses: Addresses, calls: NodeCalls | None = None) -> list[Route]:
    """The feature's operations. `calls` reaches the nodes that have other rooms."""
    guesses = Guesses()
    calls = calls or NodeCalls(hub.tokens, hub.clock)

    async def list_showrooms(call: Call) -> dict[str, Any]:
        return {"items": await hub.showrooms(), "next": None}

    async def get_showroom(call: Call) -> dict[str, Any]:
        return await hub.showroom(call.path["showroom"])

    async def join_showroom(call: Call) -> Ticket:
        addresses.join(call.request)
        wish, own = call.body or Wish(), origin(call.request)
        if wish.code is not None:
            await look_up(call, wish.code)
        return await hub.ways.join(call.path["showroom"], call.caller, own, wish)

    # ---- codes ----

    async def look_up(call: Call, code: str) -> Invitation:
        """Raises UnknownCode, TooManyCodes."""
        if calls.was_passed_on(call.request):
            return await hub.doors.invitations.read(code)
        address = addresses.real(call.request)
        guesses.count(address, hub.now())
        found = await hub.doors.invitations.read(code)
        guesses.right(address)
        return found

    async def view(call: Call, found: Invitation) -> CodeView:
        document = await hub.open_rooms.showroom(found.showroom)
        return CodeView(
            code=found.id,
            url=code_url(call, found.id),
            showroom=found.showroom,
            room=found.room,
            name=document["name"],
            role=found.role,
            expires_at=found.expires_at,
        )

    def code_url(call: Call, code: str) -> str:
        return f"{hub.public_url or origin(call.request)}/j/{code}"

    async def show_code(call: Call) -> CodeView:
        return await view(call, await look_up(call, call.path["code"]))

    async def draw_code(call: Call) -> web.Response:
        found = await look_up(call, call.path["code"])
        picture = await asyncio.to_thread(qr, code_url(call, found.id))
        headers = {"Cache-Control": A_YEAR}
        return web.Response(text=picture, content_type="image/svg+xml", headers=headers)

    async def make_code(call: Call) -> CodeView | web.Response:
        there = await calls.elsewhere(call.request, call.path["room"])
        if there is not None:
            return there
        wish, live = call.body or NewCode(), await hub.doors.find_by_id(call.path["room"])
        role = call.caller.role
        made = await hub.doors.invitations.invite(
            live.showroom, live.room.id, role, wish.role, wish.minutes
        )
        return await view(call, made)

    async def follow_code(call: Call) -> Reply:
        """What is wrong with a code the page says, in the visitor's language."""
        typed = call.path["code"]
        try:
            found = await look_up(call, typed)
        except (UnknownCode, TooManyCodes):
            return Reply(headers={"Location": f"/?code={plain(typed)}", **NO_STORE}, status=302)
        location = f"/?room={found.showroom}&code={found.id}"
        return Reply(headers={"Location": location, **NO_STORE}, status=302)

    # ---- another device ----

    async def offer_handover(call: Call) -> HandoverView | web.Response:
        if not calls.was_passed_on(call.request):
            addresses.join(call.request)  # it costs as much as one, and nobody needs more of them
        there = await calls.elsewhere(call.request, call.body.room)
        if there is not None:
            return there
        _, _, token = call.headers.get("Authorization", "").partition(" ")
        session = hub.tokens.read(token.strip(), SESSION, hub.clock())
        wish: HandoverWish = call.body
        made = await hub.handovers.offer(session, wish.room, wish.avatar_id, origin(call.request))
        picture = await asyncio.to_thread(qr, made.url)
        return HandoverView(made.code, made.url, made.expires_at, picture)

    async def redeem_handover(call: Call) -> Continued | web.Response:
        if calls.was_passed_on(call.request):
            return await hub.handovers.redeem(call.path["code"], origin(call.request))
        address = addresses.real(call.request)
        guesses.count(address, hub.now())
        room = await hub.handovers.room_of(call.path["code"])
        there = await calls.elsewhere(call.request, room)
        if there is not None:
            return there
        continued = await hub.handovers.redeem(call.path["code"], origin(call.request))
        guesses.right(address)
        return continued

    one = "/api/showrooms/{showroom}"
    wrong_code = (UnknownCode, TooManyCodes)
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
            body=Wish,
            optional_body=True,
            returns=Ticket,
            status=201,
            errors=(
                UnknownShowroom,
                UnknownRoom,
                *wrong_code,
                RoleNotYours,
                Banned,
                TooManySeats,
                RoomFull,
            ),
        ),
        Route(
            "GET",
            "/api/codes/{code}",
            show_code,
            "Where a code leads",
            returns=CodeView,
            errors=wrong_code,
        ),
        Route(
            "GET",
            "/api/codes/{code}/qr.svg",
            draw_code,
            "The address of a code as a QR picture",
            returns=bytes,
            errors=wrong_code,
        ),
        Route(
            "POST",
            "/api/rooms/{room}/codes",
            make_code,
            "Invite to a room, for a role and a time",
            roles=HOUSE | OPERATOR,
            body=NewCode,
            optional_body=True,
            returns=CodeView,
            status=201,
            errors=(UnknownRoom, InviteNotYours, TooManyInvitations),
        ),
        Route("GET", "/j/{code}", follow_code, "Go where a code leads", status=302),
        Route(
            "POST",
            "/api/handovers",
            offer_handover,
            "A code that takes one's visit to another device",
            roles=frozenset({Role.SHOPPER}),
            body=HandoverWish,
            returns=HandoverView,
            status=201,
            errors=(NotYourPlace, SignInThere),
        ),
        Route(
            "POST",
            "/api/handovers/{code}",
            redeem_handover,
            "Go on with a visit on this device",
            returns=Continued,
            errors=(*wrong_code, Banned),
        ),
    ]


NO_STORE = {"Cache-Control": "no-store"}


def plain(text: str) -> str:
    """What may stand in an address; nothing else can be part of a code."""
    return "".join(letter for letter in text[:40] if letter.isascii() and letter.isalnum())


@lru_cache(maxsize=512)
def qr(address: str) -> str:
    """An SVG that survives a scratch (error correction M), on white so that it reads at night.

    Takes some 15 ms: off the event loop, and kept."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", border=3, light="#fff", xmldecl=False, omitsize=True
    )
    return picture.getvalue().decode()
