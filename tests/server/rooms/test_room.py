"""Coming, going and numbering, without a socket in sight."""

import msgspec

from server.rooms.messages import Held, Joined, Left, body_of
from server.rooms.role import RoomRole
from tests.server.rooms.house import ANNA, BRUNO, a_room, arrive


def test_joining_tells_the_others_and_is_numbered():
    room = a_room(ANNA)
    assert arrive(room, BRUNO) == [Joined(2, BRUNO)]
    assert arrive(room, BRUNO) == []
    assert room.leave("b") == [Left(3, "b")]
    assert room.leave("b") == []


def test_a_room_knows_whose_avatars_are_there_and_in_which_role():
    room = a_room(ANNA)
    arrive(room, BRUNO, RoomRole.STAFF)
    company = room.company
    assert company.persons == {"a": "anna", "b": "bruno"}
    assert company.roles == {"a": RoomRole.SHOPPER, "b": RoomRole.STAFF}
    room.leave("b")
    assert list(company.persons) == list(company.roles) == list(company.avatars) == ["a"]


def test_a_message_travels_under_its_name_without_it_in_the_body():
    held = Held(3, "lamp", None, (0, 0, 0), (0, 0, 0, 1))
    assert body_of(held)["by"] is None
    assert "event" not in body_of(held)
    assert msgspec.to_builtins(held)["event"] == "held"
