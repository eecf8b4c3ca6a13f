"""How many more people two nodes carry than one, at the same p99 of poses.

    python -m tests.bench.two_nodes [--limit-ms 75] [--step 200] [--seconds 3]

Each node is held to a core of its own, and shares it with a load generator (room_load's people: ten
to a room, head and hands at 20 Hz): so a node has the same part of the machine whether it is alone
or not, and the second core is not spent on the load alone. What the load takes is said. People join
the house at any node; it spreads their rooms. Their number grows step by step, until the p99 from
one's pose leaving to its arrival is above the limit; between the last two steps it is interpolated.
Both houses grow side by side and are measured in turn, the other one standing still: so both see
the same machine.

MongoDB and Redis run beside it, on whichever core is free; they have next to nothing to do.
"""

import argparse
import asyncio
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvloop
from aiohttp import ClientSession

from server.secret import own_secret
from tests.bench.room_clients import Client
from tests.bench.room_load import AT_ONCE, Crowd, Meter, Pacer
from tests.bench.room_paths import homes, walk
from tests.flows.nodes import Nodes, put_showroom, started
from tests.servers.mongo import MongoServer
from tests.servers.redis import RedisServer

CORES: Final = sorted(os.sched_getaffinity(0))
NAMES: Final = ("a", "b")
IN_A_ROOM: Final = 10
TRIES: Final = 3  # of a measurement that is above the limit
Run = dict[str, Any]


@dataclass(frozen=True)
class Ladder:
    """How the number of people grows, and when it is enough."""

    step: int = 200  # people more for each node; 500 at most
    rungs: int = 16  # each into a showroom of its own, which has a hundred rooms
    seconds: float = 3.0  # of a measurement
    warm: float = 1.5
    limit_ms: float = 75.0  # p99


# ---- the load, a process of its own ----


class Visitors(Crowd):
    """People who go where their ticket leads."""

    async def come_all(self, count: int, showroom: str = "demo") -> None:
        door = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with door:
                await self.come(showroom)

        await asyncio.gather(*(one() for _ in range(count)))

    async def come(self, showroom: str = "demo", receive_buffer: int = 0) -> Client:
        number = next(self._numbers)
        place = await self._place(number, showroom)
        client = Client(self.tally, number, place)
        self.clients.append(client)
        (home,) = homes(1, self._chance)
        client.prepare(walk(home, self._chance))
        await client.enter(place["url"], receive_buffer)
        return client


async def load(options: argparse.Namespace) -> None:
    """Lines of standard input: how many people come into which showroom, then one to measure."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    meter = Meter(options.pid)
    async with ClientSession() as http:
        crowd = Visitors(options, http)
        pacer = Pacer()
        while line := await lines.readline():
            count, showroom = line.decode().split()
            inside = len(crowd.clients)
            await crowd.come_all(int(count), showroom)
            for client in crowd.clients[inside:]:
                pacer.add(client)
            print("ready", flush=True)
            await lines.readline()
            gc.freeze()
            pacer.start()
            await asyncio.sleep(options.warm)
            found = await measured(crowd, pacer, meter, options.seconds)
            pacer.stop()  # others are measured now
            print(json.dumps(found), flush=True)


async def measured(crowd: Visitors, pacer: Pacer, meter: Meter, seconds: float) -> Run:
    crowd.tally.latencies = latencies = []
    pacer.late.clear()
    meter.start()
    crowd.tally.on = True
    await asyncio.sleep(seconds)
    crowd.tally.on = False
    used = meter.stop()
    return {
        "clients": len(crowd.clients),
        "lost": sum(client.lost for client in crowd.clients),
        "latencies": Counter(latencies),
        "late_ms": sorted(pacer.late)[int(len(pacer.late) * 0.99)] * 1000,
        "node_share": used["cpu_ms"] / 10 / used["seconds"] / 100,
        "load_share": used["load_share"],
    }


# ---- the bench ----


class Load:
    """A load generator on a core, beside the node whose CPU it reads."""

    def __init__(self, nodes: Nodes, name: str, core: int, ladder: Ladder, folder: Path) -> None:
        process = nodes.running[name].process
        assert process is not None
        pin(process.pid, core)
        command = [sys.executable, "-m", "tests.bench.two_nodes", "--load", nodes.urls[name]]
        command += ["--pid", str(process.pid)]
        command += ["--data", str(folder), "--core", str(core)]
        command += ["--seconds", str(ladder.seconds), "--warm", str(ladder.warm)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The load generator ended.")
        return line

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def pin(pid: int, core: int) -> None:
    """All threads of a process to a core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


