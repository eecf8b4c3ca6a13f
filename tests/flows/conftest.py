"""One real server with the demo showroom, for all journeys; each brings its own people."""

import contextlib
import shutil
import sqlite3
from concurrent.futures import Future
from pathlib import Path

import aiohttp
import pytest

from server.folder import DATABASE
from tests.flows.process import Running


@pytest.fixture(scope="session")
def demo(demo_begun: Future[Running]) -> Running:
    """Converted once by the real pipeline."""
    return demo_begun.result()


@pytest.fixture
def demo_copy(demo: Running, tmp_path: Path) -> Path:
    """A data folder with everything converted, for a server of one's own to start and kill."""
    target = tmp_path / "data"
    shutil.copytree(demo.data, target, ignore=shutil.ignore_patterns("*.db*", "server.json"))
    with (
        contextlib.closing(sqlite3.connect(demo.data / DATABASE)) as source,
        contextlib.closing(sqlite3.connect(target / DATABASE)) as copy,
    ):
        source.backup(copy)
    return target


class Api:
    """Somebody's calls to the server; answers (status, JSON)."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def call(self, method: str, path: str, json=None, **headers: str):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, path, json=json, headers=named) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str, **headers: str):
        return await self.call("GET", path, **headers)

    async def post(self, path: str, json=None, **headers: str):
        return await self.call("POST", path, json, **headers)


@pytest.fixture
async def api(demo: Running):
    """`async with api(token) as caller`: calls the demo server as whoever the token is."""
    sessions: list[aiohttp.ClientSession] = []

    def caller(token: str = "", url: str = "") -> Api:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sessions.append(aiohttp.ClientSession(url or demo.url, headers=headers))
        return Api(sessions[-1])

    yield caller
    for session in sessions:
        await session.close()
