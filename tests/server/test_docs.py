"""The docs name every route, event, message and setting, and nothing that is gone."""

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from server.app import open_house
from server.rooms.messages import DOWN, UP
from server.settings import Settings
from server.settings_page import page, present

DESCRIBED = ("/api", "/assets", "/asyncapi", "/healthz", "/j/", "/metrics", "/openapi", "/readyz")
EVENT = re.compile(r'"((?:order|gift|asset|endpoint)\.[a-z_]+)"')

LOGGED = re.compile(r'log\.\w+\(\s*"[^"]+"')  # names of log lines are not events


@pytest.fixture
def told_of(root: Path) -> str:
    """The server's README, and what is told of rooms on pages of their own."""
    return "\n".join([(root / "server" / "README.md").read_text(), pages_of_rooms(root)])


def pages_of_rooms(root: Path) -> str:
    return "\n".join(file.read_text() for file in sorted((root / "docs" / "rooms").glob("*.md")))


@pytest.fixture
async def house(tmp_path: Path):
    house = await open_house(Settings(data=tmp_path))
    yield house
    await house.close()


async def test_every_route_is_in_the_docs_and_in_openapi(house, told_of):
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
    told = set(re.findall(r"^\| `([A-Z]+ /\S+)` ", told_of, re.MULTILINE))
    assert told == served


def test_the_page_of_settings_is_current_and_tells_of_each(root):
    written = (root / "docs" / "settings.md").read_text()
    assert written == page(), "run `vitrine settings --markdown > docs/settings.md`"
    told = re.findall(r"^\| `VITRINE_(\w+)` \|[^|]+\| [^|]{7,} \|$", written, re.MULTILINE)
    assert told == [name.upper() for name in Settings.__struct_fields__]


def test_settings_show_what_applies_and_no_secrets():
    secrets = {"secret": "s" * 40, "database_url": "mongodb://u:password@host/name"}
    found = dict(present(Settings(port=9000, **secrets)))
    shown = {knob.name: value for knob, value in found.items()}
    assert shown["port"] == "9000"
    assert shown["tick_hz"] == "30"
    assert {shown[name] for name in secrets} == {"(set)"}
    assert shown["smtp_password"] == ""


def test_every_event_is_in_the_docs(root, told_of):
    sources = (root / "server").rglob("*.py")
    texts = [LOGGED.sub("", source.read_text()) for source in sources]
    known = {name for text in texts for name in EVENT.findall(text)}
    told = set(re.findall(r"`((?:order|gift|asset|endpoint)\.[a-z_]+)`", told_of))
    assert told == known
    assert len(known) >= 12


async def test_every_message_has_an_act(house):
    assert house.sockets.acts.keys() == set(UP.values())


def test_every_message_is_in_the_docs(root, told_of):
    rooms = told_of.split("## Rooms")[1].split("## Settings")[0] + pages_of_rooms(root)
    for name in {*UP, *DOWN, "pose", "poses"}:
        assert f"`{name}" in rooms, name
