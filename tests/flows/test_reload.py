"""A page that is loaded again: the same place in the line, the same avatar in the room."""

from pathlib import Path

import pytest

from server.auth import Person, Role
from tests.flows.browser import DESKTOP, chromium, enter
from tests.server.rooms.moderated import whole_house

pytestmark = pytest.mark.browser
HERE = "window.vitrine?.joined && window.vitrine.ready"


async def test_a_reload_keeps_ones_place_in_the_line_and_in_the_room(tmp_path: Path):
    async with whole_house(tmp_path, room_capacity=1) as house, chromium() as browser:
        anna = await house.enter_as(Person("anna", "Anna", Role.SHOPPER))
        code = anna.welcome["door"]["code"]
        bruno = await enter(browser, f"{house.url}/?room=demo&code={code}", "Bruno", **DESKTOP)
        (live,) = house.hub.rooms()
        (place,) = [seat.avatar_id for seat in live.seats.line]
        carla = house.shopper("Carla")
        carla.person = Person("carla", "Carla", Role.SHOPPER)
        wish = {"room": live.room.id}
        _, ticket = await house.ask("POST", "/api/showrooms/demo/join", carla.person, wish)
        await carla.connect({"ticket": ticket["ticket"]})
        await bruno.page.reload()
        await bruno.press("enter")
        await bruno.until(HERE, "Bruno waits again")
        assert [seat.avatar_id for seat in live.seats.line] == [place, ticket["avatar_id"]]
        await anna.leave()
        live.seats.give_up(anna.avatar_id)
        await bruno.until("window.vitrine.door.watching === false", "it is Bruno's turn")
        me = await bruno.page.evaluate("window.vitrine.me")
        await bruno.page.reload()
        await bruno.press("enter")
        await bruno.until(HERE, "Bruno is inside again")
        assert await bruno.page.evaluate("window.vitrine.me") == me
        assert list(live.room.company.avatars) == [me]
        assert bruno.errors == []
