"""The docs name every route, event, message and setting, and nothing that is gone."""

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from server.app import open_house
from server.rooms.messages import DOWN, UP
from server.settings import Settings

DESCRIBED = ("/api", "/assets", "/asyncapi", "/healthz", "/j/", "/metrics", "/openapi", "/readyz")
EVENT = re.compile(r'"((?:order|gift|asset|endpoint)\.[a-z_]+)"')

LOGGED = re.compile(r'log\.\w+\(\s*"[^"]+"')  # names of log lines are not events


@pytest.fixture
def page(root: Path) -> str:
    """The server's README, and what is told of rooms on pages of their own."""
    return "\n".join([(root / "server" / "README.md").read_text(), pages_of_rooms(root)])


def pages_of_rooms(root: Path) -> str:
    return "\n".join(file.read_text() for file in sorted((root / "docs" / "rooms").glob("*.md")))


@pytest.fixture
async def house(tmp_path: Path):
    house = await open_house(Settings(data=tmp_path))
    yield house
    await house.close()


async def test_every_route_is_in_the_docs_and_in_openapi(house, page):
    async with TestClient(TestServer(house.web)) as client:
        document = await (await client.get("/openapi.json")).json()
    validate(document)
    described = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in house.web.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(DESCRIBED)
    }
    assert described == served
    told = set(re.findall(r"^\| `([A-Z]+ /\S+)` ", page, re.MULTILINE))
    assert told == served


def test_every_setting_is_in_the_docs(page):
    told = set(re.findall(r"^\| `VITRINE_(\w+)`", page, re.MULTILINE))
    assert told == {name.upper() for name in Settings.__struct_fields__}


def test_every_event_is_in_the_docs(root, page):
    sources = (root / "server").rglob("*.py")
    texts = [LOGGED.sub("", source.read_text()) for source in sources]
    known = {name for text in texts for name in EVENT.findall(text)}
    told = set(re.findall(r"`((?:order|gift|asset|endpoint)\.[a-z_]+)`", page))
    assert told == known
    assert len(known) >= 12


async def test_every_message_has_an_act(house):
    assert house.sockets.acts.keys() == set(UP.values())


def test_every_message_is_in_the_docs(root, page):
    rooms = page.split("## Rooms")[1].split("## Settings")[0] + pages_of_rooms(root)
    for name in {*UP, *DOWN, "pose", "poses"}:
        assert f"`{name}" in rooms, name
