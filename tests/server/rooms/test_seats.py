"""Places in a room: never more than there are, kept for who comes back."""

import pytest

from server.auth import Person, Role
from server.rooms.limits import Bucket
from server.rooms.role import RoomRole
from server.rooms.seats import INDICES, RESUME_SECONDS, SeatGone, Seats, State, TicketUsed

ANNA = Person("anna", "Anna", Role.SHOPPER)


def test_a_reserved_seat_lapses_and_a_taken_one_does_not():
    seats = Seats(2)
    seats.reserve("a", ANNA, until=60)
    seats.reserve("b", ANNA, until=60)
    assert seats.free == 0
    seats.take("a", now=1)
    seats.expire(now=60)
    assert seats.free == 1
    assert [seat.state for seat in seats.of_person["anna"].values()] == [State.TAKEN]
    with pytest.raises(SeatGone):
        seats.take("b", now=61)


def test_a_ticket_opens_the_door_once():
    seats = Seats(1)
    seats.reserve("a", ANNA, until=60)
    seats.take("a", now=1)
    with pytest.raises(TicketUsed):
        seats.take("a", now=2)
    with pytest.raises(SeatGone):
        seats.take("b", now=2)


def test_a_seat_waits_half_a_minute_for_its_avatar():
    seats = Seats(1)
    first = seats.reserve("a", ANNA, until=60)
    seats.take("a", now=1)
    seats.vacate("a", now=100)
    seats.expire(now=100 + RESUME_SECONDS - 1)
    assert seats.resume("a", now=100 + RESUME_SECONDS - 1).index == first.index
    seats.vacate("a", now=200)
    with pytest.raises(SeatGone):
        seats.resume("a", now=200 + RESUME_SECONDS)
    seats.vacate("nobody", now=0)


def test_a_seat_that_was_given_up_is_nobodys():
    seats = Seats(1)
    seats.reserve("a", ANNA, until=60)
    seats.take("a", now=1)
    seats.give_up("a")
    assert (seats.free, seats.of_person) == (1, {})
    with pytest.raises(SeatGone):
        seats.resume("a", now=1)
    seats.give_up("a")


def test_the_seat_that_was_kept_for_who_waited_goes_with_their_place():
    seats = Seats(1)
    for place in ("a", "b"):
        seats.watch(place, ANNA, until=60, waits=RoomRole.SHOPPER)
    seats.reserve("kept", ANNA, until=60, called_for="a")
    seats.give_up("b")
    assert seats.free == 0
    seats.give_up("a")
    assert (seats.free, len(seats), seats.watching) == (1, 0, 0)


def test_who_sits_already_does_not_lose_the_seat_with_the_place_in_the_line():
    seats = Seats(1)
    seats.watch("a", ANNA, until=60, waits=RoomRole.SHOPPER)
    seats.reserve("kept", ANNA, until=60, called_for="a")
    seats.take("kept", now=1)
    seats.give_up("a")
    assert [seat.avatar_id for seat in seats] == ["kept"]


def test_an_index_comes_round_again_as_late_as_it_can():
    seats = Seats(2)
    seen = []
    seats.reserve("stays", ANNA, until=1e9)
    for number in range(INDICES):
        seen.append(seats.reserve(str(number), ANNA, until=number).index)
        seats.expire(now=number)
    assert seen == [*range(1, INDICES), 1]


def test_no_room_is_larger_than_an_index():
    assert Seats(10_000).capacity == INDICES


def test_a_bucket_gives_its_burst_and_then_its_rate():
    bucket = Bucket(rate=2, burst=3)
    assert [bucket.take(10) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(10.5) for _ in range(2)] == [True, False]
    assert [bucket.take(99) for _ in range(4)] == [True, True, True, False]
