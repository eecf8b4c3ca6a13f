"""Occasions over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from server.auth import ANYONE, HOUSE
from server.errors import BadRequest, Forbidden
from server.occasions.calendar import ics
from server.occasions.occasion import (
    Action,
    BadPlan,
    NotOpenYet,
    Occasion,
    Plan,
    Status,
    UnknownOccasion,
    WrongState,
)
from server.occasions.service import OccasionService, TooManyPlans
from server.routing import Call, Reply, Route, origin

CALENDAR = "text/calendar; charset=utf-8"


class Shown(Struct, frozen=True):
    """An occasion, and how many are there now."""

    occasion: Occasion
    opens_at: str  # RFC 3339; the doors, before it starts
    present: int
    watching: int


class OccasionList(Struct, frozen=True):
    items: list[Shown]
    next: str | None = None


class OccasionQuery(Struct):
    showroom: Annotated[str, Meta(max_length=64)] | None = None
    status: Status | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    after: str | None = None


class CalendarQuery(Struct):
    language: Annotated[str, Meta(max_length=2)] = "en"


class RecordingQuery(Struct):
    after: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Recording(Struct, frozen=True):
    """`[milliseconds since 1970, event, body]` each; `after=next` has more, until it is null."""

    items: list[msgspec.Raw]
    next: int | None = None


def routes(
    occasions: OccasionService,
    public_url: str = "",
    check_joining: Callable[[web.Request], None] = lambda _: None,
) -> list[Route]:
    """The feature's operations. `check_joining` raises when one address asks too often."""

    def shown(occasion: Occasion) -> Shown:
        there = occasions.attendance(occasion)
        return Shown(occasion, occasion.opens.isoformat(), there.present, there.watching)

    async def one(call: Call) -> Occasion:
        found = await occasions.documents.occasion(call.path["occasion"])
        return await occasions.up_to_date(found)

    async def list_occasions(call: Call) -> OccasionList:
        query = call.query
        asked = {"showroom": query.showroom, "status": query.status}
        where = {name: value for name, value in asked.items() if value is not None}
        try:
            found, cursor = await occasions.documents.occasions(where, query.limit, query.after)
        except ValueError as error:
            raise BadRequest(reason=str(error)) from error
        return OccasionList([shown(occasion) for occasion in found], cursor)

    async def plan_occasion(call: Call) -> Shown:
        return shown(await occasions.plan(call.caller, call.body))

    async def show_occasion(call: Call) -> Shown:
        return shown(await one(call))

    async def replan_occasion(call: Call) -> Shown:
        return shown(await occasions.replan(call.path["occasion"], call.body))

    async def join_occasion(call: Call) -> Any:
        check_joining(call.request)
        url = origin(call.request)
        return await occasions.join(call.path["occasion"], call.caller, url)

    async def show_calendar(call: Call) -> web.Response:
        occasion = await one(call)
        page = f"{public_url or origin(call.request)}/?room={occasion.showroom}"
        url = f"{page}&occasion={occasion.id}"
        body = ics(occasion, call.query.language, url, occasions.clock())
        name = f'attachment; filename="{occasion.id}.ics"'
        headers = {"Content-Type": CALENDAR, "Content-Disposition": name}
        return web.Response(body=body, headers=headers)

    async def show_recording(call: Call) -> Recording:
        lines, after = await occasions.recording(
            call.path["occasion"], call.person, call.query.after
        )
        return Recording([msgspec.Raw(line.encode()) for line in lines], after)

    async def forget_recording(call: Call) -> Reply:
        await occasions.forget(call.path["occasion"])
        return Reply(status=204)

    def doing(action: Action) -> Route:
        async def act(call: Call) -> Shown:
            return shown(await occasions.act(call.path["occasion"], action))

        return Route(
            "POST",
            f"{each}/{action}",
            act,
            f"{action.capitalize()} an occasion",
            roles=HOUSE,
            returns=Shown,
            errors=(UnknownOccasion, WrongState),
        )

    every, each = "/api/occasions", "/api/occasions/{occasion}"
    return [
        Route(
            "GET",
            every,
            list_occasions,
            "List occasions by the hour at which they start",
            query=OccasionQuery,
            returns=OccasionList,
        ),
        Route(
            "POST",
            every,
            plan_occasion,
            "Plan an occasion",
            roles=HOUSE,
            body=Plan,
            returns=Shown,
            status=201,
            errors=(BadPlan, TooManyPlans),
        ),
        Route(
            "GET",
            f"{each}.ics",
            show_calendar,
            "An occasion for one's own calendar, with reminders",
            query=CalendarQuery,
            errors=(UnknownOccasion,),
        ),
        Route(
            "GET",
            each,
            show_occasion,
            "An occasion, and how many are there",
            returns=Shown,
            errors=(UnknownOccasion,),
        ),
        Route(
            "PUT",
            each,
            replan_occasion,
            "Decide a scheduled occasion anew",
            roles=HOUSE,
            body=Plan,
            returns=Shown,
            errors=(UnknownOccasion, WrongState, BadPlan),
        ),
        Route(
            "POST",
            f"{each}/join",
            join_occasion,
            "Reserve a seat in an occasion's room, or a place to watch from",
            roles=ANYONE,
            returns=dict[str, Any],
            status=201,
            errors=(UnknownOccasion, NotOpenYet, WrongState),
        ),
        *[doing(action) for action in Action],
        Route(
            "GET",
            f"{each}/recording",
            show_recording,
            "What was said and done, for replay",
            query=RecordingQuery,
            returns=Recording,
            errors=(UnknownOccasion, Forbidden),
        ),
        Route(
            "DELETE",
            f"{each}/recording",
            forget_recording,
            "Forget a recording",
            roles=HOUSE,
            status=204,
            errors=(UnknownOccasion, WrongState),
        ),
    ]
