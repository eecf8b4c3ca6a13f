"""People meet in a room over real sockets, with the stock client."""

import asyncio
from typing import Any

import pytest
from engineio.exceptions import SocketIsClosedError
from socketio.exceptions import ConnectionError as NotConnected

from server.rooms.seats import RESUME_SECONDS
from tests.conftest import HeldClock
from tests.server.rooms.house import PATIENCE, House, opened

LAMP = {"object": "lamp"}


async def test_two_shoppers_see_each_other_arrive_and_move(any_house: House):
    anna = await any_house.enter("Anna")
    bruno = await any_house.enter("Bruno")
    joined = await anna.hears("joined")
    assert joined["avatar"] == {
        "id": bruno.avatar_id,
        "index": bruno.index,
        "name": "Bruno",
        "role": "shopper",
        "color": "#123456",
        "figure": "round",
    }
    assert [avatar["name"] for avatar in bruno.welcome["avatars"]] == ["Anna"]
    await bruno.sees(anna.index, 0, 3)  # at her spawn point: she has not moved yet
    await anna.stand(1.5, -2)
    await bruno.sees(anna.index, 1.5, -2)
    await bruno.stand(-3, 3.5)
    await anna.sees(bruno.index, -3, 3.5)


async def test_the_welcome_comes_first_and_is_the_whole_room(house: House):
    anna = await house.enter("Anna")
    welcome = anna.welcome
    assert welcome["room"] == "demo-1"
    assert welcome["bounds"] == {"min": [-5, 0, -4], "max": [5, 3, 4]}
    assert welcome["tick_hz"] == 30
    assert welcome["server_time"] > 1.7e12
    assert welcome["cart"] == {"id": "anna", "lines": [], "version": 0}
    assert welcome["objects"][0] == {
        "id": "shoe",
        "sku": "SHOE-01",
        "position": [0, 1, 0],
        "rotation": [0, 0, 0, 1],
        "variant": "red",
        "held_by": None,
        "scale": 1,
        "pinned": False,
        "spin": 0,
        "at": 0,
        "hotspot": None,
    }
    assert [thing["id"] for thing in welcome["objects"]] == ["shoe", "lamp", "sofa"]
    assert anna.order[0][0] == "welcome"


