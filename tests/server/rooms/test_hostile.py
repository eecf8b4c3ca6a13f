"""What a room does with clients that are broken, greedy or mean: nobody else notices."""

import asyncio
import itertools
import logging
import random
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from socket import SHUT_RDWR

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server.rooms.limits import Budgets
from server.rooms.messages import MAX_BYTES
from server.rooms.pose import Pose, encode
from server.storage.embedded import EmbeddedStore
from tests.server.rooms.house import BOUNDS, House, eventually, opened
from tests.server.rooms.raw import dialled, entered

DEEP = "[" * 30_000
NUMBERS = itertools.count(1)  # one person may not hold that many seats
POSE = '451-["pose",{"_placeholder":true,"num":0}]'


@pytest.fixture(autouse=True)
def no_exception_is_logged(caplog: pytest.LogCaptureFixture):
    with capture_logs() as ours:
        yield
    assert not [entry for entry in ours if entry["log_level"] == "error"]
    # python-socketio's client drops the announcement, not the attachment, when it disconnects.
    broken = [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR and "AsyncClient" not in record.getMessage()
    ]
    assert not broken, broken[0].getMessage()


@pytest.mark.parametrize(
    ("event", "payload", "problem"),
    [
        ("fly", {}, "unknown-message"),
        ("fly\ud800", {}, "unknown-message"),
        ("connect", {"ticket": "x"}, "unknown-message"),
        ("disconnect", "because", "unknown-message"),
        ("pose", {"x": 1}, "unknown-message"),
        ("grab", None, "malformed-message"),
        ("grab", [], "malformed-message"),
        ("grab", {"object": 5}, "malformed-message"),
        ("grab", {"object": "x" * 101}, "malformed-message"),
        ("grab", {"object": "no\ud800"}, "malformed-message"),
        ("move", {"object": "lamp", "position": [0, 0]}, "malformed-message"),
        ("move", {"object": "lamp", "position": [0, 0, float("nan")]}, "malformed-message"),
        ("move", {"object": "lamp", "position": [0, 0, float("inf")]}, "malformed-message"),
        ("move", {"object": "lamp", "position": [0, 0, 1e300]}, "malformed-message"),
        ("move", {"object": "lamp", "position": [0, 0, 0]}, "not-held"),
        ("say", {"text": "\ud800"}, "malformed-message"),
        ("cart", {"lines": [{"sku": "SHOE-01", "quantity": 0}]}, "malformed-message"),
        ("cart", {"lines": [{"sku": "SHOE-01"}] * 51}, "malformed-message"),
    ],
)
async def test_a_message_that_is_wrong_is_answered_with_what_is_wrong(
    house: House, event, payload, problem
):
    anna = await house.enter("Anna")
    answer = await anna.socket.call(event, payload, timeout=5)
    assert answer["ok"] is False
    assert answer["error"]["type"] == problem
    assert answer["error"]["detail"]
    assert (await anna.act("say", text="still here"))["ok"]


@pytest.mark.parametrize(
    "frames",
    [
        ["42{}"],
        ["42[]"],
        ["42[[1],2]", '42["say"'],
        ["42" + DEEP],
        ["4" + DEEP],
        ["4"],
        [""],
        ["hello"],
        ["9"],
        ["b!!!!"],
        ["47"],
        ["44{}"],
        ["2probe"],
        ["5"],
        [b"binary without announcement"],
        ['452-["pose",{"_placeholder":true,"num":0}]', b"x"],
        ['4599999999-["pose"]'],
        ['451-["pose",{"_placeholder":true,"num":7}]', b"x"],
        ['451-["pose",{"_placeholder":true,"num":"a"}]', b"x"],
        [POSE, '42["say",{"text":"instead"}]'],
        ["42" + "9" * 200 + '["say",{"text":"hi"}]'],
        ['42["say",{"text":"' + "x" * MAX_BYTES + '"}]'],
    ],
    ids=lambda frames: repr(frames[0][:24]),
)
async def test_a_packet_that_is_none_ends_only_its_own_connection(any_house: House, frames):
    anna = await any_house.enter("Anna")
    async with entered(any_house) as mallory:
        joined = await anna.hears("joined")
        await mallory.send(*frames)
        await mallory.ends()
    await anna.hears("left", avatar_id=joined["avatar"]["id"])
    assert (await anna.act("say", text="still here"))["ok"]


