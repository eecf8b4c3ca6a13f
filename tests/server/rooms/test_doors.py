"""Who gets in: as what, where, and in which order."""

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio.exceptions import ConnectionError

from server.auth import TICKET, Person, Role
from server.rooms.doors import MAX_RESERVED, Banned, TooManySeats, UnknownRoom, Wish
from server.rooms.lobby import CALL_SECONDS
from server.rooms.role import (
    INVITES,
    MODERATORS,
    OF_ACCOUNTS,
    ORDER,
    InviteNotYours,
    RoleNotYours,
    RoomRole,
    check_invite,
    role_of,
)
from server.rooms.seats import RESUME_SECONDS, RoomFull, State
from server.storage.port import Change
from tests.conftest import HeldClock
from tests.server.rooms.house import House, Shopper, eventually, opened

ANNA = Person("anna", "Anna", Role.SHOPPER)


def guest(number: int) -> Person:
    return Person(f"p{number}", f"P{number}", Role.SHOPPER)


# ---- roles ----


@given(
    st.sampled_from(Role),
    st.none() | st.sampled_from(RoomRole),
    st.none() | st.sampled_from(sorted(frozenset().union(*INVITES.values()))),
)
def test_no_wish_and_no_invitation_makes_anybody_staff(account, wish, invite):
    try:
        role = role_of(account, wish, invite)
    except RoleNotYours:
        own = max(OF_ACCOUNTS[account], invite or RoomRole.WATCHER, key=ORDER.index)
        assert ORDER.index(wish) > ORDER.index(own)
        return
    assert role is not RoomRole.STAFF or account is Role.STAFF
    assert role not in MODERATORS or account in {Role.STAFF, Role.OPERATOR} or invite in MODERATORS
    assert wish in {None, role}
    if wish is None and invite is not RoomRole.WATCHER:
        assert ORDER.index(role) >= ORDER.index(OF_ACCOUNTS[account])


@given(st.sampled_from(Role), st.sampled_from(RoomRole))
def test_nobody_invites_to_more_than_they_are(account, wish):
    try:
        check_invite(account, wish)
    except InviteNotYours:
        return
    assert wish is not RoomRole.STAFF
    assert ORDER.index(wish) <= ORDER.index(OF_ACCOUNTS[account])


async def test_the_role_is_signed_into_the_ticket_and_shown_to_all(house: House):
    staff = Person("desk", "Desk", Role.STAFF)
    ticket = await house.hub.ways.join("demo", staff, house.url, Wish(role=RoomRole.DESIGNER))
    assert (
        house.hub.tokens.read(ticket.ticket, TICKET, house.hub.clock()).extra["role"] == "designer"
    )
    desk = house.shopper("Desk")
    await desk.connect({"ticket": ticket.ticket, "role": "staff"})
    assert desk.welcome["you"]["role"] == ticket.role == "designer"
    with pytest.raises(RoleNotYours):
        await house.hub.ways.join("demo", ANNA, house.url, Wish(role=RoomRole.STAFF))


# ---- rooms ----


async def test_a_wished_room_must_be_one_of_the_showroom(house: House):
    ticket = await house.hub.ways.join("demo", ANNA, house.url, Wish(room="demo-7"))
    assert ticket.room == "demo-7"
    for room in (
        "demo-0",
        "demo-07",
        "demo-101",
        "demo-1000000",
        "elsewhere-1",
        "demo-",
        "x" * 999,
    ):
        with pytest.raises(UnknownRoom):
            await house.hub.ways.join("demo", ANNA, house.url, Wish(room=room))


async def test_who_was_sent_away_does_not_come_in(open_store, clock: HeldClock):
    class Bans:
        async def until(self, showroom: str, person: Person) -> datetime | None:
            banned = (showroom, person.id) == ("demo", "anna")
            return clock() + timedelta(minutes=5) if banned else None

    async with opened(await open_store(), clock=clock) as house:
        house.hub.doors.bans = Bans()
        with pytest.raises(Banned) as refused:
            await house.hub.ways.join("demo", ANNA, house.url)
        assert refused.value.facts["until"].endswith("+00:00")
        await house.hub.ways.join("demo", guest(1), house.url)


