"""Deliveries to others and their administration, put together."""

import secrets
from dataclasses import dataclass
from random import random

from server.assets.service import AssetService
from server.composition import world
from server.orders.service import OrderService
from server.settings import Settings
from server.storage.port import Store
from server.webhooks import repository
from server.webhooks.administration import Administration
from server.webhooks.sender import HttpSender
from server.webhooks.service import Relay


@dataclass
class Webhooks:
    """The webhooks feature."""

    administration: Administration
    relay: Relay
    sender: HttpSender


def make_webhooks(
    settings: Settings, store: Store, outboxes: list[OrderService | AssetService]
) -> Webhooks:
    documents = repository.Webhooks(store)
    sender = HttpSender(
        timeout_seconds=settings.webhook_timeout_seconds,
        allow_http=settings.webhook_allow_http,
        allow_private=settings.webhook_allow_http,
    )
    relay = Relay(
        webhooks=documents,
        outboxes=outboxes,
        sender=sender,
        clock=world.utc_now,
        new_id=world.new_id,
        chance=random,
        scale=settings.webhook_retry_scale,
        lease_seconds=2 * settings.webhook_timeout_seconds,
    )
    administration = Administration(
        webhooks=documents,
        poke=relay.poke,
        clock=world.utc_now,
        new_id=world.new_id,
        random_bytes=secrets.token_bytes,
        allow_http=settings.webhook_allow_http,
        allow_private=settings.webhook_allow_http,
    )
    return Webhooks(administration, relay, sender)
