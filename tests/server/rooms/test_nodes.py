"""Two nodes of one house: who has a room, who writes for it, and how its people get there."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from socketio.exceptions import ConnectionError as NotConnected

from server.auth import Person, Role
from tests.server.rooms.nodes import OneNode, a_node, by_room, eventually, two_nodes


@pytest.fixture
async def nodes(open_store, redis) -> AsyncIterator[list[OneNode]]:
    async with two_nodes(await open_store(), redis.url(), capacity=2) as nodes:
        yield nodes


async def test_whoever_asks_at_the_wrong_node_is_sent_to_the_right_one(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    owner = a if a.hub.open_rooms.find("demo-1") else b
    other = b if owner is a else a
    ticket = await other.join("Bruno", room="demo-1")
    assert (ticket["url"], ticket["room"]) == (owner.url, "demo-1")
    owner.hub.open_rooms.find("demo-1").seats.give_up(ticket["avatar_id"])
    carla = await other.come("Carla", room="demo-1")
    assert [one["name"] for one in carla.welcome["avatars"]] == ["Anna"]
    await anna.hears("joined")


async def test_a_further_room_opens_where_there_are_fewer_people(nodes):
    a, b = nodes
    for name in ("Anna", "Bruno"):
        await a.come(name)
    await a.beat()
    await b.beat()
    await a.come("Carla")
    await a.come("Dino")
    rooms = {
        node.name: {live.room.id: len(live.seats) for live in node.hub.rooms()} for node in nodes
    }
    assert sorted(map(str, rooms.values())) == ["{'demo-1': 2}", "{'demo-2': 2}"]


async def test_fifty_who_join_two_nodes_at_once_get_seats_of_their_own(open_store, redis):
    async with two_nodes(await open_store(), redis.url(), capacity=10) as nodes:
        tickets = await asyncio.gather(
            *(nodes[number % 2].join(f"P{number}") for number in range(50))
        )
        held: dict[str, set[str]] = {}
        for ticket in tickets:
            held.setdefault(ticket["room"], set()).add(ticket["avatar_id"])
        assert sum(len(avatars) for avatars in held.values()) == 50
        assert all(len(avatars) <= 10 for avatars in held.values())
        urls = {(ticket["room"], ticket["url"]) for ticket in tickets}
        assert len(urls) == len(held)  # each room is on one node


async def test_a_full_room_of_another_node_is_said_to_be_full(nodes):
    a, b = nodes
    for node in (a, b):
        node.hub.doors.watchers = 0
    await a.join("Anna", room="demo-1")
    await b.join("Bruno", room="demo-1")
    person = Person("carla", "Carla", Role.SHOPPER)
    for node in nodes:
        status, problem = await node.ask(
            "POST", "/api/showrooms/demo/join", person, {"room": "demo-1"}
        )
        assert (status, problem["type"]) == (503, "room-full")
        assert problem["capacity"] == 2


async def test_who_has_lost_the_node_asks_anywhere_and_is_the_same_avatar(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    first, second = (a, b) if a.hub.open_rooms.find("demo-1") else (b, a)
    await anna.act("grab", object="shoe")
    await anna.act("move", object="shoe", position=[2, 1, 2])
    await anna.act("release", object="shoe")
    await first.hub.keeper.keep()
    before, token = anna.welcome["you"], anna.welcome["resume"]
    await first.dies()
    ticket = await second.join("Anna", resume=token)  # held back until the lease has ended
    assert (ticket["url"], ticket["avatar_id"]) == (second.url, before["avatar_id"])
    assert ticket["resume"] == token
    again = second.shopper("Anna")
    await again.connect({"resume": ticket["resume"]})
    assert again.welcome["you"] == before
    (shoe,) = [thing for thing in again.welcome["objects"] if thing["id"] == "shoe"]
    assert shoe["position"] == [2, 1, 2]


async def test_a_room_that_was_taken_over_stores_nothing_and_sends_its_people_on(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    first, second = (a, b) if a.hub.open_rooms.find("demo-1") else (b, a)
    # Its beats do not get through, though its people do.
    first.background.tasks[0].cancel()
    await eventually(lambda: takes_over(second), 6)
    bruno = await second.come("Bruno", room="demo-1")
    await anna.act("variant", object="shoe", variant="green")  # in vain
    told = await anna.hears("relocated")
    assert told["url"] is None
    assert first.hub.open_rooms.find("demo-1") is None
    ticket = await first.join("Anna", resume=told["resume"])
    assert ticket["url"] == second.url
    again = second.shopper("Anna")
    await again.connect({"resume": ticket["resume"]})
    assert again.avatar_id == anna.avatar_id
    await bruno.hears("joined")
    await second.hub.keeper.keep()
    kept = await second.hub.documents.showrooms.kept("demo-1")
    assert kept["objects"].get("shoe", {}).get("variant") != "green"


async def takes_over(node: OneNode) -> bool:
    await node.beat()
    return node.hub.nodes.owner("demo-1") is None


async def test_a_token_at_a_node_without_the_room_is_told_to_ask(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    other = b if a.hub.open_rooms.find("demo-1") else a
    stranger, refused = other.shopper("Anna"), []
    stranger.socket.on("connect_error", refused.append)
    with pytest.raises(NotConnected):
        await stranger.connect({"resume": anna.welcome["resume"]})
    assert refused[0]["data"]["type"] == "room-elsewhere"
    assert await anna.act("say", text="Still here")


async def test_a_token_of_somebody_else_opens_nothing(nodes):
    a, _ = nodes
    anna = await a.come("Anna")
    person = Person("eve", "Eve", Role.SHOPPER)
    wish = {"resume": anna.welcome["resume"]}
    status, problem = await a.ask("POST", "/api/showrooms/demo/join", person, wish)
    assert (status, problem["type"]) == (401, "invalid-token")


async def test_only_nodes_may_ask_what_nodes_ask(nodes):
    a, _ = nodes
    wish = {"showroom": "demo", "room": "demo-1", "role": "staff"}
    for path in ("/api/nodes/seats", "/api/nodes/rooms"):
        status, problem = await a.ask("POST", path, body=wish)
        assert (status, problem["type"]) == (401, "invalid-token")


# ---- staff ----


async def test_staff_speak_in_every_room_of_every_node_and_see_all_of_them(nodes):
    a, b = nodes
    guests = [await a.come(f"P{number}") for number in range(4)]
    await a.beat()
    await b.beat()
    await a.beat()
    _, rooms = await b.ask("GET", "/api/rooms")
    found = by_room(rooms)
    assert [found[f"demo-{n}"]["avatars"] for n in (1, 2)] == [2, 2]
    assert {found[room]["node"] for room in found} == {"a", "b"}
    text = {"en": "We close in ten minutes", "it": "Chiudiamo tra dieci minuti"}
    status, answer = await b.ask("POST", "/api/broadcasts", body={"text": text})
    assert (status, answer) == (202, {"reached": 2, "nodes": 2})
    for guest in guests:
        assert (await guest.hears("broadcast"))["text"] == text
    _, listed = await a.ask("GET", "/api/nodes")
    assert [(one["name"], one["people"], one["rooms"]) for one in listed["items"]] == [
        ("a", 2, 1),
        ("b", 2, 1),
    ]


async def test_staff_at_any_node_look_into_a_room_and_send_somebody_out(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    other = b if a.hub.open_rooms.find("demo-1") else a
    await eventually(lambda: other.hub.nodes.owner("demo-1"))
    status, found = await other.ask("GET", "/api/rooms/demo-1")
    assert [one["name"] for one in found["people"]] == ["Anna"]
    status, _ = await other.ask("DELETE", f"/api/rooms/demo-1/avatars/{anna.avatar_id}")
    assert status == 204
    assert (await anna.hears("problem"))["error"]["type"] == "kicked"


async def test_who_calls_for_help_is_heard_at_the_desk_of_any_node(nodes):
    a, _ = nodes
    for number in range(4):
        guest = await a.come(f"P{number}")
        assert (await guest.act("help", on=True, text=f"call {number}"))["ok"]
    for node in nodes:
        await node.beat()
    for node in nodes:
        _, found = await node.ask("GET", "/api/helps")
        assert [one["text"] for one in found["items"]] == [f"call {n}" for n in range(4)]
        assert len({one["room"] for one in found["items"]}) == 2


async def test_who_is_sent_out_of_one_room_leaves_the_showroom_on_every_node(nodes):
    a, _ = nodes
    first = await a.come("Anna", room="demo-1")
    await eventually(lambda: a.hub.nodes.owner("demo-1") or a.hub.open_rooms.find("demo-1"))
    for node in nodes:
        await node.beat()
    second = await a.come("Anna", room="demo-2")
    assert len({bool(a.hub.open_rooms.find(room)) for room in ("demo-1", "demo-2")}) == 2
    await a.ask("DELETE", f"/api/rooms/demo-1/avatars/{first.avatar_id}")
    for guest in (first, second):
        assert (await guest.hears("problem"))["error"]["type"] == "kicked"


async def test_what_concerns_a_person_is_heard_on_every_node(nodes):
    a, b = nodes
    guests = [await node.come("Anna", room=f"demo-{n}") for n, node in enumerate(nodes, 1)]
    cart = {"cart": {"id": "anna", "lines": [], "version": 7}}
    a.hub.notify("anna", "cart", cart)
    for guest in guests:
        assert (await guest.hears("cart")) == cart
    await b.beat()
    assert [len(guest.heard["cart"]) for guest in guests] == [1, 1]


# ---- moving ----


async def test_a_node_that_drains_gives_its_rooms_away_and_nothing_is_lost(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    first, second = (a, b) if a.hub.open_rooms.find("demo-1") else (b, a)
    bruno = await second.come("Bruno", room="demo-1")
    await anna.act("grab", object="shoe")
    await anna.act("move", object="shoe", position=[1, 1, 1])
    await anna.act("release", object="shoe")
    status, _ = await second.ask("POST", f"/api/nodes/{first.name}/drain")
    assert status == 202
    for guest in (anna, bruno):
        told = await guest.hears("relocated")
        assert told["url"] == second.url
        again = second.shopper(guest.person.name)
        await again.connect({"resume": told["resume"]})
        assert again.welcome["you"] == guest.welcome["you"]
        (shoe,) = [thing for thing in again.welcome["objects"] if thing["id"] == "shoe"]
        assert shoe["position"] == [1, 1, 1]
    assert [live.room.id for live in first.hub.rooms()] == []
    ticket = await first.join("Carla", room="demo-7")
    assert ticket["url"] == second.url
    status, problem = await first.ask("POST", f"/api/nodes/{second.name}/drain")
    assert (status, problem["type"]) == (409, "last-node")
    assert (await first.ask("DELETE", f"/api/nodes/{first.name}/drain"))[0] == 202
    await eventually(lambda: not first.hub.nodes.draining)
    assert (await first.ask("POST", "/api/nodes/nobody/drain"))[0] == 404


async def test_what_is_accepted_while_a_room_moves_is_never_lost(nodes):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    first, second = (a, b) if a.hub.open_rooms.find("demo-1") else (b, a)
    accepted = []

    async def act() -> None:
        for variant in ["blue", "red", "green"] * 50:
            answer = await anna.act("variant", object="shoe", variant=variant)
            if not answer["ok"]:
                assert answer["error"]["type"] == "room-moving"
                return
            accepted.append(variant)

    acting = asyncio.create_task(act())
    await eventually(lambda: len(accepted) > 3)
    await first.crier.mover.drain()
    await asyncio.gather(acting, return_exceptions=True)
    kept = await second.hub.documents.showrooms.kept("demo-1")
    assert kept["objects"]["shoe"]["variant"] == accepted[-1]


# ---- Redis ----


async def test_without_redis_open_rooms_go_on_and_none_are_opened(nodes, redis):
    a, b = nodes
    anna = await a.come("Anna", room="demo-1")
    owner = a if a.hub.open_rooms.find("demo-1") else b
    redis.kill()
    await eventually(lambda: owner.hub.nodes.away)
    await asyncio.sleep(3.5)  # beyond the lease
    assert (await anna.act("say", text="Still here"))["ok"]
    assert (await owner.join("Bruno", room="demo-1"))["url"] == owner.url
    person = Person("carla", "Carla", Role.SHOPPER)
    status, problem = await owner.ask(
        "POST", "/api/showrooms/demo/join", person, {"room": "demo-9"}
    )
    assert (status, problem["type"]) == (503, "directory-away")
    redis.start()  # and empty
    await eventually(lambda: not owner.hub.nodes.away)
    other = b if owner is a else a
    await eventually(lambda: other.hub.nodes.owner("demo-1"))
    assert (await other.join("Dino", room="demo-1", watch=True))["url"] == owner.url
    assert not anna.heard["relocated"]


async def test_redis_that_was_emptied_knows_all_rooms_again_after_a_beat(open_store, redis):
    async with two_nodes(await open_store(), redis.url(), settle=1.5) as nodes:
        tickets = [await nodes[n % 2].join(f"P{n}", room=f"demo-{n}") for n in range(1, 5)]
        redis.empty()
        again = [await nodes[n % 2].join(f"Q{n}", room=f"demo-{n}") for n in range(1, 5)]
        assert [one["url"] for one in again] == [one["url"] for one in tickets]
        for n in range(1, 5):
            opened = [node.name for node in nodes if node.hub.open_rooms.find(f"demo-{n}")]
            assert len(opened) == 1


async def test_a_node_cut_off_from_redis_sees_by_the_fence_that_its_room_is_gone(open_store, redis):
    store = await open_store()
    async with a_node(store, redis.url(), "a") as a:
        anna = await a.come("Anna", room="demo-1")
        redis.kill()
        await eventually(lambda: a.hub.nodes.away)
        await a.hub.documents.showrooms.take("demo-1", "demo")  # as another node would
        assert (await anna.hears("relocated"))["url"] is None
        redis.start()


async def test_a_node_without_others_and_without_redis_has_every_room(open_store):
    from tests.server.rooms.house import opened

    async with opened(await open_store()) as house:
        anna = await house.enter("Anna")
        assert house.hub.nodes.owner("demo-1") is None
        assert (await anna.act("say", text="Hello"))["ok"]
        assert [live.fence for live in house.hub.rooms()] == [1]
