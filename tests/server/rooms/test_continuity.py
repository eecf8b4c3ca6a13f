"""Coming back: the same avatar, told what it missed; and never a ghost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from server.rooms.messages import Change, Said
from server.rooms.ring import Ring
from server.rooms.seats import RESUME_SECONDS
from tests.conftest import HeldClock
from tests.server.rooms.house import House, Shopper, eventually, opened

LAMP = {"object": "lamp"}
NO_CHANGE = {"welcome", "resumed", "poses", "audience", "typing", "pace", "cart", "order"}


@pytest.fixture
async def house(open_store) -> AsyncIterator[House]:
    async with opened(await open_store()) as house:
        yield house


def the_live(house: House) -> Any:
    return next(house.hub.rooms())


def changes(shopper: Shopper) -> list[tuple[str, Any]]:
    return [(event, data) for event, data in shopper.order if event not in NO_CHANGE]


async def come_back(house: House, before: Shopper, **auth: Any) -> Shopper:
    """With the token of the welcome, and what else is given."""
    again = house.shopper(before.person.name)
    auth = {"resume": before.welcome["resume"], **auth}
    await again.socket.connect(house.url, auth=auth, transports=["websocket"])
    await again.until(lambda: again.heard["welcome"] or again.heard["resumed"])
    return again


async def test_who_comes_back_is_told_what_they_missed_and_nothing_twice(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await bruno.act("say", text="before")
    rev = (await anna.hears("said"))["rev"]
    await anna.leave()
    await bruno.hears("left")
    await bruno.act("say", text="one")
    await bruno.act("grab", **LAMP)
    again = await come_back(house, anna, rev=rev, epoch=anna.welcome["epoch"])
    (resumed,) = again.heard["resumed"]
    assert not again.heard["welcome"]
    assert resumed["you"] == anna.welcome["you"]
    assert resumed["cart"] == anna.welcome["cart"]
    assert (resumed["room"], resumed["from_rev"]) == ("demo-1", rev)
    await again.hears("held", by=bruno.avatar_id)
    await bruno.act("say", text="two")
    await again.hears("said", text="two")
    told = changes(again)
    assert [data["rev"] for _, data in told] == list(range(rev + 1, resumed["to_rev"] + 2))
    # One's own going and coming is nothing to see.
    assert [event for event, _ in told] == ["passed", "said", "held", "passed", "said"]
    assert again.order[0][0] == "resumed"


async def test_who_missed_nothing_is_told_nothing(house: House):
    anna = await house.enter("Anna")
    rev, epoch = the_live(house).room.rev, anna.welcome["epoch"]
    again = await come_back(house, anna, rev=rev, epoch=epoch)  # the old line still looks alive
    assert again.heard["resumed"][0]["to_rev"] == rev
    assert not changes(again)
    # The new token serves as well as the first one.
    third = house.shopper("Anna")
    auth = {"resume": again.heard["resumed"][0]["resume"], "rev": rev, "epoch": epoch}
    await third.socket.connect(house.url, auth=auth, transports=["websocket"])
    await third.hears("resumed")
    assert len(the_live(house).room.company.avatars) == 1


@pytest.mark.parametrize(
    "auth",
    [
        {},
        {"rev": 1},
        {"epoch": "this"},
        {"rev": 10**9, "epoch": "this"},
        {"rev": -1, "epoch": "this"},
        {"rev": 1, "epoch": "another"},
    ],
)
async def test_who_knows_no_revision_of_this_room_gets_all_of_it(house: House, auth):
    anna = await house.enter("Anna")
    if auth.get("epoch") == "this":
        auth = {**auth, "epoch": anna.welcome["epoch"]}
    again = await come_back(house, anna, **auth)
    assert again.welcome["you"] == anna.welcome["you"]
    assert not again.heard["resumed"]


async def test_who_was_away_too_long_for_a_replay_gets_all_of_it(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    rev, live = the_live(house).room.rev, the_live(house)
    live.ring = Ring(max_items=2, rev=rev)
    await anna.leave()
    await bruno.hears("left")
    await bruno.act("say", text="much")
    again = await come_back(house, anna, rev=rev, epoch=anna.welcome["epoch"])
    assert again.welcome["rev"] == live.room.rev


async def test_what_was_not_for_their_eyes_is_not_replayed_either(house: House, monkeypatch):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    rev, live = the_live(house).room.rev, the_live(house)
    await anna.leave()
    await bruno.hears("left")

    def hidden_from(change: Change) -> list[str]:
        """As one who was away is not thought of when it is said."""
        secret = isinstance(change, Said) and anna.avatar_id in live.room.company.avatars
        return [anna.avatar_id] if secret else []

    monkeypatch.setattr(live.room.safety, "hidden_from", hidden_from)
    await bruno.act("say", text="psst")
    again = await come_back(house, anna, rev=rev, epoch=anna.welcome["epoch"])
    await again.until(lambda: len(changes(again)) == 3)
    assert {event for event, _ in changes(again)} == {"passed"}


async def test_who_noticed_a_gap_asks_for_what_is_missing(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    rev = the_live(house).room.rev
    await bruno.act("say", text="one")
    await bruno.act("say", text="two")
    await anna.hears("said", text="two")
    count = len(anna.order)
    done = await anna.act("sync", rev=rev, epoch=anna.welcome["epoch"])
    assert done == {"ok": True, "rev": rev + 2, "replayed": True}

    def replayed() -> list[str]:  # the first poses may come as late
        return [data["text"] for event, data in anna.order[count:] if event == "said"]

    await anna.until(lambda: len(replayed()) == 2)
    assert replayed() == ["one", "two"]
    assert len(bruno.heard["said"]) == 2
    assert (await anna.act("sync", rev=rev, epoch="another"))["replayed"] is False
    assert (await anna.act("sync", rev=10**6, epoch=anna.welcome["epoch"]))["replayed"] is False
    assert (await anna.act("sync", rev=-1, epoch=""))["error"]["type"] == "malformed-message"


async def test_what_one_held_is_back_in_its_place_when_one_returns(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.act("grab", **LAMP)
    await anna.act("move", **LAMP, position=[1, 1, 1])
    await bruno.hears("moved")
    rev = the_live(house).room.rev
    await anna.leave()
    again = await come_back(house, anna, rev=rev, epoch=anna.welcome["epoch"])
    back = await again.hears("held", by=None)
    assert back["position"] == [2, 1, 0]
    assert (await again.act("move", **LAMP, position=[1, 1, 1]))["error"]["type"] == "not-held"


async def test_a_profile_lives_through_a_lost_line(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    avatars = the_live(house).room.company.avatars
    new = structs.replace(avatars[anna.avatar_id], name="Ann", color="#00ff00")
    avatars[anna.avatar_id] = new
    await anna.leave()
    await bruno.hears("left")
    again = await come_back(house, anna)
    assert (again.welcome["you"]["name"], again.welcome["you"]["color"]) == ("Ann", "#00ff00")


async def test_of_many_who_come_back_at_once_as_one_avatar_one_stays(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    again = await asyncio.gather(*(come_back(house, anna) for _ in range(8)))
    live = the_live(house)

    def one_is_left() -> bool:
        return sum(one.socket.connected for one in again) == 1

    await eventually(one_is_left)
    assert len(live.room.company.avatars) == len(live.seats) == 2
    (kept,) = [one for one in again if one.socket.connected]
    await kept.act("say", text="it is me")
    assert (await bruno.hears("said"))["by"] == anna.avatar_id
    assert not bruno.heard["left"]


async def test_a_seat_that_was_given_up_stays_so(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        await anna.leave()
        await bruno.hears("left")
        clock.forward(seconds=RESUME_SECONDS - 1)
        house.hub.sweep()
        again = await come_back(house, anna)
        assert again.avatar_id == anna.avatar_id
        await again.leave()
        await bruno.until(lambda: len(bruno.heard["left"]) == 2)
        clock.forward(seconds=RESUME_SECONDS)
        house.hub.sweep()
        stranger = house.shopper("Anna")
        refused: list[Any] = []
        stranger.socket.on("connect_error", refused.append)
        with pytest.raises(Exception, match=r"."):
            await stranger.connect({"resume": anna.welcome["resume"]})
        assert refused[0]["data"]["type"] == "seat-gone"
