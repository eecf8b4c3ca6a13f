"""Occasions in a whole house, over HTTP and real sockets."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
import socketio
from aiohttp.test_utils import TestClient, TestServer

from server import app
from server.auth import SESSION, Person, Role
from server.composition import world
from server.errors import TooMany
from server.occasions.occasion import Action
from server.occasions.recorder import Recorder
from server.occasions.routes import routes
from server.settings import Settings
from tests.server.occasions.test_occasion import BODY
from tests.server.rooms.house import PATIENCE, SHOWROOM
from tests.server.web import bearer, serving


class Clock:
    """Runs like the wall's, from wherever it is put."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Calendar:
    """A real house on a real port, and people who call it."""

    def __init__(self, house: Any, client: TestClient, clock: Clock) -> None:
        self.house, self.client, self.clock = house, client, clock
        self.sockets: list[socketio.AsyncClient] = []

    def headers(self, name: str, role: Role = Role.SHOPPER) -> dict[str, str]:
        person = Person(name.lower(), name, role)
        tokens = self.house.hub.tokens
        token = tokens.issue(person, SESSION, timedelta(days=9), self.clock())
        return {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, who: dict[str, str] | None = None, **more: Any):
        async with self.client.request(method, path, headers=who, **more) as answer:
            return answer.status, await answer.json()

    async def plan(self, **changes: Any) -> str:
        now = self.clock()
        times = {
            "starts_at": (now + timedelta(hours=2)).isoformat(),
            "ends_at": (now + timedelta(hours=3)).isoformat(),
        }
        status, body = await self.call(
            "POST",
            "/api/occasions",
            self.headers("Sara", Role.STAFF),
            json={**BODY, **times, **changes},
        )
        assert status == 201, body
        return body["occasion"]["id"]

    async def act(self, id: str, action: Action):
        staff = self.headers("Sara", Role.STAFF)
        return await self.call("POST", f"/api/occasions/{id}/{action}", staff)

    async def enter(self, id: str, name: str, role: Role = Role.SHOPPER):
        status, seat = await self.call(
            "POST", f"/api/occasions/{id}/join", self.headers(name, role)
        )
        assert status == 201, seat
        socket, heard = socketio.AsyncClient(reconnection=False), []
        socket.on("*", lambda event, data: heard.append((event, data)))
        url = str(self.client.make_url("/"))
        await socket.connect(url, auth={"ticket": seat["ticket"]}, transports=["websocket"])
        self.sockets.append(socket)
        await until(lambda: any(event == "welcome" for event, _ in heard))
        return socket, heard


async def until(seen) -> None:
    async with asyncio.timeout(PATIENCE):
        while not seen():  # noqa: ASYNC110 - other tasks have no event to await
            await asyncio.sleep(0.02)


def told(heard: list[tuple[str, Any]], event: str) -> list[Any]:
    return [data for name, data in heard if name == event]


def how_it_stands(heard: list[tuple[str, Any]]) -> dict[str, Any]:
    """The occasion, by the welcome and what was announced since."""
    news = [message["occasion"] for message in told(heard, "announced")]
    return [told(heard, "welcome")[0]["voice"]["occasion"], *news][-1]


@pytest.fixture
async def calendar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clock = Clock()
    monkeypatch.setattr(world, "utc_now", clock)
    settings = Settings(data=tmp_path, address_sockets=0, address_joins_per_minute=0)
    house = await app.open_house(settings)
    await house.hub.documents.showrooms.put_showroom(SHOWROOM)
    async with TestClient(TestServer(house.web)) as client:
        await house.sockets.start()
        calendar = Calendar(house, client, clock)
        yield calendar
        for socket in calendar.sockets:
            await socket.disconnect()
    await house.close()


