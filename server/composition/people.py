"""Accounts, keys and sessions, put together."""

import secrets
from datetime import timedelta

from server.auth import Tokens
from server.composition import world
from server.people import repository as documents
from server.people.passwords import Passwords
from server.people.service import PeopleService
from server.settings import Settings
from server.storage.port import Store


def make_people(settings: Settings, store: Store, tokens: Tokens) -> PeopleService:
    return PeopleService(
        people=documents.People(store),
        tokens=tokens,
        passwords=Passwords(),
        clock=world.utc_now,
        new_id=world.new_id,
        new_secret=lambda: secrets.token_hex(32),
        session_lifetime=timedelta(hours=settings.session_hours),
    )
