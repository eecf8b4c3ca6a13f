"""The pose lane: slow readers, quiet rooms, and the private parts it stands on."""

import asyncio
import os
import socket
from base64 import b64encode

import pytest

from server.auth import Person, Role
from server.rooms import lane, wire
from server.rooms.messages import Said
from server.rooms.pose import decode_frame
from server.rooms.wire import POSES, poses_packet, websocket_frame
from tests.server.rooms.house import BOUNDS, PATIENCE, House, eventually, opened


class DeafClient:
    """A websocket that reads only when told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def enter(cls, house: House) -> "DeafClient":
        host, port = house.url.removeprefix("http://").split(":")
        kernel = socket.socket()
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        kernel.setblocking(False)
        await asyncio.get_running_loop().sock_connect(kernel, (host, int(port)))
        # The stream stops reading the socket at twice its limit.
        client = cls(*await asyncio.open_connection(sock=kernel, limit=512))
        key = b64encode(os.urandom(16)).decode()
        client.writer.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\n"
            f"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        await client.reader.readuntil(b"\r\n\r\n")
        ticket = (await house.ticket(Person("deaf", "Deaf", Role.SHOPPER)))["ticket"]
        client.send(f'40{{"ticket":"{ticket}"}}')
        while not (await client.frame()).startswith(b'42["welcome"'):
            pass
        return client

    def send(self, text: str) -> None:
        size = len(text)
        header = bytes((0x81, 0x80 | 126)) + size.to_bytes(2, "big")
        self.writer.write(header + bytes(4) + text.encode())  # masked with zeros

    async def frame(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            _, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            return await self.reader.readexactly(size)

    async def fill(self, house: House) -> None:
        """Have more sent to it than the kernel takes."""
        (eio_sid,) = [c.eio_sid for c in connections(house) if c.person_id == "deaf"]
        for number in range(200):
            house.sockets.gate.post([eio_sid], Said(number, "x", "x", "x" * 500))
        await eventually(lambda: find(house, "deaf").wire.waiting_bytes > lane.BEHIND_BYTES)


def connections(house: House) -> list:
    return list(house.sockets._connections.values())


def find(house: House, person: str):
    return next(c for c in connections(house) if c.person_id == person)


async def test_a_slow_reader_is_skipped_and_then_shown_everybody(any_house: House):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    deaf = await DeafClient.enter(any_house)
    await deaf.fill(any_house)
    await anna.stand(1, 1)
    await bruno.sees(anna.index, 1, 1)  # the others are served as ever
    await eventually(lambda: find(any_house, "deaf").behind_since > 0)
    await anna.stand(2, -2)
    await bruno.sees(anna.index, 2, -2)
    while True:  # Anna stands still now, and yet her last step arrives
        frame = await deaf.frame()
        if frame[:1] not in b"24":
            poses = dict(decode_frame(frame, BOUNDS)[1])
            if anna.index in poses and poses[anna.index].position[0] == pytest.approx(2, abs=0.01):
                break
    deaf.writer.close()


async def test_a_reader_that_stays_behind_is_let_go(house: House, monkeypatch):
    monkeypatch.setattr(lane, "DROP_SECONDS", 0.2)
    anna = await house.enter("Anna")
    deaf = await DeafClient.enter(house)
    joined = await anna.hears("joined")
    await deaf.fill(house)
    await anna.stand(1, 1)
    await anna.hears("left", avatar_id=joined["avatar"]["id"])
    deaf.writer.close()


async def test_a_reader_that_takes_no_messages_is_let_go(house: House):
    anna = await house.enter("Anna")
    deaf = await DeafClient.enter(house)
    eio_sid = find(house, "deaf").eio_sid
    await deaf.fill(house)
    for number in range(1000):
        house.sockets.gate.post([eio_sid], Said(number, "x", "x", "x" * 500))
    await anna.hears("left")
    deaf.writer.close()


async def test_nothing_is_sent_when_nobody_moves(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await anna.stand(1, 1, t=1)
    await bruno.sees(anna.index, 1, 1)
    count = len(bruno.heard["poses"])
    for t in range(2, 8):
        await anna.stand(1, 1, t=t)  # only older
        await anna.act("say", text="still")
    await asyncio.sleep(3 / house.hub.tick_hz)
    assert len(bruno.heard["poses"]) == count


async def test_only_who_moved_is_in_a_frame(house: House):
    anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
    await bruno.sees(anna.index, 0, 3)
    await anna.stand(1, 1)
    await bruno.sees(anna.index, 1, 1)
    assert [index for index, _ in decode_frame(bruno.heard["poses"][-1], BOUNDS)[1]] == [anna.index]


async def test_only_the_newcomer_is_shown_everybody(any_house: House):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    await anna.sees(bruno.index, 1, 3)
    count = len(anna.heard["poses"])
    clara = await any_house.enter("Clara")
    await clara.until(lambda: clara.heard["poses"])
    shown = [index for index, _ in decode_frame(clara.heard["poses"][0], BOUNDS)[1]]
    assert sorted(shown) == [anna.index, bruno.index, clara.index]
    await anna.until(lambda: len(anna.heard["poses"]) > count)
    assert [index for index, _ in decode_frame(anna.heard["poses"][count], BOUNDS)[1]] == [
        clara.index
    ]


async def test_a_crowd_is_told_by_nearness_and_everybody_comes_to_rest(open_store):
    options = {"capacity": 40, "crowd": 6}
    async with opened(await open_store(), {}, **options) as house:
        people = [await house.enter(f"P{number}") for number in range(20)]
        for step in range(10):
            for number, person in enumerate(people):
                await person.stand(-4 + number * 0.4 + step * 0.01, step * 0.1, t=50 * step)
            await asyncio.sleep(0.05)
        for person in people:  # the last step of everybody reaches everybody else
            for number, other in enumerate(people):
                if other is not person:
                    await person.sees(other.index, -4 + number * 0.4 + 0.09, 0.9)
        lane = house.sockets.lanes.find("demo-1")
        assert lane is not None
        assert lane._crowd is not None
        assert lane.hz <= 20
        await asyncio.sleep(0.2)
        ticks = lane.ticks
        await asyncio.sleep(0.3)
        assert lane.ticks == ticks  # and then there is silence
        for person in people[2:]:
            await person.leave()
        await people[0].stand(1, 1, t=60_000)
        await people[1].sees(people[0].index, 1, 1)
        assert lane._crowd is None


async def test_a_crowd_hides_whom_it_must(open_store):
    async with opened(await open_store(), {}, capacity=40, crowd=2) as house:
        people = [await house.enter(f"P{number}") for number in range(6)]
        anna, bruno, clara = people[:3]
        (live,) = house.hub.rooms()
        live.room.safety.unseen[anna.avatar_id] = frozenset({bruno.index})
        await asyncio.sleep(0.2)
        anna.heard["poses"].clear()
        for step in range(5):
            await bruno.stand(step * 0.1, 1, t=step * 50)
            await clara.stand(step * 0.1, 2, t=step * 50)
            await asyncio.sleep(0.05)
        await anna.sees(clara.index, 0.4, 2)
        await clara.sees(bruno.index, 0.4, 1)
        assert anna.seen_at(bruno.index) is None
        live.room.safety.unseen.clear()
        live.room.poses.again(bruno.index)
        live_lane = house.sockets.lanes.find(live.room.id)
        live_lane.wake()
        await anna.sees(bruno.index, 0.4, 1)


async def test_who_wants_fewer_frames_gets_fewer_and_misses_nothing(any_house: House):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    clara = await any_house.enter("Clara")
    assert await clara.act("pace", hz=4) == {"ok": True, "rev": 3, "hz": 4}
    await asyncio.sleep(0.3)
    counts = len(bruno.heard["poses"]), len(clara.heard["poses"])
    began = asyncio.get_running_loop().time()
    for step in range(20):
        await anna.stand(step * 0.1, 1, t=step * 50)
        await asyncio.sleep(0.05)
    await bruno.sees(anna.index, 1.9, 1)
    await clara.sees(anna.index, 1.9, 1)
    took = asyncio.get_running_loop().time() - began
    fewer = len(clara.heard["poses"]) - counts[1]
    assert fewer <= 4 * took + 3
    assert len(bruno.heard["poses"]) - counts[0] > fewer
    assert (await clara.act("pace", hz=0.5))["error"]["type"] == "malformed-message"
    await clara.leave()
    (live,) = any_house.hub.rooms()
    await eventually(lambda: not live.room.poses.wishes)


async def test_the_time_is_told(any_house: House):
    anna = await any_house.enter("Anna")
    answer = await anna.act("clock", t=12.5)
    assert (answer["ok"], answer["t"]) == (True, 12.5)
    assert abs(answer["server_time"] / 1000 - any_house.hub.now()) < PATIENCE


async def test_when_the_server_slows_down_all_are_told(any_house: House):
    anna, bruno = await any_house.enter("Anna"), await any_house.enter("Bruno")
    lanes = any_house.sockets.lanes
    start = asyncio.get_running_loop().time()
    await anna.stand(1, 1)
    for window in range(1, 9):
        lanes.beat.ticked(1.0, 1, start + window * 0.6)
    await anna.hears("pace", hz=20, send_hz=20)
    await bruno.hears("pace", hz=15, send_hz=15)
    await anna.stand(2, 1, t=100)
    await bruno.sees(anna.index, 2, 1)


def test_a_frame_is_two_websocket_frames_in_one_piece():
    packet = poses_packet(b"\x00" * 200)
    text = POSES.encode()
    assert packet[:2] == bytes((0x81, len(text)))
    assert packet[2 : 2 + len(text)] == text
    assert packet[2 + len(text) :] == bytes((0x82, 126, 0, 200)) + b"\x00" * 200


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_a_websocket_frame_says_its_length(size: int):
    header = websocket_frame(2, bytes(size))[:-size] if size else websocket_frame(2, b"")
    code = header[1]
    length = code if code < 126 else int.from_bytes(header[2:], "big")
    assert length == size


def test_the_private_parts_are_as_they_were_when_this_was_written():
    assert wire.works()


async def test_without_them_poses_take_the_plain_path(open_store, monkeypatch):
    monkeypatch.setattr(wire, "works", lambda: False)
    async with opened(await open_store(), {"fast": True}) as house:
        assert not house.sockets.fast
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        await anna.stand(1, 1)
        await bruno.sees(anna.index, 1, 1)


def test_a_parser_that_passes_us_by_is_noticed(monkeypatch):
    class Skipping(wire.PoseQueue):
        def feed_data(self, data, size):
            wire.WebSocketDataQueue.feed_data(self, data, size)

    monkeypatch.setattr(wire, "PoseQueue", Skipping)
    assert not wire.works()


async def test_a_peer_that_is_gone_without_a_word_is_noticed_by_the_kernel(house: House):
    await house.enter("Anna")
    (connection,) = connections(house)
    kernel = connection.wire.transport.get_extra_info("socket")
    assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == wire.GONE_MS


def test_a_parser_that_is_gone_is_noticed(monkeypatch):
    monkeypatch.delattr(wire, "PoseQueue")
    assert not wire.works()
