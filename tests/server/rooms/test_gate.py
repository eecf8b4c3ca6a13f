"""JSON straight to the transport: never before what was posted earlier, never without bounds."""

import asyncio
from typing import Any

import pytest

from server.rooms import gate as gates
from server.rooms.messages import Said
from server.rooms.wire import WIRE, ShortQueue, Wire, text_frame
from tests.server.rooms.house import House, eventually, opened
from tests.server.rooms.raw import dialled, entered
from tests.server.rooms.test_lane import DeafClient, connections, find


def said(number: int, size: int = 10) -> Said:
    return Said(number, "x", "X", "x" * size)


async def test_what_finds_the_queue_empty_goes_past_it(house: House, monkeypatch):
    anna = await house.enter("Anna")
    (connection,) = connections(house)
    await eventually(lambda: connection.wire.queued == 0)
    sent = house.sockets.gate.eio.send_packet
    passed: list[Any] = []

    async def spied(eio_sid: str, packet: Any) -> None:
        passed.append(packet)
        await sent(eio_sid, packet)

    monkeypatch.setattr(house.sockets.gate.eio, "send_packet", spied)
    assert (await anna.act("say", text="hello"))["ok"]
    await anna.hears("said", text="hello")
    assert passed == []
    assert connection.wire.queued == connection.wire.queued_bytes == 0


async def test_nothing_overtakes_what_is_on_its_way_through_engineio(house: House, monkeypatch):
    """The queue is empty while the writer holds what it took from it: only counting is safe."""
    anna = await house.enter("Anna")
    (connection,) = connections(house)
    await eventually(lambda: connection.wire.queued == 0)
    gate = house.sockets.gate
    driver = gate.eio._async["websocket"]
    send, hold = driver.send, asyncio.Event()

    async def slow(self: Any, message: Any) -> None:
        await hold.wait()
        await send(self, message)

    monkeypatch.setattr(driver, "send", slow)
    gate._fast = False
    gate.post([connection.eio_sid], said(1001))
    gate._fast = True
    queue = gate.eio.sockets[connection.eio_sid].queue
    await eventually(queue.empty)
    await asyncio.sleep(0.02)
    for number in range(1002, 1010):
        gate.post([connection.eio_sid], said(number))
    frames = len(anna.heard["poses"])
    await anna.stand(1, 1)
    await asyncio.sleep(0.1)
    assert len(anna.heard["poses"]) == frames  # poses wait, too: they may be of a newcomer
    hold.set()
    await anna.hears("said", rev=1009)
    assert [m["rev"] for m in anna.heard["said"]] == list(range(1001, 1010))
    await anna.sees(anna.index, 1, 1)
    assert connection.wire.queued == 0


async def test_the_welcome_is_before_every_pose_however_many_move(any_house: House):
    anna = await any_house.enter("Anna")

    async def move() -> None:
        step = 0
        while True:
            step += 1
            await anna.stand(step % 40 / 10, 1, t=step)
            await asyncio.sleep(0.002)

    moving = asyncio.create_task(move())
    try:
        for number in range(10):
            guest = await any_house.enter(f"Guest {number}")
            await guest.until(lambda guest=guest: guest.heard["poses"])
            assert guest.order[0][0] == "welcome"
            # The first frame shows everybody.
            indices = {anna.index, guest.index}
            assert len(guest.heard["poses"][0]) >= 4 + 14 * len(indices)
    finally:
        moving.cancel()


async def test_acknowledgements_and_changes_keep_the_order_of_the_acts(any_house: House):
    async with entered(any_house) as socket:
        for number in range(30):
            await socket.send(f'42{number}["variant",{{"object":"shoe","variant":"blue"}}]')
            await socket.send(f'42{number + 100}["variant",{{"object":"shoe","variant":"red"}}]')
        acks: list[str] = []
        while len(acks) < 60:
            frame = (await socket.websocket.receive()).data
            if isinstance(frame, str) and frame.startswith("43"):
                acks.append(frame.split("[")[0])
        assert acks == [f"43{n + more}" for n in range(30) for more in (0, 100)]


@pytest.mark.parametrize("fast", [True, False])
async def test_a_stopped_reader_costs_a_bounded_number_of_bytes(open_store, monkeypatch, fast):
    monkeypatch.setattr(gates, "MAX_WAITING_BYTES", 64 * 1024)
    async with opened(await open_store(), {"fast": fast}) as house:
        anna = await house.enter("Anna")
        deaf = await DeafClient.enter(house)
        connection = find(house, "deaf")
        most = 0
        for number in range(3000):
            house.sockets.gate.post([connection.eio_sid], said(number, 400))
            wire = connection.wire
            most = max(most, wire.queued_bytes + wire.waiting_bytes)
            if number % 50 == 0:
                await asyncio.sleep(0)
            if wire.ending:
                break
        assert connection.wire.ending
        assert 0 < most <= 64 * 1024 + 1000
        await anna.hears("left")
        deaf.writer.close()


async def test_who_is_let_go_is_let_go_once(house: House, capfd):
    anna = await house.enter("Anna")
    (connection,) = connections(house)
    for _ in range(5):
        house.sockets.gate.drop(connection.eio_sid, "tired")
        house.sockets.gate.post([connection.eio_sid], said(1))
    await eventually(lambda: not connections(house))
    assert anna.heard["said"] == []
    assert len(house.sockets.gate._tasks) <= 1


async def test_engineio_greets_before_anything_else_of_ours(any_house: House):
    person = any_house.shopper("Eager").person
    ticket = (await any_house.ticket(person))["ticket"]
    async with dialled(any_house) as socket:
        await socket.send(f'40{{"ticket":"{ticket}"}}')
        first = await socket.websocket.receive()
        assert first.data.startswith('40{"sid":')
        second = await socket.websocket.receive()
        assert second.data.startswith('42["welcome",')


def test_a_text_is_engineio_message_in_one_frame():
    assert text_frame('2["x",{}]') == b'\x81\x0a42["x",{}]'


def test_counting_never_goes_below_nothing():
    wire = Wire()
    wire.unqueue(5)
    wire.queue(7)
    assert (wire.queued, wire.queued_bytes) == (1, 7)
    wire.unqueue(9)
    assert (wire.queued, wire.queued_bytes) == (0, 0)


async def test_a_short_queue_is_a_queue():
    queue = ShortQueue()
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.sleep(0)
    for number in range(20):
        queue.put_nowait(number)
    whole = asyncio.create_task(queue.join())
    assert [await queue.get() for _ in range(20)] == list(range(20))
    assert not whole.done()
    for _ in range(20):
        queue.task_done()
    await whole
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 0.01)
    later = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    await queue.put("late")
    assert await later == "late"
    assert queue.empty()


async def test_the_headers_of_the_handshake_are_forgotten(any_house: House):
    await any_house.enter("Anna")
    (connection,) = connections(any_house)
    assert set(any_house.sockets.gate.environ[connection.eio_sid]) == {WIRE, "aiohttp.request"}
