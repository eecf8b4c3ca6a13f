"""Faults at random, for as long as one likes: `make soak` (MINUTES=10, SEED=…).

The same house, people and checks as in test_faults.py. The seed is printed: with it the same faults
come in the same order, as long as each.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.faults import FAULTS
from tests.faults.house import House, standing
from tests.faults.use import in_use

LONGEST_SECONDS = 8.0  # that something is away
PAUSE_SECONDS = 3.0  # at most, between two faults


def possible(house: House) -> list[str]:
    """Faults that can be made on this machine; says which cannot."""
    missing = {
        "clock_jumps": house.clock is None and "needs a C compiler",
        "disk_full": not house.small_disks and "needs root, and leave to mount a disk",
    }
    for fault, reason in missing.items():
        if reason:
            print(f"left out: {fault} {reason}")
    return [fault for fault in FAULTS if not missing.get(fault)]


async def hurt(house: House, minutes: float, dice: random.Random) -> Counter[str]:
    """How often each happened. Raises AssertionError when a promise is broken."""
    done: Counter[str] = Counter()
    faults = possible(house)
    until = time.monotonic() + 60 * minutes
    async with in_use(house) as use:
        while time.monotonic() < until:
            fault = dice.choice(faults)
            await use.hurt(fault, dice.uniform(0.5, LONGEST_SECONDS))
            await use.well()
            done[fault] += 1
            await asyncio.sleep(dice.uniform(0.0, PAUSE_SECONDS))
        print(
            f"soak: {len(use.promises.orders)} orders, {len(use.promises.cancelled)} cancelled, "
            f"{len(use.promises.uploads)} models, {len(use.receiver.events)} calls; "
            f"refused for a while: {dict(use.promises.refused)}"
        )
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, standing(Path(folder)) as house:
        done = asyncio.run(hurt(house, options.minutes, random.Random(options.seed)))
    print(f"soak: every promise kept through {done.total()} faults: {dict(done)}")


if __name__ == "__main__":
    main()