async def test_what_is_not_understood_is_explained_before_the_end(house: House):
    async with entered(house) as mallory:
        await mallory.send("42{}")
        _, problem = await mallory.hears('42["problem"')
        assert problem["error"]["type"] == "malformed-message"


async def test_an_oversized_message_is_closed_with_the_code_for_it(house: House):
    async with entered(house) as mallory:
        await mallory.send("42" + "x" * (MAX_BYTES + 1))
        assert await mallory.ends() == 1009


async def test_hostile_poses_are_dropped_and_told_once_in_a_while(any_house: House):
    anna = await any_house.enter("Anna")
    async with entered(any_house) as mallory:
        for data in (b"", b"\xff" * 13, bytes(12), bytes(64)):
            await mallory.send(POSE, data)
        _, problem = await mallory.hears('42["problem"')
        assert problem["error"]["type"] == "bad-pose"
        await mallory.send(POSE, encode(Pose(0, (1, 1.6, 1)), BOUNDS))
        await anna.sees((await anna.hears("joined"))["avatar"]["index"], 1, 1)


async def test_a_pose_with_an_acknowledgement_takes_the_long_way(house: House):
    anna = await house.enter("Anna")
    async with entered(house) as unity:
        await unity.send('451-7["pose", {"_placeholder": true, "num": 0}]')
        await unity.send(encode(Pose(0, (2, 1.6, 1)), BOUNDS))
        await anna.sees((await anna.hears("joined"))["avatar"]["index"], 2, 1)


async def test_a_message_without_acknowledgement_fails_aloud(house: House):
    async with entered(house) as mallory:
        await mallory.send('42["grab",{"object":"throne"}]')
        _, problem = await mallory.hears('42["problem"')
        assert problem["error"]["type"] == "unknown-object"


async def test_who_talks_too_much_is_told_and_the_others_go_on(house: House):
    anna = await house.enter("Anna")
    async with entered(house) as mallory:
        for number in range(150):
            await mallory.send(f'42{number}["grab",{{"object":"throne"}}]')
        while True:
            (answer,) = await mallory.hears("43")
            if answer["error"]["type"] != "unknown-object":
                break
        assert (answer["error"]["type"], answer["error"]["status"]) == ("too-many", 429)
    assert (await anna.act("say", text="quiet here"))["ok"]


async def test_too_many_poses_are_left_out(any_house: House):
    async with entered(any_house) as mallory:
        for step in range(600):  # many more, for a machine that is slow to send them
            await mallory.send(POSE, encode(Pose(step, (step / 100, 1.6, 0)), BOUNDS))
        _, problem = await mallory.hears('42["problem"')
        assert problem["error"]["type"] == "too-many"


async def test_a_flood_ends_the_connection(house: House):
    anna = await house.enter("Anna")
    async with entered(house) as mallory:
        for _ in range(2_000):
            await mallory.send('42["x"]')
        await mallory.ends()
    await anna.hears("left")


async def test_who_never_joins_the_namespace_is_sent_away(open_store):
    async with opened(await open_store(), {"connect_seconds": 0.2}) as house:
        async with dialled(house) as mallory:
            await mallory.ends()
        async with entered(house) as mallory:  # or leaves it and stays on the line
            await mallory.send("41")
            await mallory.ends()
        async with dialled(house) as mallory:
            await mallory.send('40{"ticket":"nonsense"}')
            assert (await mallory.hears("44"))["data"]["type"] == "invalid-token"
            await mallory.ends()
        gate = house.sockets.gate
        assert not any(gate.alive(eio_sid) for eio_sid in gate.eio.sockets)


