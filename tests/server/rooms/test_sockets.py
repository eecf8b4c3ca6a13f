"""People meet in a room over real sockets, with the stock client."""

from tests.server.rooms.house import House


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
    }
    assert [avatar["name"] for avatar in bruno.welcome["avatars"]] == ["Anna"]
    await bruno.sees(anna.index, 0, 3)  # at her spawn point: she has not moved yet
    await anna.stand(1.5, -2)
    await bruno.sees(anna.index, 1.5, -2)
    await bruno.stand(-3, 3.5)
    await anna.sees(bruno.index, -3, 3.5)


async def test_the_welcome_is_the_whole_room(house: House):
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
    }
    assert [thing["id"] for thing in welcome["objects"]] == ["shoe", "lamp", "sofa"]
    assert anna.order[0][0] == "welcome"
