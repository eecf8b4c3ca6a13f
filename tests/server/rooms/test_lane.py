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


def test_a_parser_that_is_gone_is_noticed(monkeypatch):
    monkeypatch.delattr(wire, "PoseQueue")
    assert not wire.works()
