"""Keys, logins and rooms from the terminal, beside a running server as well.

The embedded store belongs to one process. While a server has it, the command asks that server,
with a token it signs itself: who can read the data folder's secret runs the place anyway.

Nothing of the server's edges is imported here: a command would start twice as slowly.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from server.auth import SESSION, Person, Role, Tokens
from server.composition.people import make_people
from server.engines import BadEngine, open_store
from server.errors import VitrineError
from server.folder import ADDRESS, Stopped
from server.people.account import KEY_PREFIX, NewAccount, NewKey
from server.people.repository import INDEXES
from server.people.service import PeopleService
from server.secret import own_secret
from server.settings import Settings
from server.storage.port import InUse, Unavailable

MINUTE = timedelta(minutes=1)
NO_SERVER = "No server answers for {data}: start one with `vitrine serve`, or name its --data."
WISHES = {
    "login": "A login has 2 to 64 lower-case letters, digits and . _ @ - in it.",
    "password": "A password has at least 8 characters.",
    "name": "A name is one line of at most 40 characters.",
}


async def create_key(settings: Settings, name: str, role: str) -> str:
    """The new key's text. Raises Stopped."""
    body = _checked({"name": name, "role": role}, NewKey)
    try:
        async with _people(settings) as people:
            return await people.create_key(name, Role(role))
    except InUse:
        return str((await ask(settings, "POST", "/api/keys", body))["key"])


async def list_keys(settings: Settings) -> list[dict[str, str]]:
    """`{id, name, role}` of each. Raises Stopped."""
    try:
        async with _people(settings) as people:
            return [
                {"id": key.id, "name": key.name, "role": str(key.role)}
                for key in await people.keys()
            ]
    except InUse:
        return list((await ask(settings, "GET", "/api/keys"))["items"])


async def revoke_key(settings: Settings, key: str) -> None:
    """`key` is its id or its whole text. Raises Stopped."""
    id = key.removeprefix(KEY_PREFIX).partition("_")[0]
    try:
        async with _people(settings) as people:
            await people.revoke_key(id)
    except InUse:
        await ask(settings, "DELETE", f"/api/keys/{quote(id, safe='')}")


async def put_account(settings: Settings, login: str, password: str, name: str, role: str) -> None:
    """Create a login or renew its password. Raises Stopped."""
    body = _checked({"login": login, "password": password, "name": name, "role": role}, NewAccount)
    try:
        async with _people(settings) as people:
            await people.put_account(login, password, name, Role(role))
    except InUse:
        await ask(settings, "POST", "/api/accounts", body)


async def remove_account(settings: Settings, login: str) -> None:
    """Raises Stopped."""
    try:
        async with _people(settings) as people:
            await people.remove_account(login)
    except InUse:
        await ask(settings, "DELETE", f"/api/accounts/{quote(login, safe='')}")


async def rooms(settings: Settings) -> dict[str, Any]:
    """The open rooms of the server that runs on this data folder. Raises Stopped."""
    return await ask(settings, "GET", "/api/rooms", missing=NO_SERVER)


async def people(settings: Settings, room: str) -> list[dict[str, Any]]:
    """Who is in a room: `{avatar, name, role, silenced}`. Raises Stopped."""
    path = f"/api/rooms/{quote(room, safe='')}"
    return list((await ask(settings, "GET", path, missing=NO_SERVER))["people"])


async def kick(
    settings: Settings, room: str, avatar: str, minutes: int | None, reason: str
) -> None:
    """Send somebody out of the showroom. Raises Stopped."""
    how = {"reason": reason, **({} if minutes is None else {"minutes": str(minutes)})}
    path = f"/api/rooms/{quote(room, safe='')}/avatars/{quote(avatar, safe='')}?{urlencode(how)}"
    await ask(settings, "DELETE", path, missing=NO_SERVER)


def _checked(body: dict[str, str], kind: type[NewKey | NewAccount]) -> dict[str, str]:
    """What the server would accept. Raises Stopped."""
    try:
        msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        field = str(error).rsplit("$.", 1)[-1].rstrip("`")
        raise Stopped(WISHES.get(field, str(error))) from error
    return body


@contextlib.asynccontextmanager
async def _people(settings: Settings) -> AsyncIterator[PeopleService]:
    """The service on the store itself. Raises InUse, and Stopped for what the service refuses."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds addresses
    try:
        store = await open_store(settings, INDEXES)
    except (BadEngine, Unavailable) as error:
        raise Stopped(str(error)) from error
    try:
        yield make_people(settings, store, Tokens(own_secret(settings.data, settings.secret)))
    except VitrineError as error:
        raise Stopped(f"{error.title}: {error.message}") from error
    finally:
        await store.close()


async def ask(
    settings: Settings,
    method: str,
    path: str,
    body: dict[str, str] | None = None,
    missing: str = (
        "Another process has {data}, and no server answers for it. "
        "Stop that process, or wait until its server is up."
    ),
) -> dict[str, Any]:
    """The running server's answer. Raises Stopped with its reason."""
    import aiohttp

    operator = Person("operator", "Operator", Role.OPERATOR)
    tokens = Tokens(own_secret(settings.data, settings.secret))
    token = tokens.issue(operator, SESSION, MINUTE, datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    try:
        url = json.loads((settings.data / ADDRESS).read_text())["url"]
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, url + path, json=body) as answer,
        ):
            found = await answer.json(content_type=None) if answer.status != 204 else {}
            if answer.status >= 400:
                raise Stopped(f"{found['title']}: {found['detail']}")
    except (OSError, ValueError, KeyError, aiohttp.ClientError) as error:
        raise Stopped(missing.format(data=settings.data)) from error
    return dict(found)
