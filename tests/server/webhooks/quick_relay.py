"""A relay as the composition makes it, with a schedule of milliseconds."""

import random
import uuid
from datetime import UTC, datetime
from typing import Any

from server.storage.port import Store
from server.webhooks.repository import Webhooks
from server.webhooks.sender import HttpSender
from server.webhooks.service import Relay
from tests.server.webhooks.outbox import Outbox

QUICK = 0.0005  # the schedule becomes 0, 2.5 ms, 150 ms, 0.9 s, …


def now() -> datetime:
    return datetime.now(UTC)


def relay_on(store: Store, sender: HttpSender, **options: Any) -> Relay:
    options = {"scale": QUICK, "grace_seconds": 0.05, **options}
    return Relay(
        Webhooks(store),
        [Outbox(store)],
        sender,
        clock=now,
        new_id=lambda: uuid.uuid4().hex,
        chance=random.Random(1).random,
        **options,
    )
