"""Twenty thousand messages of every event, role and size: an answer or an end, and no more."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector, web
from structlog.testing import capture_logs

from server.app import open_house
from server.auth import Person, Role
from server.catalog.product import ProductBody
from server.rooms.doors import Wish
from server.rooms.limits import Budgets
from server.settings import Settings
from tests.chaos.hostile import frames
from tests.chaos.real import LONG, RealGuest, settled
from tests.server.rooms.house import SHOWROOM

SOCKETS = 40
BATCH = 20  # messages between two questions whether one is still heard
ROLES = [
    (Role.SHOPPER, Wish()),
    (Role.STAFF, Wish()),
    (Role.DESIGNER, Wish()),
    (Role.OPERATOR, Wish()),
    (Role.SHOPPER, Wish(watch=True)),
]
THEIRS = {"welcome", "resumed", "audience", "pace", "typing"}  # without `rev`, to a quiet visitor


NAMES = {"en": "Thing", "fr": "Chose", "it": "Cosa"}
PRODUCT = {
    "names": NAMES,
    "price": {"amount": 100, "currency": "EUR"},
    "dimensions": {"width": 1, "height": 1, "depth": 1},
    "variants": [{"id": "red", "names": NAMES, "swatch": "#ff0000"}],
}


class Place:
    """The whole server in this process, on a port of its own."""

    def __init__(self, house: Any, url: str) -> None:
        self.hub, self.sockets, self.url = house.hub, house.sockets, url


@asynccontextmanager
async def place(folder: Path, *, limited: bool) -> AsyncIterator[Place]:
    quiet = Settings(data=folder, address_sockets=0, address_joins_per_minute=0)
    house = await open_house(quiet)
    house.sockets.budgets = Budgets(limited=limited)
    house.sockets.gate._connect_seconds = 3.0  # who leaves the namespace is soon sent away
    # Both ends share this process: on a busy machine pongs wait as long as everything else.
    house.sockets.gate.eio.ping_timeout = LONG
    await house.showrooms.put_showroom({**SHOWROOM, "models": {}})
    for sku in ("SHOE-01", "LAMP-01"):
        await house.catalog.put_product(sku, msgspec.convert(PRODUCT, ProductBody))
    runner = web.AppRunner(house.web, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await house.start()
    try:
        yield Place(house, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
        await house.close()


class Mallory:
    """Says one hostile thing after the other; sent away, comes again as somebody else."""

    def __init__(self, place: Place, http: ClientSession, number: int, counts: Counter[str]):
        self.place, self.http, self.number, self.counts = place, http, number, counts
        self.dice = random.Random(number)
        self.lives = 0
        self.real: RealGuest

    async def arrive(self) -> None:
        role, wish = ROLES[self.number % len(ROLES)]
        self.lives += 1
        name = f"M{self.number}-{self.lives}"
        self.real = RealGuest(self.place, self.http, Person(name.lower(), name, role))  # type: ignore[arg-type]
        ticket = await self.place.hub.ways.join(
            "demo", self.real.guest.person, self.place.url, wish
        )
        await self.real.dial({"ticket": ticket.ticket})
        assert not self.real.refused

    async def rage(self, messages: int, known: list[str]) -> None:
        endless = frames(self.dice, known)
        while messages > 0:
            await self.arrive()
            known.append(self.real.guest.me)
            while messages > 0 and self.real.connected:
                messages -= BATCH
                await self._batch(endless)
            self.counts["lives"] += 1
            self.real.close()

    async def _batch(self, endless: Any) -> None:
        due: set[int] = set()
        for _ in range(BATCH):
            packet, id = next(endless)
            await self.real.send(*packet)
            self.counts["sent"] += 1
            due |= set() if id is None else {id}
        probe = 10**9 + self.counts["sent"]
        await self.real.send(f'42{probe}["clock",{{"t":1}}]')
        # Everything before the probe has been answered by then, unless the line was ended.
        real = self.real
        await settled(lambda: not real.connected or probe in real.acks or real.fault)
        if real.fault is not None:
            raise real.fault
        if probe in self.real.acks:
            missing = due - self.real.acks
            assert not missing, f"no answer to {missing}"
            self.counts["answered"] += len(due)
        else:
            self.counts["ended"] += 1


@pytest.mark.parametrize(("messages", "limited"), [(20_000, False), (2_000, True)])
async def test_they_get_an_answer_or_an_end_and_nobody_else_notices(
    tmp_path, messages: int, limited: bool, caplog
):
    counts, unhandled = Counter[str](), []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: unhandled.append(what))
    with capture_logs() as logged:
        async with (
            place(tmp_path, limited=limited) as here,
            ClientSession(connector=TCPConnector(limit=0)) as http,
        ):
            witness = RealGuest(here, http, Person("w", "Witness", Role.SHOPPER))  # type: ignore[arg-type]
            await witness.enter()
            assert (await ask(witness, "grab", '{"object":"shoe"}'))["ok"]
            holding = asyncio.create_task(hold(witness))
            known = ["lamp", "sofa"]
            people = [Mallory(here, http, number, counts) for number in range(SOCKETS)]
            await asyncio.gather(*(one.rage(messages // SOCKETS, known) for one in people))
            if witness.fault is not None:
                raise witness.fault
            assert witness.connected, witness.guest.problems
            live = here.hub.open_rooms.find(witness.guest.room)
            await settled(lambda: set(live.room.company.avatars) == {witness.guest.me})
            # On a busy machine the lease may have lapsed; nobody else may have the piece. Taken
            # when the others have gone, and renewed, it does not lapse again before one looks.
            again = await ask(witness, "grab", '{"object":"shoe"}')
            assert again["ok"], again
            await settled(lambda: witness.guest.rev == live.room.rev)
            holding.cancel()
            assert witness.guest.avatars == set()
            assert witness.guest.held == {"shoe": witness.guest.me}
            assert live.room.company.avatars[witness.guest.me].name == "Witness"
            # Of a lapsed lease the witness is told when it moves the piece.
            assert {problem["type"] for problem in witness.guest.problems} <= {"not-held"}
            others = witness.guest.whispers - THEIRS - {"problem"}
            assert not others
            witness.close()
    print(dict(counts))
    assert counts["sent"] >= messages
    assert counts["answered"] > messages / 4
    assert not unhandled, unhandled[0]
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def ask(one: RealGuest, event: str, payload: str) -> Any:
    count = len(one.answers)
    await one.send(f'421["{event}",{payload}]')
    await settled(lambda: len(one.answers) > count)
    return one.answers[-1][0]


async def hold(one: RealGuest) -> None:
    """Keeps what one holds, for as long as others rage."""
    while True:
        await one.send('42["move",{"object":"shoe","position":[1,1,1]}]')
        await asyncio.sleep(0.5)
