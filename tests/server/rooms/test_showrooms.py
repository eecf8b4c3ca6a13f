"""Showrooms over HTTP, and what the hub keeps."""

import asyncio

import pytest
from aiohttp import ClientSession

from server.auth import Person, Role
from server.rooms.doors import MAX_RESERVED, MAX_SEATS, TooManySeats
from server.rooms.repository import Showrooms
from tests.conftest import HeldClock
from tests.server.rooms.house import House, TheCatalog, eventually, opened


class SlowCatalog(TheCatalog):
    """As a real one: others get their turn before it answers."""

    async def products(self) -> list[dict]:
        await asyncio.sleep(0.01)
        return await super().products()


async def get(house: House, path: str) -> tuple[int, dict]:
    async with ClientSession() as http, http.get(house.url + path) as answer:
        return answer.status, await answer.json()


async def test_showrooms_are_listed_and_shown_to_everybody(house: House):
    status, listing = await get(house, "/api/showrooms")
    assert (status, listing["next"]) == (200, None)
    assert listing["items"] == [{"id": "demo", "name": {"en": "Demo", "fr": "Démo", "it": "Demo"}}]
    status, showroom = await get(house, "/api/showrooms/demo")
    assert status == 200
    assert showroom["scene"]["spawn_points"]
    assert [product["sku"] for product in showroom["products"]] == ["SHOE-01", "LAMP-01", "SOFA-01"]
    assert showroom["models"]["showroom"][0]["url"] == "/assets/asset-1/web.glb"


async def test_an_unknown_showroom_is_a_problem_document(house: House):
    status, problem = await get(house, "/api/showrooms/atlantis")
    assert (status, problem["type"], problem["showroom"]) == (404, "unknown-showroom", "atlantis")


async def test_joining_needs_a_session(house: House):
    path = f"{house.url}/api/showrooms/demo/join"
    async with ClientSession() as http, http.post(path) as answer:
        assert answer.status == 401


async def test_a_ticket_says_where_to_connect_and_until_when(house: House):
    ticket = await house.ticket(Person("anna", "Anna", Role.SHOPPER))
    assert ticket["url"] == house.url
    assert ticket["room"] == "demo-1"
    assert ticket["avatar_id"].startswith("avatar-")
    assert ticket["expires_at"].endswith("+00:00")


async def test_a_house_with_a_public_address_gives_that(open_store):
    async with opened(await open_store(), public_url="https://shop.example") as house:
        ticket = await house.ticket(Person("anna", "Anna", Role.SHOPPER))
        assert ticket["url"] == "https://shop.example"


async def test_fifty_who_join_at_once_share_rooms_that_are_never_overfull(open_store):
    async with opened(await open_store(), capacity=8) as house:
        people = [Person(f"p{n}", f"P{n}", Role.SHOPPER) for n in range(50)]
        joined = [house.hub.ways.join("demo", person, house.url) for person in people]
        tickets = await asyncio.gather(*joined)
        rooms = [ticket.room for ticket in tickets]
        assert {room: rooms.count(room) for room in set(rooms)} == {
            **{f"demo-{n}": 8 for n in range(1, 7)},
            "demo-7": 2,
        }


async def test_one_person_cannot_hold_all_the_seats(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        anna = Person("anna", "Anna", Role.SHOPPER)
        for _ in range(MAX_RESERVED):
            await house.hub.ways.join("demo", anna, house.url)
        with pytest.raises(TooManySeats):
            await house.hub.ways.join("demo", anna, house.url)
        clock.forward(seconds=61)
        house.hub.sweep()
        await house.hub.ways.join("demo", anna, house.url)


async def test_one_person_cannot_hold_all_the_seats_by_asking_at_once(open_store):
    async with opened(await open_store(), catalog=SlowCatalog()) as house:
        anna = Person("anna", "Anna", Role.SHOPPER)
        asked = [house.hub.ways.join("demo", anna, house.url) for _ in range(3 * MAX_RESERVED)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, TooManySeats)]
        assert len(answers) - len(refused) == MAX_RESERVED


async def test_one_person_cannot_take_all_the_seats_one_by_one(open_store):
    async with opened(await open_store(), capacity=2 * MAX_SEATS) as house:
        for _ in range(MAX_SEATS):
            await house.enter("Anna")
        with pytest.raises(TooManySeats):
            await house.hub.ways.join("demo", Person("anna", "Anna", Role.SHOPPER), house.url)
        await house.enter("Bruno")


async def test_a_room_without_seats_closes_and_keeps_its_objects(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        anna = await house.enter("Anna")
        await anna.act("variant", object="shoe", variant="green")
        bruno = await house.enter("Bruno")
        await anna.leave()
        await bruno.leave()
        (live,) = house.hub.rooms()
        await eventually(lambda: not live.room.company.avatars)
        clock.forward(seconds=31)
        house.hub.sweep()
        await house.hub.keeper.keep()
        assert list(house.hub.rooms()) == []
        carla = await house.enter("Carla")
        assert carla.welcome["objects"][0]["variant"] == "green"


async def test_what_others_wrote_into_a_rooms_document_stays(open_store):
    showrooms = Showrooms(await open_store())
    assert await showrooms.kept("demo-1") == {}
    room = {"id": "demo-1", "showroom": "demo"}
    await showrooms.keep([{**room, "objects": {}, "later": 1}])
    await showrooms.keep([{**room, "objects": {"lamp": {}}}, {**room, "id": "demo-2"}])
    assert await showrooms.kept("demo-2") == {**room, "id": "demo-2"}
    assert await showrooms.kept("demo-1") == {
        "id": "demo-1",
        "showroom": "demo",
        "objects": {"lamp": {}},
        "later": 1,
    }


async def test_telling_somebody_who_is_not_here_is_no_error(house: House):
    house.hub.notify("nobody", "order", {"order": {}})
