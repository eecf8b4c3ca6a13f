"""A visit goes on with another device: the same person, cart, avatar, place and room."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from server.auth import SESSION, Claims, Person, Role
from server.rooms.code import UnknownCode
from server.rooms.doors import Banned
from server.rooms.handovers import NotYourPlace, SignInThere, hash_of
from server.rooms.repository.codes import HANDOVER
from server.rooms.seats import RESUME_SECONDS, State
from tests.conftest import HeldClock
from tests.server.rooms.house import House, Shopper, eventually, opened
from tests.server.rooms.test_codes import ask


def session_of(house: House, person: Person, **extra: str) -> Claims:
    return Claims(person, extra, house.hub.clock() + timedelta(hours=1))


async def offered(house: House, shopper: Shopper) -> dict:
    status, made = await ask(
        house,
        "POST",
        "/api/handovers",
        shopper.person,
        {"room": shopper.welcome["room"], "avatar_id": shopper.avatar_id},
    )
    assert status == 201, made
    return made


async def test_cart_place_and_variant_survive_and_the_old_device_is_told(any_house: House):
    house = any_house
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.act("cart", lines=[{"sku": "SHOE-01", "variant": "green", "quantity": 2}])
    await anna.act("variant", object="shoe", variant="green")
    await anna.stand(2, -1)
    await bruno.sees(anna.index, 2, -1)
    made = await offered(house, anna)
    assert made["url"] == f"{house.url}/#continue={made['code']}"
    assert made["qr"].startswith("<svg")

    status, visit = await ask(house, "POST", f"/api/handovers/{made['code'].lower()}")
    assert status == 200
    assert (visit["person"]["id"], visit["showroom"], visit["room"]) == ("anna", "demo", "demo-1")
    assert visit["place"]["position"] == pytest.approx([2, 1.6, -1], abs=0.01)
    token = house.hub.tokens.read(visit["token"], SESSION, house.hub.clock())
    assert token.person == anna.person

    phone = house.shopper("Anna")
    await phone.connect({"resume": visit["resume"]})
    assert phone.welcome["you"] == anna.welcome["you"]
    assert phone.welcome["cart"]["lines"][0]["quantity"] == 2
    assert phone.welcome["objects"][0]["variant"] == "green"
    assert (await anna.hears("problem"))["error"]["type"] == "moved-to-another-device"
    await eventually(lambda: not anna.socket.connected)
    assert bruno.heard["left"] == []
    await phone.stand(2, 1)
    await bruno.sees(phone.index, 2, 1)


async def test_the_first_device_takes_its_visit_back_as_the_same_avatar(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    made = await offered(house, anna)
    _, visit = await ask(house, "POST", f"/api/handovers/{made['code']}")
    phone = house.shopper("Anna")
    await phone.connect({"resume": visit["resume"]})
    await eventually(lambda: not anna.socket.connected)
    desktop = house.shopper("Anna")  # the page, loaded again
    await desktop.connect({"resume": anna.welcome["resume"]})
    assert desktop.welcome["you"] == anna.welcome["you"]
    assert (await phone.hears("problem"))["error"]["type"] == "moved-to-another-device"
    (live,) = house.hub.rooms()
    assert {avatar.name for avatar in live.room.company.avatars.values()} == {"Anna", "Bruno"}
    assert len(live.seats) == len(live.room.company.avatars) == 2
    assert not bruno.heard["left"]


async def test_one_of_twenty_who_bring_the_code_at_once_gets_the_visit(house: House):
    anna = await house.enter("Anna")
    code = (await offered(house, anna))["code"]
    redeems = [house.hub.handovers.redeem(code, house.url) for _ in range(20)]
    answers = await asyncio.gather(*redeems, return_exceptions=True)
    assert sum(isinstance(answer, UnknownCode) for answer in answers) == 19
    assert {type(answer).__name__ for answer in answers} == {"UnknownCode", "Continued"}


async def test_a_code_ends_after_ten_minutes_and_is_swept_away(open_store, clock: HeldClock):
    store = await open_store()
    async with opened(store, clock=clock) as house:
        anna = await house.enter("Anna")
        first = await offered(house, anna)
        clock.forward(minutes=10)
        status, problem = await ask(house, "POST", f"/api/handovers/{first['code']}")
        assert (status, problem["type"]) == (404, "unknown-code")
        second = await offered(house, anna)
        kept = await store.find(HANDOVER, {})
        assert [document["id"] for document in kept.items] == [hash_of(second["code"])]
        assert second["code"] not in str(kept.items)


async def test_who_walks_slowly_from_one_device_to_the_other_finds_the_same_avatar(
    open_store, clock: HeldClock
):
    async with opened(await open_store(), clock=clock) as house:
        anna = await house.enter("Anna")
        await anna.stand(-2, 1)
        live = next(house.hub.rooms())
        await eventually(
            lambda: anna.seen_at(anna.index) and abs(anna.seen_at(anna.index)[0] + 2) < 0.1
        )
        made, id = await offered(house, anna), anna.avatar_id
        await anna.leave()
        await eventually(lambda: live.seats.find(id).state is State.AWAY)
        clock.forward(seconds=RESUME_SECONDS + 1)
        house.hub.sweep()
        assert live.seats.find(id) is None
        await house.hub.keeper.keep()
        assert list(house.hub.rooms()) == []
        visit = await house.hub.handovers.redeem(made["code"], house.url)
        assert visit.place.position == pytest.approx((-2, 1.6, 1), abs=0.01)
        phone = house.shopper("Anna")
        await phone.connect({"resume": visit.resume})
        assert phone.avatar_id == id


async def test_without_a_free_place_one_comes_as_who_one_is_and_waits(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock, capacity=1) as house:
        anna = await house.enter("Anna")
        live = next(house.hub.rooms())
        made, id = await offered(house, anna), anna.avatar_id
        await anna.leave()
        await eventually(lambda: live.seats.find(id).state is State.AWAY)
        clock.forward(seconds=RESUME_SECONDS + 1)
        house.hub.sweep()
        await house.enter("Bruno")
        visit = await house.hub.handovers.redeem(made["code"], house.url)
        assert (visit.resume, visit.person.id, visit.room) == (None, "anna", "demo-1")


async def test_only_ones_own_visit_goes_along(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    for room, avatar in (("demo-1", bruno.avatar_id), ("demo-9", anna.avatar_id), ("demo-1", "x")):
        with pytest.raises(NotYourPlace):
            await house.hub.handovers.offer(session_of(house, anna.person), room, avatar, house.url)
    with pytest.raises(SignInThere):
        await house.hub.handovers.offer(
            session_of(house, anna.person, login="desk", mark="m"),
            "demo-1",
            anna.avatar_id,
            house.url,
        )
    staff = replace(anna.person, role=Role.STAFF)
    body = {"room": "demo-1", "avatar_id": anna.avatar_id}
    assert (await ask(house, "POST", "/api/handovers", staff, body))[0] == 403
    assert (await ask(house, "POST", "/api/handovers", None, body))[0] == 401
    assert (await ask(house, "POST", "/api/handovers", anna.person, {"room": 1}))[0] == 422


async def test_a_handed_over_session_ends_when_the_first_one_would(house: House):
    anna = await house.enter("Anna")
    session = session_of(house, anna.person)
    made = await house.hub.handovers.offer(session, "demo-1", anna.avatar_id, house.url)
    visit = await house.hub.handovers.redeem(made.code, house.url)
    claims = house.hub.tokens.read(visit.token, SESSION, house.hub.clock())
    assert abs((claims.expires_at - session.expires_at).total_seconds()) <= 1


async def test_who_was_sent_away_does_not_come_back_by_another_device(house: House):
    class Bans:
        async def until(self, showroom, person):
            return house.hub.clock() + timedelta(minutes=1)

    anna = await house.enter("Anna")
    made = await offered(house, anna)
    house.hub.doors.bans = Bans()
    with pytest.raises(Banned):
        await house.hub.handovers.redeem(made["code"], house.url)
