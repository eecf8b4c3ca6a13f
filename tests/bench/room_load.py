"""The load of `bench_rooms`, a process of its own: people who move head and hands all the time.

    python -m tests.bench.room_load steady|burst|slow KIND URL PID [--data FOLDER] [--rooms 10] …

`steady` measures what poses cost, `burst` what 200 newcomers in a second do, `slow` what a reader
that stops does. Prints one JSON object.
"""

import argparse
import asyncio
import gc
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import uvloop
from aiohttp import ClientSession

from server.auth import SESSION, Person, Role, Tokens
from server.secret import own_secret
from tests.bench.room_clients import CLIENTS, Client, colyseus_place
from tests.bench.room_paths import homes, walk
from tests.bench.room_tally import Gaps, Tally, percentile

HERTZ = 20
SLOTS = 50  # of a period: a millisecond each, in which some of the people send
AT_ONCE = 8  # who come in at the same time, but for the burst
BURST_SECONDS = 1.0
CHAT = "What do you think of this one? It comes in four colours, and the large one is in stock."
CHATTERS = 5  # each says it once a second
STOPPED_BUFFER = 16_384  # bytes that the kernel takes for a reader that stops: it shall show soon


class Pacer:
    """Lets everybody send at HERTZ, each at a moment of their own within the period."""

    def __init__(self) -> None:
        self.slots: list[list[Client]] = [[] for _ in range(SLOTS)]
        self.late: list[float] = []  # seconds, of each slot
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._done = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, client: Client) -> None:
        self.slots[random.randrange(SLOTS)].append(client)

    def spread(self, clients: Sequence[Client]) -> None:
        """As evenly as it goes, rooms mixed."""
        for at, client in enumerate(random.sample(clients, len(clients))):
            self.slots[at % SLOTS].append(client)

    def start(self) -> None:
        self._began, self._done = self._loop.time(), 0
        self._tick()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self) -> None:
        slot_seconds = 1 / HERTZ / SLOTS
        now = self._loop.time()
        while self._began + self._done * slot_seconds <= now:
            self.late.append(now - self._began - self._done * slot_seconds)
            for client in self.slots[self._done % SLOTS]:
                if not client.lost:
                    client.move(self._done // SLOTS)
            self._done += 1
        self._timer = self._loop.call_at(self._began + self._done * slot_seconds, self._tick)


class Crowd:
    """Makes people and lets them in."""

    def __init__(self, options: argparse.Namespace, http: ClientSession) -> None:
        self.options = options
        self.http = http
        self.tally = Tally()
        self.clients: list[Client] = []
        self._chance = random.Random(4)
        self._numbers = itertools.count()
        self._tokens = Tokens(own_secret(Path(options.data))) if options.data else None

    async def come(self, showroom: str = "demo", receive_buffer: int = 0) -> Client:
        """One more person, inside, ready to move."""
        number = next(self._numbers)
        kind = CLIENTS[self.options.kind]
        client = kind(self.tally, number, await self._place(number, showroom))
        self.clients.append(client)
        (home,) = homes(1, self._chance)
        client.prepare(walk(home, self._chance))
        await client.enter(self.options.url, receive_buffer)
        return client

    async def come_all(self, count: int) -> None:
        """Several, a few at a time."""
        door = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with door:
                await self.come()

        await asyncio.gather(*(one() for _ in range(count)))

    def rooms(self) -> Counter[str]:
        """How many are in each; of the servers that say so."""
        return Counter(
            client.place.get("room", client.place.get("roomId", "")) for client in self.clients
        )

    async def _place(self, number: int, showroom: str) -> dict[str, str]:
        if self.options.kind == "colyseus":
            return await colyseus_place(self.http, self.options.url)
        if self._tokens is None:
            return {}
        person = Person(f"p{number}", f"Person {number}", Role.SHOPPER)
        session = self._tokens.issue(person, SESSION, timedelta(hours=1), datetime.now(UTC))
        headers = {"Authorization": f"Bearer {session}"}
        url = f"{self.options.url}/api/showrooms/{showroom}/join"
        async with self.http.post(url, headers=headers) as answer:
            if answer.status != 201:
                raise ConnectionError(await answer.text())
            place = await answer.json()
        return {name: place[name] for name in ("ticket", "room", "url")}


class Meter:
    """What a server's process, its children and this one use."""

    def __init__(self, pid: int) -> None:
        self.server = psutil.Process(pid)
        self.empty = self.rss()
        self._cpu = self._own = self._began = 0.0

    def rss(self) -> int:
        """Bytes."""
        return sum(one.memory_info().rss for one in self._processes())

    def start(self) -> None:
        self._cpu, self._own, self._began = self._used(), time.process_time(), time.perf_counter()

    def stop(self) -> dict[str, float]:
        took = time.perf_counter() - self._began
        return {
            "cpu_ms": (self._used() - self._cpu) * 1000,
            "seconds": took,
            "load_share": (time.process_time() - self._own) / took,
        }

    def _used(self) -> float:
        """Seconds, by the scheduler's own count: the clock of cpu_times ticks in hundredths."""
        tasks = (Path(f"/proc/{one.pid}/task") for one in self._processes())
        counts = (count for task in tasks for count in task.glob("*/schedstat"))
        return sum(int(count.read_text().split()[0]) for count in counts) / 1e9

    def _processes(self) -> list[psutil.Process]:
        return [self.server, *self.server.children(recursive=True)]


async def steady(crowd: Crowd, meter: Meter) -> dict[str, Any]:
    """What poses cost, and how late they come."""
    options = crowd.options
    await crowd.come_all(options.rooms * options.avatars)
    if any(count != options.avatars for room, count in crowd.rooms().items() if room):
        raise SystemExit(f"The people are not spread evenly: {crowd.rooms()}")
    pacer = Pacer()
    pacer.spread(crowd.clients)
    gc.freeze()
    pacer.start()
    await asyncio.sleep(options.warm)
    pacer.late.clear()
    meter.start()
    crowd.tally.on = True
    await asyncio.sleep(options.seconds)
    crowd.tally.on = False
    used = meter.stop()
    rss = meter.rss()
    pacer.stop()
    tally = crowd.tally
    return {
        **used,
        "sent": tally.sent,
        "updates": tally.updates,
        "own": tally.own,
        "bytes": tally.received_bytes,
        "frames": tally.frames,
        "unread": tally.unread,
        "lost": sum(client.lost for client in crowd.clients),
        "p50_ms": percentile(sorted(tally.latencies), 50),
        "p99_ms": percentile(sorted(tally.latencies), 99),
        "late_ms": percentile(sorted(pacer.late), 99) * 1000,
        "bytes_per_client": (rss - meter.empty) / len(crowd.clients),
        "clients": len(crowd.clients),
    }


async def burst(crowd: Crowd, meter: Meter) -> dict[str, Any]:
    """Newcomers within a second, into rooms where people move: how long each waits, and how long
    those inside see nothing of each other."""
    options = crowd.options
    for room in range(options.rooms):
        for _ in range(options.avatars):
            await crowd.come(f"demo{room}")
    inside = list(crowd.clients)
    pacer = Pacer()
    pacer.spread(inside)
    pacer.start()
    await asyncio.sleep(options.warm)
    calm = watched(inside)
    await asyncio.sleep(options.warm)
    stormy = watched(inside)
    waits: list[float] = []
    failed: list[str] = []

    async def newcomer(number: int) -> None:
        await asyncio.sleep(random.random() * BURST_SECONDS)
        began = time.perf_counter()
        try:
            client = await crowd.come(f"demo{number % options.rooms}")
        except (ConnectionError, TimeoutError, OSError) as error:
            failed.append(repr(error))
        else:
            waits.append(time.perf_counter() - began)
            pacer.add(client)

    meter.start()
    await asyncio.gather(*(newcomer(number) for number in range(options.newcomers)))
    used = meter.stop()
    await asyncio.sleep(options.warm)
    pacer.stop()
    return {
        **used,
        "wanted": options.newcomers,
        "joined": len(waits),
        "failed": failed[:3],
        "waits_ms": sorted(round(wait * 1000, 1) for wait in waits),
        "calm_gap_ms": calm.largest * 1000,
        "gap_ms": stormy.largest * 1000,
        "lost": sum(client.lost for client in crowd.clients),
    }


def watched(clients: Sequence[Client]) -> Gaps:
    """From now on, what they see of each other."""
    gaps = Gaps(frozenset(client.index for client in clients))
    for client in clients:
        client.gaps = gaps
    return gaps


async def slow(crowd: Crowd, meter: Meter) -> dict[str, Any]:
    """One of a room stops reading but sends on: the server's memory, and the others' latency."""
    options = crowd.options
    stopped = await crowd.come(receive_buffer=STOPPED_BUFFER)
    await crowd.come_all(options.avatars - 1)
    others = crowd.clients[1:]
    others[0].heard = []
    pacer = Pacer()
    pacer.spread(crowd.clients)
    pacer.start()
    talking = asyncio.create_task(chat(others[:CHATTERS]))
    await asyncio.sleep(4 * options.warm)
    before = await latencies(crowd, options.seconds / 4)
    rss = meter.rss()
    stopped.stop_reading()
    began, peak, let_go = time.perf_counter(), rss, 0.0
    during: list[int] = []
    while time.perf_counter() - began < options.seconds:
        during += await latencies(crowd, 0.25)
        peak = max(peak, meter.rss())
        if not let_go and any(text.startswith(b'42["left"') for text in others[0].heard):
            let_go = time.perf_counter() - began
    talking.cancel()
    pacer.stop()
    return {
        "grown": peak - rss,
        "before_ms": percentile(sorted(before), 99),
        "during_ms": percentile(sorted(during), 99),
        "let_go_seconds": let_go,
        "lost": sum(client.lost for client in others),
    }


async def latencies(crowd: Crowd, seconds: float) -> list[int]:
    """Those of the next moments."""
    crowd.tally.latencies = found = []
    crowd.tally.on = True
    await asyncio.sleep(seconds)
    crowd.tally.on = False
    return found


async def chat(clients: Sequence[Client]) -> None:
    """Each says something once a second."""
    while True:
        for client in clients:
            client.say(CHAT)
            await asyncio.sleep(1 / len(clients))


SCENES: dict[str, Callable[[Crowd, Meter], Awaitable[dict[str, Any]]]] = {
    "steady": steady,
    "burst": burst,
    "slow": slow,
}


async def run(options: argparse.Namespace) -> None:
    meter = Meter(options.pid)
    async with ClientSession() as http:
        crowd = Crowd(options, http)
        found = await SCENES[options.scene](crowd, meter)
    for client in crowd.clients:
        if not client.lost:
            client.leave()
    print(json.dumps(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", choices=SCENES)
    parser.add_argument("kind", choices=CLIENTS)
    parser.add_argument("url")
    parser.add_argument("pid", type=int)
    parser.add_argument(
        "--data", default="", help="the server's data folder, whose secret signs sessions"
    )
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--avatars", type=int, default=10)
    parser.add_argument("--newcomers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm", type=float, default=2)
    parser.add_argument("--core", type=int, help="the only one to run on")
    chosen = parser.parse_args()
    if chosen.core is not None:
        os.sched_setaffinity(0, {chosen.core})
    uvloop.run(run(chosen))