async def test_the_house_plans_and_everybody_reads(calendar: Calendar):
    id = await calendar.plan()
    shopper = calendar.headers("Ada")
    assert (await calendar.call("POST", "/api/occasions", shopper, json=BODY))[0] == 403
    _, listed = await calendar.call("GET", "/api/occasions?showroom=demo&status=scheduled")
    assert [item["occasion"]["id"] for item in listed["items"]] == [id]
    status, problem = await calendar.call("POST", f"/api/occasions/{id}/join", shopper)
    assert (status, problem["type"]) == (409, "not-open-yet")
    assert (await calendar.call("GET", "/api/occasions/nope"))[0] == 404
    assert (await calendar.call("GET", "/api/occasions?after=x"))[0] == 400
    staff = calendar.headers("Sara", Role.STAFF)
    wrong = {**BODY, "showroom": "nowhere"}
    times = {"starts_at": listed["items"][0]["occasion"]["starts_at"]}
    times["ends_at"] = listed["items"][0]["occasion"]["ends_at"]
    status, problem = await calendar.call("POST", "/api/occasions", staff, json=wrong | times)
    assert (status, problem["type"]) == (404, "unknown-showroom")
    more = {**BODY, **times, "capacity": 3}
    _, changed = await calendar.call("PUT", f"/api/occasions/{id}", staff, json=more)
    assert (changed["occasion"]["capacity"], changed["occasion"]["version"]) == (3, 1)


async def test_a_calendar_file_leads_back_to_the_occasion(calendar: Calendar):
    id = await calendar.plan()
    async with calendar.client.get(f"/api/occasions/{id}.ics?language=it") as answer:
        assert answer.content_type == "text/calendar"
        (event,) = icalendar.Calendar.from_ical(await answer.read()).walk("VEVENT")
    assert event["SUMMARY"] == "Serata di primavera"
    assert f"occasion={id}" in event["URL"]


async def test_two_hundred_come_and_exactly_as_many_as_there_are_seats_sit(calendar: Calendar):
    id = await calendar.plan(capacity=7)
    await calendar.act(id, Action.OPEN)
    joins = (
        calendar.call("POST", f"/api/occasions/{id}/join", calendar.headers(f"P{n}"))
        for n in range(200)
    )
    answers = await asyncio.gather(*joins)
    kinds = Counter(
        "seat" if status == 201 and not body["watching"] else body.get("type", "watches")
        for status, body in answers
    )
    assert kinds["seat"] == 7
    assert kinds["watches"] + kinds["room-full"] == 193
    assert {body["room"] for status, body in answers if status == 201} == {f"demo-occasion-{id}"}


async def test_from_open_to_live_to_ended_with_a_stage(calendar: Calendar):
    id = await calendar.plan()
    calendar.clock.ahead += timedelta(minutes=106)  # fourteen minutes before it starts
    ada, heard = await calendar.enter(id, "Ada")
    assert how_it_stands(heard)["status"] == "open"
    sara, _ = await calendar.enter(id, "Sara", Role.STAFF)
    _, shown = await calendar.call("GET", f"/api/occasions/{id}")
    assert (shown["occasion"]["status"], shown["present"]) == ("open", 2)
    await ada.call("call", {"on": True})
    await ada.call("mic", {"on": True})
    assert (await calendar.act(id, Action.START))[0] == 200
    await until(lambda: how_it_stands(heard)["status"] == "live")
    await until(lambda: [voice["on"] for voice in told(heard, "voiced")] == [True, False])
    assert (await ada.call("mic", {"on": True}))["error"]["type"] == "not-on-stage"
    me = told(heard, "welcome")[0]["you"]["avatar_id"]
    assert (await sara.call("stage", {"avatar": me, "on": True}))["ok"]
    assert (await ada.call("mic", {"on": True}))["ok"]
    assert (await calendar.act(id, Action.END))[1]["occasion"]["status"] == "ended"
    status, problem = await calendar.call(
        "POST", f"/api/occasions/{id}/join", calendar.headers("B")
    )
    assert (status, problem["type"]) == (409, "wrong-state")


