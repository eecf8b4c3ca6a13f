"""A line to a MongoDB server that passes a write on, and holds its answer back or breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

WRITES = (b"\x02insert\x00", b"\x02update\x00", b"\x02delete\x00")  # the command's name in BSON


@dataclass
class Line:
    """Armed by `forget_next_write` or `hold_next_write`, which it puts back when it has."""

    target: int  # port of the server, on this machine
    port: int = 0
    forget_next_write: bool = False
    hold_next_write: bool = False
    held: asyncio.Event = field(default_factory=asyncio.Event)  # a write has happened
    go: asyncio.Event = field(default_factory=asyncio.Event)  # its answer may pass
    talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def talk(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.talks.add(task)
        far, on = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    question = await message(near)
                    on.write(question)
                    await on.drain()
                    writes = any(write in question for write in WRITES)
                    if self.forget_next_write and writes:
                        self.forget_next_write = False
                        await message(far)  # so it has happened
                        return
                    if self.hold_next_write and writes:
                        self.hold_next_write = False
                        answer = await message(far)
                        self.held.set()
                        await self.go.wait()
                        back.write(answer)
                        continue
                    more = True
                    while more:  # a watched server goes on answering
                        answer = await message(far)
                        back.write(answer)
                        await back.drain()
                        more = bool(answer[16] & 2)
        finally:
            on.close()
            back.close()


async def message(reader: asyncio.StreamReader) -> bytes:
    """One of the wire protocol: its length comes first."""
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length, "little") - 4)


@asynccontextmanager
async def forgetful(target: int) -> AsyncIterator[Line]:
    line = Line(target)
    server = await asyncio.start_server(line.talk, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for task in line.talks:
            task.cancel()
        await asyncio.gather(*line.talks, return_exceptions=True)
