"""Routes on a real aiohttp server, with a person per role to call them as."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.auth import Person, Role
from server.errors import Unauthenticated
from server.middleware import errors, identify
from server.routing import Route, add_routes

PEOPLE = {str(role): Person(f"{role}-1", str(role).title(), role) for role in Role}


def bearer(role: str) -> dict[str, str]:
    """Headers that make the request a `role`'s."""
    return {"Authorization": f"Bearer {role}"}


async def who(token: str) -> Person:
    if token not in PEOPLE:
        raise Unauthenticated
    return PEOPLE[token]


@asynccontextmanager
async def serving(routes: Sequence[Route]) -> AsyncIterator[TestClient]:
    app = web.Application(middlewares=[errors(), identify(who)])
    add_routes(app, routes)
    async with TestClient(TestServer(app)) as client:
        yield client
