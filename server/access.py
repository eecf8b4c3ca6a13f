"""Keys and logins from the terminal, beside a running server as well.

The embedded store belongs to one process. While a server has it, the command asks that server,
with a token it signs itself: who can read the data folder's secret runs the place anyway.
"""

import json
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec

from server.app import DATABASE
from server.auth import SESSION, Person, Role, Tokens
from server.people.passwords import Passwords
from server.people.repository import INDEXES, People
from server.people.routes import NewAccount, NewKey
from server.people.service import PeopleService
from server.process import ADDRESS, Stopped
from server.secret import own_secret
from server.settings import Settings
from server.storage.embedded import EmbeddedStore, InUse

MINUTE = timedelta(minutes=1)
WISHES = {
    "login": "A login has 2 to 64 lower-case letters, digits and . _ @ - in it.",
    "password": "A password has at least 8 characters.",
    "name": "A name is one line of at most 40 characters.",
}


async def create_key(settings: Settings, name: str, role: str) -> str:
    """The new key's text. Raises Stopped."""
    body = _checked({"name": name, "role": role}, NewKey)
    try:
        people, store = await _people(settings)
    except InUse:
        return str((await _ask(settings, "/api/keys", body))["key"])
    try:
        return await people.create_key(name, Role(role))
    finally:
        await store.close()


async def put_account(settings: Settings, login: str, password: str, name: str, role: str) -> None:
    """Create a login or renew its password. Raises Stopped."""
    body = _checked({"login": login, "password": password, "name": name, "role": role}, NewAccount)
    try:
        people, store = await _people(settings)
    except InUse:
        await _ask(settings, "/api/accounts", body)
        return
    try:
        await people.put_account(login, password, name, Role(role))
    finally:
        await store.close()


def _checked(body: dict[str, str], kind: type[NewKey | NewAccount]) -> dict[str, str]:
    """What the server would accept. Raises Stopped."""
    try:
        msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        field = str(error).rsplit("$.", 1)[-1].rstrip("`")
        raise Stopped(WISHES.get(field, str(error))) from error
    return body


async def _people(settings: Settings) -> tuple[PeopleService, EmbeddedStore]:
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds addresses
    store = await EmbeddedStore.open(settings.data / DATABASE, INDEXES)
    people = PeopleService(
        people=People(store),
        tokens=Tokens(own_secret(settings.data)),
        passwords=Passwords(),
        clock=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid.uuid4()),
        new_secret=lambda: secrets.token_hex(32),
    )
    return people, store


async def _ask(settings: Settings, path: str, body: dict[str, str]) -> dict[str, Any]:
    """The running server's answer. Raises Stopped with its reason."""
    operator = Person("operator", "Operator", Role.OPERATOR)
    tokens = Tokens(own_secret(settings.data))
    token = tokens.issue(operator, SESSION, MINUTE, datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    try:
        url = json.loads((settings.data / ADDRESS).read_text())["url"]
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(url + path, json=body) as answer,
        ):
            found = await answer.json(content_type=None) if answer.status != 204 else {}
            if answer.status >= 400:
                raise Stopped(f"{found['title']}: {found['detail']}")
    except (OSError, ValueError, KeyError, aiohttp.ClientError) as error:
        raise Stopped(
            f"Another process has {settings.data}, and no server answers for it. "
            "Stop that process, or wait until its server is up."
        ) from error
    return dict(found)