async def test_a_recording_holds_what_everybody_saw_and_nothing_private(calendar: Calendar):
    id = await calendar.plan(recorded=True)
    await calendar.act(id, Action.OPEN)
    ada, heard = await calendar.enter(id, "Ada")
    bea, _ = await calendar.enter(id, "Bea")
    sara, staff_heard = await calendar.enter(id, "Sara", Role.STAFF)
    await ada.call("say", {"text": "before it began"})
    await calendar.act(id, Action.START)
    await until(lambda: how_it_stands(heard)["recorded"])
    staff_id = told(staff_heard, "welcome")[0]["you"]["avatar_id"]
    await ada.call("say", {"text": "for all"})
    await ada.call("say", {"text": "for Sara", "to": staff_id})
    await sara.call("say", {"text": "welcome"})
    await bea.call("variant", {"object": "shoe", "variant": "green"})
    await asyncio.sleep(0.3)
    live = calendar.house.hub.open_rooms.find(f"demo-occasion-{id}")
    final = {thing.id: thing.variant for thing in live.room.objects.views()}
    await calendar.act(id, Action.END)
    await ada.call("say", {"text": "after it ended"})
    status, refused = await calendar.call("GET", f"/api/occasions/{id}/recording")
    assert (status, refused["type"]) == (403, "forbidden")
    lines = await the_recording(calendar, id)
    assert lines[0][1] == "snapshot"
    texts = [body["text"] for _, event, body in lines if event == "said"]
    assert texts == ["for all", "welcome"]
    names = {body["name"] for _, event, body in lines if event == "said"}
    assert names == {"Ada", "Maison Vitrine"}
    assert "Sara" not in str(lines)
    assert any(event == "poses" for _, event, _ in lines)
    state = {thing["id"]: thing["variant"] for thing in lines[0][2]["objects"]}
    for _, event, body in lines:
        if event == "variant":
            state[body["object"]] = body["variant"]
    assert state == final
    times = [at for at, _, _ in lines]
    assert times == sorted(times)
    staff = calendar.headers("Sara", Role.STAFF)
    async with calendar.client.delete(f"/api/occasions/{id}/recording", headers=staff) as answer:
        assert answer.status == 204
    assert await the_recording(calendar, id) == []


async def the_recording(calendar: Calendar, id: str) -> list[Any]:
    staff, lines, after = calendar.headers("Sara", Role.STAFF), [], 0
    while after is not None:
        status, body = await calendar.call(
            "GET", f"/api/occasions/{id}/recording?after={after}", staff
        )
        assert status == 200, body
        lines += body["items"]
        after = body["next"]
    return lines


async def test_an_occasion_that_is_not_recorded_leaves_no_line(calendar: Calendar):
    id = await calendar.plan()
    await calendar.act(id, Action.OPEN)
    ada, _ = await calendar.enter(id, "Ada")
    await calendar.act(id, Action.START)
    await ada.call("say", {"text": "for those who are here"})
    await calendar.act(id, Action.END)
    assert await the_recording(calendar, id) == []


async def test_time_opens_and_ends_what_nobody_touches(calendar: Calendar):
    id = await calendar.plan()
    service = calendar.house.occasions
    calendar.clock.ahead += timedelta(minutes=110)
    await service.tend()
    assert (await service.documents.occasion(id)).status == "open"
    calendar.clock.ahead += timedelta(hours=2)
    await service.tend()
    assert (await service.documents.occasion(id)).status == "ended"
    forgotten = await calendar.plan()
    calendar.clock.ahead += timedelta(days=2)
    await service.tend()
    assert (await service.documents.occasion(forgotten)).status == "cancelled"


async def test_a_recording_goes_on_after_a_restart(calendar: Calendar):
    id = await calendar.plan(recorded=True)
    await calendar.act(id, Action.OPEN)
    ada, _ = await calendar.enter(id, "Ada")
    await calendar.act(id, Action.START)
    await ada.call("say", {"text": "before"})
    service, former = calendar.house.occasions, calendar.house.recorder
    await former.close()
    service.recorder = Recorder(former.documents, former.stage, calendar.clock)
    await service.tend()
    await service.tend()  # being told again changes nothing
    await ada.call("say", {"text": "after"})
    await calendar.act(id, Action.END)
    lines = await the_recording(calendar, id)
    assert [event for _, event, _ in lines].count("snapshot") == 2
    assert [body["text"] for _, event, body in lines if event == "said"] == ["before", "after"]


async def test_joining_is_limited_as_it_is_for_showrooms(calendar: Calendar):
    def refuse(request: object) -> None:
        raise TooMany(retry_after=1)

    async with (
        serving(routes(calendar.house.occasions, "", refuse)) as client,
        client.post("/api/occasions/x/join", headers=bearer("shopper")) as answer,
    ):
        assert answer.status == 429
