"""A process that orders without end and says what was accepted; tests kill it.

Usage: python -m tests.server.orders.ordering FOLDER|URL. A line `placed <id>` or
`cancelled <id>` is what a buyer was told.
"""

import asyncio
import sys
import uuid
from datetime import UTC, datetime

from server.auth import Person, Role
from server.errors import Conflict
from server.orders.action import Action
from tests.server.orders.shop import Shop, body, gift_body, opened

BUYERS = 12
COUNTED = {"LAMP": 400, "TEA": 900, "SHOE": 40}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def buy(shop: Shop, n: int) -> None:
    buyer = Person(f"buyer-{n}", "Buyer", Role.SHOPPER)
    for turn in range(10_000):
        lines = (("TEA-01", 1 + turn % 3), ("SHOE-01" if turn % 4 == 0 else "LAMP-01", 1))
        slot = f"milano:{datetime.now(UTC).year + 1}-01-{1 + turn % 28:02}T10:00"
        wish = gift_body(*lines) if turn % 5 == 0 else body(*lines, slot=slot)
        try:
            order, _ = await shop.orders.place(buyer, str(uuid.uuid4()), wish)
            say(f"placed {order.id}")
            if turn % 2:
                await shop.orders.act(buyer, order.id, Action.CANCEL, None)
                say(f"cancelled {order.id}")
        except Conflict:
            await asyncio.sleep(0.001)  # sold out, or the slot is full


async def main() -> None:
    async with opened(sys.argv[1]) as store:
        await order(Shop(store, lambda: datetime.now(UTC)))


async def order(shop: Shop) -> None:
    if not (await shop.store.find("stock", {})).items:
        await shop.stocked(**COUNTED)
    shop.recovery.gather_seconds = 0.01
    shop.orders.pokes = (shop.recovery.poke,)
    shop.orders.new_id = lambda: str(uuid.uuid4())
    await asyncio.gather(shop.recovery.run(), *(buy(shop, n) for n in range(BUYERS)))


if __name__ == "__main__":
    asyncio.run(main())