async def test_the_first_to_grab_gets_it_and_the_other_is_told(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    answers = await asyncio.gather(anna.act("grab", **LAMP), bruno.act("grab", **LAMP))
    assert sorted(answer["ok"] for answer in answers) == [False, True]
    refused = next(answer for answer in answers if not answer["ok"])["error"]
    granted = next(answer for answer in answers if answer["ok"])
    assert granted["lease_ms"] == 3000
    assert (refused["type"], refused["status"]) == ("already-held", 409)
    held = await anna.hears("held")
    assert held == await bruno.hears("held")
    assert held["by"] == refused["by"]


async def test_what_one_moves_everybody_sees_moved_and_let_go(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.act("grab", **LAMP)
    away = {"position": [99, 1, -1], "rotation": [0, 1, 0, 0]}
    assert (await anna.act("move", **LAMP, **away))["ok"]
    moved = await bruno.hears("moved", by=anna.avatar_id)
    assert moved["position"] == [5, 1, -1]  # at the wall
    assert (await bruno.act("move", **LAMP, **away))["error"]["type"] == "not-held"
    assert (await anna.act("release", **LAMP, position=[1, 1, 1]))["ok"]
    freed = await bruno.hears("held", by=None)
    assert (freed["position"], freed["rotation"]) == ([1, 1, 1], [0, 1, 0, 0])
    assert (await bruno.act("grab", **LAMP))["ok"]


async def test_who_leaves_lets_go_first(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.act("grab", **LAMP)
    await anna.leave()
    left = await bruno.hears("left", avatar_id=anna.avatar_id)
    freed = await bruno.hears("held", by=None)
    assert freed["rev"] < left["rev"]


async def test_a_forgotten_grab_lapses(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        anna = await house.enter("Anna")
        await anna.act("grab", **LAMP)
        clock.forward(seconds=3)
        await anna.hears("held", by=None)


@pytest.mark.parametrize("hours", [2, -1])
async def test_what_is_held_stays_so_when_the_clock_is_set(open_store, clock: HeldClock, hours):
    async with opened(await open_store(), clock=clock) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        await anna.act("grab", **LAMP)
        clock.jump(hours=hours)
        house.hub.sweep()
        assert (await anna.act("move", **LAMP, position=[1, 1, 1]))["ok"]
        assert (await bruno.act("grab", **LAMP))["error"]["type"] == "already-held"
        clock.forward(seconds=3)
        await anna.hears("held", by=None)
        assert (await bruno.act("grab", **LAMP))["ok"]


async def test_a_variant_changes_for_everybody(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    assert (await anna.act("variant", object="shoe", variant="green"))["ok"]
    assert (await bruno.hears("variant"))["variant"] == "green"
    carla = await house.enter("Carla")
    assert carla.welcome["objects"][0]["variant"] == "green"
    wrong = await anna.act("variant", object="shoe", variant="plaid")
    assert wrong["error"]["type"] == "unknown-variant"
    assert "blue, green, red" in wrong["error"]["detail"]
    missing = await anna.act("variant", object="throne", variant="red")
    assert missing["error"]["type"] == "unknown-object"
    assert (await anna.act("grab", object="sofa"))["error"]["type"] == "not-for-taking"


async def test_what_one_says_everybody_hears(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    assert (await anna.act("say", text="  Ciao, come va? 👋 "))["ok"]
    said = await bruno.hears("said")
    assert (said["name"], said["text"]) == ("Anna", "Ciao, come va? 👋")
    assert (await anna.hears("said")) == said
    for text in ("", "   ", "x" * 501, 7):
        assert (await anna.act("say", text=text))["error"]["type"] == "malformed-message"


async def test_revisions_reach_everybody_in_order_and_without_a_gap(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    for text in "abc":
        await asyncio.gather(anna.act("say", text=text), bruno.act("say", text=text))
    await anna.act("grab", **LAMP)
    await anna.leave()
    await bruno.hears("left")
    changes = [data for event, data in bruno.order if event not in ("welcome", "poses")]
    heard = [change["rev"] for change in changes if "rev" in change]
    assert heard == list(range(bruno.welcome["rev"] + 1, bruno.welcome["rev"] + 1 + len(heard)))


async def test_a_cart_follows_its_person_through_all_their_sockets(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    phone = await house.enter("Anna")
    lines = [{"sku": "SHOE-01", "variant": "red", "quantity": 2}]
    done = await anna.act("cart", lines=lines)
    assert done["ok"]
    assert done["cart"] == {"id": "anna", "lines": lines, "version": 1}
    assert (await phone.hears("cart"))["cart"] == done["cart"]
    house.hub.notify("anna", "order", {"order": {"code": "K7M2QX"}})
    assert (await phone.hears("order"))["order"] == {"code": "K7M2QX"}
    assert (await anna.hears("order"))["order"] == {"code": "K7M2QX"}
    assert not bruno.heard["cart"] + bruno.heard["order"]
    unknown = await anna.act("cart", lines=[{"sku": "NOPE-01", "quantity": 1}])
    assert unknown["error"]["type"] == "unknown-sku"


async def test_a_pose_after_leaving_brings_nobody_back(any_house: House):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    room = next(any_house.hub.rooms()).room
    await anna.stand(1, 1)
    await bruno.sees(anna.index, 1, 1)
    await anna.leave()
    await bruno.hears("left")
    count = len(bruno.heard["poses"])
    assert room.poses.take(anna.index, bytes(13)) is False
    await bruno.stand(2, 2)
    await bruno.sees(bruno.index, 2, 2)
    assert len(room.company.avatars) == 1
    late = bruno.heard["poses"][count:]
    assert all(frame[4] == bruno.index and len(frame) == 18 for frame in late)


@pytest.mark.parametrize("how", ["gone for good", "still looks alive"])
async def test_a_lost_connection_resumes_as_the_same_avatar(house: House, how: str):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    if how == "gone for good":
        await anna.leave()
        await bruno.hears("left")
    again = house.shopper("Anna")
    await again.connect({"resume": anna.welcome["resume"]})
    assert again.welcome["you"] == anna.welcome["you"]
    await again.sees(bruno.index, 1, 3)  # who has not moved meanwhile
    await again.stand(2, 2)
    await bruno.sees(again.index, 2, 2)
    assert len(next(house.hub.rooms()).room.company.avatars) == 2
    if how == "gone for good":
        assert (await bruno.until(lambda: bruno.heard["joined"]))[-1]["avatar"]["name"] == "Anna"
    else:
        await asyncio.wait_for(anna.socket.wait(), PATIENCE)
        assert not bruno.heard["left"]


async def test_after_half_a_minute_the_seat_is_given_up(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        await anna.leave()
        await bruno.hears("left")
        clock.forward(seconds=RESUME_SECONDS)
        assert await refusal(house, {"resume": anna.welcome["resume"]}) == "seat-gone"


async def test_only_an_unused_fresh_ticket_of_ours_opens_the_door(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        anna = house.shopper("Anna")
        ticket = (await house.ticket(anna.person))["ticket"]
        await anna.connect({"ticket": ticket})
        assert await refusal(house, {"ticket": ticket}) == "ticket-used"
        assert await refusal(house, {"ticket": ticket[:-2]}) == "invalid-token"
        assert await refusal(house, {"resume": ticket}) == "invalid-token"
        assert await refusal(house, {"ticket": anna.welcome["resume"]}) == "invalid-token"
        assert await refusal(house, {"ticket": 7}) == "malformed-message"
        assert await refusal(house, {}) == "malformed-message"
        late = (await house.ticket(anna.person))["ticket"]
        clock.forward(seconds=61)
        assert await refusal(house, {"ticket": late}) == "expired-token"
        assert (await anna.act("say", text="I am still here"))["ok"]


async def refusal(house: House, auth: object) -> str:
    """The type of the problem that `connect_error` brings."""
    stranger = house.shopper("Stranger")
    problems: list[dict] = []
    stranger.socket.on("connect_error", problems.append)
    with pytest.raises(NotConnected):
        await stranger.connect(auth)  # type: ignore[arg-type]
    (problem,) = problems
    assert problem["message"] == problem["data"]["title"]
    return str(problem["data"]["type"])


async def test_a_full_room_opens_another_of_the_same_showroom(open_store):
    async with opened(await open_store(), capacity=2) as house:
        shoppers = [await house.enter(name) for name in ("Anna", "Bruno", "Carla")]
        assert [one.welcome["room"] for one in shoppers] == ["demo-1", "demo-1", "demo-2"]
        await shoppers[2].act("variant", object="shoe", variant="blue")
        assert (await shoppers[0].act("say", text="hello"))["ok"]
        assert not shoppers[0].heard["variant"]


async def test_objects_stay_as_they_were_left_through_a_restart(open_store):
    store = await open_store()
    async with opened(store) as house:
        anna = await house.enter("Anna")
        await anna.act("variant", object="shoe", variant="green")
        await anna.act("grab", **LAMP)
        await anna.act("release", **LAMP, position=[1, 2, 3], rotation=[0, 0, 0, 1])
    async with opened(store) as house:
        shoe, lamp, _ = (await house.enter("Anna")).welcome["objects"]
        assert shoe["variant"] == "green"
        assert (lamp["position"], lamp["held_by"]) == ([1, 2, 3], None)


async def test_a_client_that_breaks_while_it_is_told_does_not_silence_the_others(
    open_store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(await open_store(), {"fast": False}) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        send, broken = house.sockets.gate.eio.send_packet, []

        async def break_once(eio_sid: str, packet: Any) -> None:
            if not broken and "said" in str(packet.data):
                broken.append(eio_sid)
                raise SocketIsClosedError
            await send(eio_sid, packet)

        monkeypatch.setattr(house.sockets.gate.eio, "send_packet", break_once)
        await anna.act("say", text="one")
        await anna.act("say", text="two")
        await bruno.hears("said", text="two")
        assert broken