async def test_a_request_that_aiohttp_cancels_leaves_no_ghost(open_store):
    async with opened(await open_store(), cancelling=True) as house:
        anna = await house.enter("Anna")
        for visit, frames in enumerate((["hello"], ["42{}"], [])):
            async with entered(house) as mallory:
                (joined,) = await anna.until(lambda at=visit: anna.heard["joined"][at:])
                await mallory.send(*frames)
            await anna.hears("left", avatar_id=joined["avatar"]["id"])


async def test_a_second_connect_on_the_same_socket_changes_nothing(house: House):
    anna = await house.enter("Anna")
    async with entered(house) as mallory:
        other = (await house.ticket(anna.person))["ticket"]
        await mallory.send('40{"ticket":"' + other + '"}')
        await mallory.hears("44")
        await mallory.send('421["say",{"text":"me"}]')
        assert (await mallory.hears("431"))[0]["ok"]
    assert (await anna.hears("said"))["name"] == "Mallory"


async def test_polling_is_not_offered(house: House):
    anna = await house.enter("Anna")
    async with anna.socket.eio.http.get(f"{house.url}/socket.io/?EIO=4") as answer:
        assert answer.status == 400


frames = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=40),
        st.tuples(
            st.sampled_from(["40", "41", "42", "421", "43", "451-", "461-", POSE]),
            st.text(max_size=30),
        ).map("".join),
    ),
    min_size=1,
    max_size=8,
)


def test_no_sequence_of_frames_disturbs_the_others(tmp_path: Path):
    with asyncio.Runner() as runner:
        store = runner.run(EmbeddedStore.open(tmp_path / "rooms.db", ()))
        opening = opened(store, {"budgets": Budgets(limited=False)}, capacity=255)
        house = runner.run(opening.__aenter__())
        anna = runner.run(house.enter("Anna"))

        @settings(max_examples=80)
        @given(frames)
        def nobody_notices(frames):
            runner.run(send_and_hang_up(house, frames))
            assert runner.run(anna.act("say", text="still here"))["ok"]

        nobody_notices()
        runner.run(anna.until(lambda: len(next(house.hub.rooms()).room.company.avatars) == 1))
        runner.run(opening.__aexit__(None, None, None))
        runner.run(store.close())


async def send_and_hang_up(house: House, frames: list[str | bytes]) -> None:
    async with entered(house, f"Mallory {next(NUMBERS)}") as mallory:
        with suppress(ConnectionError):  # it may have been sent away by then
            await mallory.send(*frames)


async def test_after_much_coming_and_going_exactly_those_connected_are_there(open_store):
    dice = random.Random(7)
    async with opened(await open_store(), capacity=255) as house, AsyncExitStack() as visitors:
        anna = await house.enter("Anna")
        (live,) = house.hub.rooms()

        async def visit(number: int) -> None:
            how = dice.choice(["cut", "cut", "close", "leave", "stay"])
            socket = await visitors.enter_async_context(entered(house, f"V{number}"))
            await socket.send('42["grab",{"object":"lamp"}]', '42["say",{"text":"hi"}]')
            if how == "cut":
                socket.websocket.get_extra_info("socket").shutdown(SHUT_RDWR)
            elif how == "close":
                await socket.websocket.close()
            elif how == "leave":
                await socket.send("41")
            else:
                staying.append(f"V{number}")

        staying = ["Anna"]
        for wave in range(6):
            await asyncio.gather(*(visit(10 * wave + number) for number in range(10)))
        avatars = live.room.company.avatars
        await eventually(lambda: sorted(a.name for a in avatars.values()) == sorted(staying))
        assert all(grip.by in avatars for grip in live.room.objects.grips.values())
        told = [data for event, data in anna.order if event not in ("welcome", "poses")]
        revs = [change["rev"] for change in told if "rev" in change]
        assert revs == list(range(anna.welcome["rev"] + 1, anna.welcome["rev"] + 1 + len(revs)))