class Place:
    """A house of so many nodes, and how many people it has carried."""

    def __init__(
        self, stack: ExitStack, count: int, ladder: Ladder, folder: Path, engines: dict[str, str]
    ) -> None:
        names = NAMES[:count]
        nodes = stack.enter_context(started(folder, names, engines))
        (folder / "secret.key").write_text(own_secret(folder, nodes.secret).hex())
        self.count, self.ladder = count, ladder
        self.carried = self._p99 = 0.0
        self.full = False
        self._loads = []
        for name, core in zip(names, CORES, strict=False):
            self._loads.append(Load(nodes, name, core, ladder, folder))
            stack.callback(self._loads[-1].end)

    def climb(self, rung: int) -> None:
        """With more people; at the limit it is full."""
        limit, people, p99 = self.ladder.limit_ms, self.ladder.step, math.inf
        for _ in range(TRIES):  # what another program did to one measurement does not count
            runs = step(self._loads, people, f"demo{rung}")
            clients, p99 = sum(run["clients"] for run in runs), min(p99, p99_of(runs))
            print(f"  {self.count} nodes {said(runs, p99_of(runs))}", flush=True)
            if p99 <= limit:
                break
            people = 0
        self.full = p99 > limit
        share = max(0.0, (limit - self._p99) / (p99 - self._p99)) if self.full else 1.0
        self.carried += share * (clients - self.carried)
        self._p99 = p99


def step(loads: Sequence[Load], people: int, showroom: str) -> list[Run]:
    """More people, then a measurement of all generators at the same time."""
    for load in loads:
        load.say(f"{people} {showroom}")
    for load in loads:
        load.hear()
    for load in loads:
        load.say("go")
    return [json.loads(load.hear()) for load in loads]


def p99_of(runs: Sequence[Run]) -> float:
    """Milliseconds."""
    counts: Counter[int] = Counter()
    for run in runs:
        counts.update({int(ms): count for ms, count in run["latencies"].items()})
    left = sum(counts.values()) * 0.99
    for ms in sorted(counts):
        left -= counts[ms]
        if left <= 0:
            return float(ms)
    return 0.0


def said(runs: Sequence[Run], p99: float) -> str:
    """One line."""
    nodes = " + ".join(f"{run['node_share']:.0%}" for run in runs)
    loads = " + ".join(f"{run['load_share']:.0%}" for run in runs)
    late = max(run["late_ms"] for run in runs)
    return (
        f"{sum(run['clients'] for run in runs):5} people, p99 {p99:3.0f} ms; of a core each: "
        f"nodes {nodes}, load {loads} ({late:.0f} ms late); lost {sum(r['lost'] for r in runs)}"
    )


def two_nodes(ladder: Ladder = Ladder()) -> float:
    """How many times as many people two nodes carry as one."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        mongo = MongoServer(Path(folder))
        mongo.start()
        stack.callback(mongo.kill)
        places = [house(stack, count, ladder, Path(folder) / str(count), mongo) for count in (1, 2)]
        for rung in range(ladder.rungs):
            for place in places:
                if not place.full:
                    place.climb(rung)
        one, two = (place.carried for place in places)
    print(
        f"two nodes: {two:.0f} people at a p99 of {ladder.limit_ms:.0f} ms, one node {one:.0f}: "
        f"{two / one:.2f} times as many, each with its load generator on its own core"
    )
    return two / one


def house(stack: ExitStack, count: int, ladder: Ladder, folder: Path, mongo: MongoServer) -> Place:
    """With showrooms and nobody in them."""
    folder.mkdir()
    redis = RedisServer(folder)
    redis.start()
    stack.callback(redis.kill)
    database = mongo.url(f"bench{count}")
    uvloop.run(put_showroom(database, *(f"demo{rung}" for rung in range(ladder.rungs))))
    engines = {
        "VITRINE_DATABASE_URL": database,
        "VITRINE_REDIS_URL": redis.url(),
        "VITRINE_ROOM_CAPACITY": str(IN_A_ROOM),
        "VITRINE_LOG_LEVEL": "warning",
    }
    return Place(stack, count, ladder, folder, engines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=Ladder.step)
    parser.add_argument("--limit-ms", type=float, default=Ladder.limit_ms)
    parser.add_argument("--seconds", type=float, default=Ladder.seconds)
    parser.add_argument("--warm", type=float, default=Ladder.warm)
    parser.add_argument("--load", dest="url", default="", help="be the load generator of a node")
    parser.add_argument("--data", default="")
    parser.add_argument("--pid", type=int, default=0)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--kind", default="rooms")
    chosen = parser.parse_args()
    if chosen.url:
        os.sched_setaffinity(0, {chosen.core})
        uvloop.run(load(chosen))
    else:
        two_nodes(
            Ladder(
                step=chosen.step,
                seconds=chosen.seconds,
                warm=chosen.warm,
                limit_ms=chosen.limit_ms,
            )
        )
