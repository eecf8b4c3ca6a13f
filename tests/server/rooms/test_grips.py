"""Who holds what, for how long, and where it ends."""

import asyncio

import pytest

from server.rooms.grips import (
    LEASE_SECONDS,
    AlreadyHeld,
    NotHeld,
)
from server.rooms.instant import Instant
from server.rooms.placement import Wish
from tests.server.rooms.displays import GUIDE
from tests.server.rooms.house import (
    ANNA,
    BRUNO,
    a_room,
    at,
    opened,
)


def test_the_first_wins_and_a_second_grab_of_ones_own_renews():
    room = a_room(ANNA, BRUNO)
    (held,) = room.objects.grab("a", "lamp", at(0))
    assert (held.object, held.by) == ("lamp", "a")
    with pytest.raises(AlreadyHeld) as refused:
        room.objects.grab("b", "lamp", at(LEASE_SECONDS - 0.1))
    assert refused.value.problem()["detail"] == "`lamp` is held by Anna."
    assert room.objects.grab("a", "lamp", at(1)) == []
    assert room.expire(at(LEASE_SECONDS)) == []
    (freed,) = room.expire(at(1 + LEASE_SECONDS))
    assert freed.by is None


@pytest.mark.parametrize("end", ["leaves", "forgets it"])
def test_what_its_holder_left_behind_goes_back_to_where_it_was_taken_from(end):
    room = a_room(ANNA, BRUNO)
    home = room.objects.things["lamp"].place.position
    room.objects.grab("a", "lamp", at(0))
    room.objects.move("a", "lamp", Wish((0.5, 1.4, 0.5), scale=1.5), at(1))
    assert room.kept()["objects"]["lamp"]["position"] == list(home)
    held = (room.leave("a") if end == "leaves" else room.expire(at(1 + LEASE_SECONDS)))[0]
    assert (held.object, held.by, held.position) == ("lamp", None, home)
    assert room.objects.things["lamp"].place == room.objects.things["lamp"].home


def test_what_is_put_down_stays_there():
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", at(0))
    room.objects.release("a", "lamp", Wish((0.5, 0.9, 0.5)), at(1))
    room.leave("a")
    assert room.kept()["objects"]["lamp"]["position"] == [0.5, 0.9, 0.5]


def test_a_lapsed_grab_is_free_even_before_it_is_swept():
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", at(0))
    with pytest.raises(NotHeld):
        room.objects.move("a", "lamp", Wish((0, 0, 0)), at(LEASE_SECONDS))
    assert [held.by for held in room.objects.grab("b", "lamp", at(LEASE_SECONDS))] == [None, "b"]


@pytest.mark.parametrize("hours", [2, -1])
def test_a_clock_that_is_set_opens_no_hand_and_keeps_none_closed(hours):
    room = a_room(ANNA, BRUNO)
    room.objects.grab("a", "lamp", Instant(1e9, 0))
    wall = 1e9 + 3600 * hours
    assert room.expire(Instant(wall, LEASE_SECONDS - 0.1)) == []
    assert room.objects.move("a", "lamp", Wish((1, 1, 1)), Instant(wall, LEASE_SECONDS - 0.1))
    with pytest.raises(AlreadyHeld):
        room.objects.grab("b", "lamp", Instant(wall, LEASE_SECONDS))
    (freed,) = room.expire(Instant(wall, 2 * LEASE_SECONDS))
    assert (freed.object, freed.by) == ("lamp", None)


# ---- two hands, two people ----


def test_a_second_hand_joins_and_one_of_two_may_let_go():
    room = a_room(ANNA, BRUNO)
    (held,) = room.objects.grab("a", "lamp", at(0), "left")
    assert held.hand == "left"
    assert room.objects.grab("a", "lamp", at(1), "right") == []
    assert room.objects.grips["lamp"].hands == {"left", "right"}
    assert room.objects.release("a", "lamp", Wish(), at(2), "left") == []
    with pytest.raises(NotHeld):
        room.objects.release("a", "lamp", Wish(), at(2), "left")
    assert room.objects.grips["lamp"].by == "a"
    (held,) = room.objects.release("a", "lamp", Wish((1, 1, 1)), at(2), "right")
    assert (held.by, held.position) == (None, (1, 1, 1))


def test_both_hands_open_when_none_is_named_or_it_goes_home():
    for way in ((None, False), ("left", True)):
        room = a_room(ANNA)
        room.objects.grab("a", "lamp", at(0), "left")
        room.objects.grab("a", "lamp", at(0), "right")
        (held,) = room.objects.release("a", "lamp", Wish((1, 1, 1)), at(1), *way)
        assert held.by is None
        assert room.objects.grips == {}


def test_the_holder_hears_once_of_each_who_would_like_to_have_it():
    room = a_room(ANNA, BRUNO, GUIDE)
    assert room.objects.wanted("b", "lamp") is None
    room.objects.grab("a", "lamp", at(0))
    assert room.objects.wanted("b", "lamp").name == "Bruno"
    assert room.objects.wanted("b", "lamp") is None
    assert room.objects.wanted("g", "lamp").by == "g"


async def test_of_fifty_who_grab_at_once_one_gets_it(open_store):
    async with opened(await open_store(), capacity=50) as house:
        people = [await house.enter(f"P{number}") for number in range(50)]
        answers = await asyncio.gather(*(one.act("grab", object="shoe") for one in people))
        assert sum(answer["ok"] for answer in answers) == 1
        refused = [answer["error"] for answer in answers if not answer["ok"]]
        winner = next(one for one, answer in zip(people, answers, strict=True) if answer["ok"])
        assert {error["type"] for error in refused} == {"already-held"}
        assert {error["by"] for error in refused} == {winner.avatar_id}
        await winner.until(lambda: len(winner.heard["wanted"]) == 49)
        assert {one["by"] for one in winner.heard["wanted"]} == {
            one.avatar_id for one in people if one is not winner
        }
        assert not any(one.heard["wanted"] for one in people if one is not winner)