async def test_fifty_at_once_never_overfill_a_room_its_lobby_or_its_line(open_store):
    async with opened(await open_store(), capacity=8, watchers=20) as house:
        wish = Wish(room="demo-1")
        asked = [house.hub.ways.join("demo", guest(n), house.url, wish) for n in range(50)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        tickets = [answer for answer in answers if not isinstance(answer, BaseException)]
        assert sum(not ticket.watching for ticket in tickets) == 8
        assert [ticket.waiting for ticket in tickets if ticket.watching] == [*range(1, 21)]
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert len(refused) == 22
        assert all(isinstance(answer, RoomFull) for answer in refused)


# ---- watching ----


async def watch(house: House, name: str, **wish) -> Shopper:
    shopper = house.shopper(name)
    join = house.hub.ways.join
    ticket = await join("demo", shopper.person, house.url, Wish(**{"watch": True, **wish}))
    await shopper.connect({"ticket": ticket.ticket})
    return shopper


async def test_who_watches_sees_and_hears_and_is_not_there(any_house: House):
    anna = await any_house.enter("Anna")
    eye = await watch(any_house, "Eye")
    assert eye.welcome["you"]["index"] is None
    assert eye.welcome["you"]["role"] == "watcher"
    assert [avatar["name"] for avatar in eye.welcome["avatars"]] == ["Anna"]
    assert eye.welcome["door"]["watching"] == 1
    assert anna.heard["joined"] == []
    await anna.stand(1, 2)
    await eye.sees(anna.index, 1, 2)
    await anna.act("say", text="Hello")
    await eye.hears("said", text="Hello")
    for event, payload in {
        "say": {"text": "Me too"},
        "grab": {"object": "shoe"},
        "variant": {"object": "shoe", "variant": "blue"},
    }.items():
        answer = await eye.act(event, **payload)
        assert (answer["ok"], answer["error"]["type"]) == (False, "forbidden")
    assert (await eye.act("cart", lines=[{"sku": "SHOE-01", "quantity": 1}]))["ok"]
    await eye.stand(0, 0)
    await anna.act("say", text="Still alone")
    await eye.leave()
    await eventually(lambda: next(any_house.hub.rooms()).seats.watching == 1)
    assert anna.heard["left"] == []
    assert {who for who in anna.order if who[0] == "joined"} == set()


async def test_a_watcher_who_loses_the_line_comes_back(house: House):
    eye = await watch(house, "Eye")
    resume = eye.welcome["resume"]
    await eye.leave()
    again = house.shopper("Eye")
    await again.connect({"resume": resume})
    assert again.welcome["you"] == eye.welcome["you"]


# ---- the line ----


class Line:
    """A room of one, and people who wait for her place."""

    def __init__(self, house: House, clock: HeldClock) -> None:
        self.house, self.clock = house, clock

    async def wait(self, name: str) -> Shopper:
        return await watch(self.house, name, watch=False, room="demo-1")

    def tick(self, seconds: float = 0.0) -> None:
        self.clock.forward(seconds=seconds)
        for live, outcome in self.house.hub.sweep():
            self.house.sockets.carry_out(live, outcome)

    async def leaves(self, shopper: Shopper) -> None:
        live = self.house.hub.open_rooms.find("demo-1")
        id = shopper.avatar_id
        await shopper.leave()
        await eventually(lambda: live.seats.find(id).state is State.AWAY)
        self.tick(RESUME_SECONDS + 1)


@pytest.fixture
async def line(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock, capacity=1) as house:
        yield Line(house, clock)


async def test_the_first_in_line_gets_the_seat(line: Line):
    anna = await line.house.enter("Anna")
    bruno, carla = await line.wait("Bruno"), await line.wait("Carla")
    assert bruno.welcome["door"]["seat"]["place"] == 1
    assert carla.welcome["door"]["seat"]["place"] == 2
    line.tick()
    assert (await anna.hears("audience", waiting=2))["watching"] == 2
    await line.leaves(anna)
    call = await bruno.until(lambda: [news for news in bruno.heard["seat"] if news["ticket"]])
    assert (await carla.hears("seat", place=1))["ticket"] is None
    late = await line.house.hub.ways.join("demo", ANNA, "", Wish(room="demo-1"))
    assert late.waiting == 2  # nobody overtakes
    seated = line.house.shopper("Bruno")
    await seated.connect({"ticket": call[0]["ticket"]})
    assert seated.welcome["you"]["role"] == "shopper"
    assert seated.index is not None
    line.tick()
    assert (await bruno.hears("problem"))["error"]["type"] == "seated"
    assert not any(news["ticket"] for news in carla.heard["seat"])


async def test_who_does_not_come_has_had_their_turn_and_watches_on(line: Line):
    anna = await line.house.enter("Anna")
    bruno, carla = await line.wait("Bruno"), await line.wait("Carla")
    await line.leaves(anna)
    call = await bruno.until(lambda: [news for news in bruno.heard["seat"] if news["ticket"]])
    line.tick(CALL_SECONDS - 1)
    assert not any(news["ticket"] for news in carla.heard["seat"])
    line.tick(1.1)
    await carla.until(lambda: [news for news in carla.heard["seat"] if news["ticket"]])
    await bruno.hears("seat", place=0, ticket=None)
    late = line.house.shopper("Bruno")
    with pytest.raises(ConnectionError):
        await late.connect({"ticket": call[0]["ticket"]})
    line.tick()
    assert len([news for news in bruno.heard["seat"] if news["place"] == 0]) == 2


async def test_who_is_not_connected_keeps_their_place_and_is_not_called(line: Line):
    anna = await line.house.enter("Anna")
    bruno, carla = await line.wait("Bruno"), await line.wait("Carla")
    live = line.house.hub.open_rooms.find("demo-1")
    seat = anna.avatar_id
    await anna.leave()
    await eventually(lambda: live.seats.find(seat).state is State.AWAY)
    line.clock.forward(seconds=RESUME_SECONDS - 1)
    place, resume = bruno.avatar_id, bruno.welcome["resume"]
    await bruno.leave()
    await eventually(lambda: live.seats.find(place).state is State.AWAY)
    line.tick(2)
    await carla.until(lambda: [news for news in carla.heard["seat"] if news["ticket"]])
    again = line.house.shopper("Bruno")
    await again.connect({"resume": resume})
    assert again.welcome["door"]["seat"]["place"] == 1


async def test_a_call_that_was_lost_on_the_way_is_repeated(line: Line):
    anna = await line.house.enter("Anna")
    bruno = await line.wait("Bruno")
    await line.leaves(anna)
    call = await bruno.until(lambda: [news for news in bruno.heard["seat"] if news["ticket"]])
    again = line.house.shopper("Bruno")
    await again.connect({"resume": bruno.welcome["resume"]})
    assert again.welcome["door"]["seat"] == call[0]
    line.tick()
    assert (await again.hears("seat"))["ticket"] == call[0]["ticket"]


async def test_waiting_in_several_windows_is_no_abuse(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock, capacity=MAX_RESERVED + 1) as house:
        line = Line(house, clock)
        inside = [await house.enter(f"P{n}") for n in range(MAX_RESERVED + 1)]
        windows = [await line.wait("Anna") for _ in range(MAX_RESERVED + 1)]
        live = house.hub.open_rooms.find("demo-1")
        for shopper in inside:
            await shopper.leave()
        await eventually(
            lambda: sum(seat.state is State.AWAY for seat in live.seats) == len(inside)
        )
        line.tick(RESUME_SECONDS + 1)
        for window in windows:
            await window.until(lambda heard=window.heard: [n for n in heard["seat"] if n["ticket"]])
        another = await house.hub.ways.join("demo", windows[0].person, "")
        assert another.room == "demo-2"


async def test_one_person_cannot_fill_the_lobby(open_store):
    async with opened(await open_store()) as house:
        for _ in range(MAX_RESERVED):
            await house.hub.ways.join("demo", ANNA, "", Wish(watch=True))
        with pytest.raises(TooManySeats):
            await house.hub.ways.join("demo", ANNA, "", Wish(watch=True))


async def test_the_audience_is_told_once_a_second_and_only_when_there_is_one(
    open_store, clock: HeldClock
):
    async with opened(await open_store(), clock=clock) as house:
        line = Line(house, clock)
        anna = await house.enter("Anna")
        await house.enter("Bruno")
        line.tick(5)
        for name in ("Eye", "Ear"):
            await watch(house, name)
            line.tick(0.5)
        line.tick(0.5)
        await anna.hears("audience", watching=2)
        assert [news["watching"] for news in anna.heard["audience"]] == [1, 2]


async def test_a_line_outlives_the_server(open_store, clock: HeldClock):
    store = await open_store()
    async with opened(store, clock=clock, capacity=1) as house:
        line = Line(house, clock)
        await house.enter("Anna")
        waiting = [await line.wait(name) for name in ("Bruno", "Carla", "Dora")]
        tokens = [shopper.welcome["resume"] for shopper in waiting]
        await house.hub.keeper.keep()
        document = await house.hub.documents.showrooms.kept("demo-1")
    await store.run(Change("room", "demo-1", lambda _: document))  # as a crash leaves it
    async with opened(store, clock=clock, capacity=1) as house:
        places = []
        for token in reversed(tokens):
            shopper = house.shopper("Back")
            await shopper.connect({"resume": token})
            places.append(shopper.welcome["door"]["seat"]["place"])
        assert places == [3, 2, 1]
