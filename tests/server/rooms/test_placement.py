"""Where a piece may go, how far it turns, how large it gets."""

import math

import pytest

from server.rooms.grips import (
    GoesHome,
    NotForTurning,
)
from server.rooms.placement import Wish, spun
from server.rooms.pose import IDENTITY
from tests.server.rooms.displays import with_display
from tests.server.rooms.house import (
    ANNA,
    a_room,
    at,
)


def test_a_piece_is_scaled_within_what_its_display_allows_and_goes_back_to_its_size():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move("a", "lamp", Wish(scale=9), at(1))
    assert (moved.scale, moved.position) == (2.0, (2, 1, 0))
    (moved,) = room.objects.move("a", "lamp", Wish(scale=0.1), at(2))
    assert moved.scale == 0.5
    (held,) = room.objects.release("a", "lamp", Wish(), at(3), home=True)
    assert held.scale == 1.0


def test_reach_and_turn_are_limits_of_a_display():
    limits = {"reach": 1.0, "turn": "upright", "scale": [1, 1]}
    room = a_room(ANNA, showroom=with_display("shoe", limits=limits))
    room.objects.grab("a", "shoe", at(0))
    tilted = spun((0.5, 0, 0, 0.866), 1.0)
    (moved,) = room.objects.move("a", "shoe", Wish((3, 1, 0), tilted, 2.0), at(0))
    assert moved.position == (1, 1, 0)
    assert moved.scale == 1
    assert (moved.rotation[0], moved.rotation[2]) == (0, 0)
    assert moved.rotation[1] == pytest.approx(math.sin(0.5), abs=1e-4)


def test_what_cannot_be_turned_keeps_its_rotation_and_does_not_spin():
    room = a_room(ANNA, showroom=with_display("lamp", limits={"turn": "none"}))
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move("a", "lamp", Wish((0, 0, 0), IDENTITY), at(0))
    assert moved.rotation == (0, 1, 0, 0)
    room.objects.release("a", "lamp", Wish(), at(0))
    for thing in ("lamp", "sofa"):
        with pytest.raises(NotForTurning):
            room.objects.spin("a", thing, 1.0, at(0))


def test_what_is_told_has_few_digits():
    room = a_room(ANNA)
    room.objects.grab("a", "lamp", at(0))
    (moved,) = room.objects.move(
        "a", "lamp", Wish((1 / 3, 2 / 3, 1e-9), (1, 2, 3, 4), 4 / 3), at(0)
    )
    assert moved.position == (0.3333, 0.6667, 0)
    assert moved.scale == 1.3333
    assert moved.rotation == (0.1826, 0.3651, 0.5477, 0.7303)


def test_what_snaps_goes_home_however_it_is_let_go():
    room = a_room(ANNA, showroom=with_display("shoe", snap=True))
    room.objects.grab("a", "shoe", at(0))
    room.objects.move("a", "shoe", Wish((1, 1, 1), scale=2), at(0))
    (held,) = room.objects.release("a", "shoe", Wish((1, 1, 1)), at(1))
    assert (held.position, held.scale) == ((0, 1, 0), 1)
    with pytest.raises(GoesHome):
        room.objects.bring("a", "shoe", Wish((1, 1, 1)), at(2))
