"""What visitors do over a bad network, and how it is seen that they agree."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

from tests.flows.lossy_link import Link, Weather

SETTLE_SECONDS = 90.0  # on a machine that draws two showrooms without a graphics card


class Somebody(Protocol):
    """A client, wherever it runs."""

    name: str

    async def told(self) -> dict[str, Any]:
        """What it believes of the room: soak_client.py has the members."""
        ...

    async def act(self, event: str, payload: dict[str, Any]) -> bool:
        """Whether the room agreed."""
        ...


class Game:
    """Acts at random, of anybody; the first of `everybody` is a guide."""

    def __init__(self, everybody: list[Any], variants: dict[str, list[str]]) -> None:
        self.everybody, self.variants = everybody, variants
        self.dice, self.counts = random.Random(9), Counter[str]()
        self.avatars: list[str] = []
        self.acts = (self.hold, self.hold, self.hold, self.sign, self.sign, self.show, self.say)

    async def play(self, one: Somebody) -> None:
        await self.dice.choice(self.acts)(one)

    async def say(self, one: Somebody) -> None:
        await self._act(one, "say", {"text": f"{one.name} {self.dice.random():.3f}"})

    async def hold(self, one: Somebody) -> None:
        """Take a thing and carry it about; now and then it is forgotten in the hand."""
        thing = {"object": self.dice.choice([*self.variants])}
        if not await self._act(one, "grab", thing):
            return
        for _ in range(self.dice.randrange(4)):
            position = [self.dice.uniform(-2, 2) for _ in range(3)]
            scale = self.dice.uniform(0.8, 1.2)
            await self._act(one, "move", {**thing, "position": position, "scale": scale})
        if self.dice.random() < 0.8:
            await self._act(one, "release", thing)

    async def sign(self, one: Somebody) -> None:
        on = self.dice.random() < 0.6
        whom = self.dice.choice([one for one in [*self.avatars, None] if on or one is None])
        event, payload = self.dice.choice(
            [
                ("hand", {"raised": on}),
                ("follow", {"avatar": whom}),
                ("point", {"at": {"object": self.dice.choice([*self.variants])} if on else None}),
            ]
        )
        await self._act(one, event, payload)

    async def show(self, one: Somebody) -> None:
        thing = self.dice.choice([*self.variants])
        acts = [("spin", {"object": thing, "speed": self.dice.choice([0, 0.5])})]
        if self.variants[thing]:
            variant = self.dice.choice(self.variants[thing])
            acts.append(("variant", {"object": thing, "variant": variant}))
        if one is self.everybody[0]:
            acts.append(("pin", {"object": thing, "pinned": self.dice.random() < 0.4}))
            acts.append(("spotlight", {"object": thing}))
        await self._act(one, *self.dice.choice(acts))

    async def _act(self, one: Somebody, event: str, payload: dict[str, Any]) -> bool:
        done = await one.act(event, payload)
        self.counts[event] += done
        return done

    async def agree(self) -> None:
        """All believe the same, soon after everybody is quiet."""
        ends = time.monotonic() + SETTLE_SECONDS
        while True:
            views = {one.name: await one.told() for one in self.everybody}
            own = {"me", "lines"}
            compared = [{k: v for k, v in view.items() if k not in own} for view in views.values()]
            whole = {view["me"] for view in views.values()} == set(compared[0]["avatars"])
            if whole and alike(compared):
                self.counts["agreed"] += 1
                return
            if time.monotonic() > ends:
                me = [view["me"] for view in views.values()]
                raise AssertionError(f"they disagree; they are {me}: {differences(views)}")
            await asyncio.sleep(0.3)

    async def go_on(
        self,
        link: Link,
        seconds: float,
        *,
        rounds: tuple[float, float] = (15, 40),
        outages: tuple[float, float] = (4, 14),
        often: float = 0.7,
    ) -> None:
        """For that long in bad weather, in rounds (seconds) with an outage after the first and that
        share of the others. Lines break when it lasts for more than ten seconds."""
        link.weather = bad = Weather()
        self.avatars = before = [(await one.told())["me"] for one in self.everybody]
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            until = min(ends, time.monotonic() + self.dice.uniform(*rounds))
            while time.monotonic() < until:
                await asyncio.gather(*(self.play(one) for one in self.everybody))
                await asyncio.sleep(self.dice.random())
            if self.counts["outages"] == 0 or self.dice.random() < often:
                await self._outage(bad, self.dice.uniform(*outages))
            await self.agree()
            assert [(await one.told())["me"] for one in self.everybody] == before, "new avatars"
            self.counts["lines"] = sum([(await o.told()).get("lines", 0) for o in self.everybody])
            print(f"{max(0, ends - time.monotonic()):4.0f} s left: {dict(self.counts)}", flush=True)

    async def _outage(self, weather: Weather, seconds: float) -> None:
        """In which the others miss what the first one does."""
        weather.down = True
        self.counts["outages"] += 1
        for _ in range(3):
            await self.play(self.everybody[0])
        await asyncio.sleep(seconds)
        weather.down = False


def differences(views: dict[str, dict[str, Any]]) -> str:
    """What not all of them believe: by member, then by who."""
    flat = {name: dict(leaves(view)) for name, view in views.items()}
    paths = sorted({path for view in flat.values() for path in view} - {"/me", "/lines"})
    told = {path: {name: view.get(path, "-") for name, view in flat.items()} for path in paths}
    return json.dumps({k: v for k, v in told.items() if not alike([*v.values()])})


def alike(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in it, by where it is."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}/{name}")
    else:
        yield path, value
