"""The document of a room's messages is valid, whole, and true."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from server import asyncapi
from server.app import open_house
from server.rooms.limits import RATES
from server.rooms.messages import DOWN, UP, Problem, body_of
from server.rooms.pose import BadPose
from server.settings import Settings

META = "client_demo/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"


@pytest.fixture
async def document(tmp_path: Path) -> Any:
    house = await open_house(Settings(data=tmp_path))
    async with TestClient(TestServer(house.web)) as client:
        yield await (await client.get("/asyncapi.json")).json()
    await house.close()


async def test_it_follows_the_specification(document: Any, root: Path) -> None:
    jsonschema.Draft7Validator(json.loads((root / META).read_text())).validate(document)


async def test_every_message_is_in_it_and_nothing_else(document: Any) -> None:
    messages = document["components"]["messages"]
    ways = {"up": {*UP, "pose"}, "down": {*DOWN, "poses"}}
    for way, names in ways.items():
        found = {key: m["name"] for key, m in messages.items() if m.get("x-way") == way}
        assert found == {f"{way}.{name}": name for name in names}
    operations = document["operations"]
    assert operations.keys() == {f"on_{n}" for n in ways["up"]} | {
        f"tell_{n}" for n in ways["down"]
    }
    assert operations["on_grab"]["reply"]["messages"][0]["$ref"].endswith("/Leased")
    assert "watcher" not in messages["up.grab"]["x-roles"]


async def test_each_message_up_says_how_often_it_may_be_sent(document: Any) -> None:
    messages = document["components"]["messages"]
    rates = {m["name"]: m["x-rate"] for m in messages.values() if m.get("x-way") == "up"}
    assert rates["gather"] == {"per_second": 1, "at_once": 2, "shared": False}
    assert rates["grab"] == {"per_second": 20, "at_once": 40, "shared": True}
    assert rates["pose"]["per_second"] == 120
    own = {name for name, rate in rates.items() if not rate["shared"]}
    assert own == {*RATES, "pose"}


async def test_it_is_built_once_and_names_the_address_that_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    whole = asyncapi.document
    monkeypatch.setattr(asyncapi, "document", lambda *how: built.append(how) or whole(*how))
    house = await open_house(Settings(data=tmp_path))
    async with TestClient(TestServer(house.web)) as client:
        for host in ("a.example", "b.example:81", "a.example"):
            told = await (await client.get("/asyncapi.json", headers={"Host": host})).json()
            assert told["servers"]["house"]["host"] == host
    await house.close()
    assert len(built) == 1


async def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [r for item in value.values() for r in references(item)]
        if isinstance(value, list):
            return [r for item in value for r in references(item)]
        return []

    found = references(document)
    assert len(found) > 100
    for reference in found:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


async def test_a_payload_has_no_name_and_says_what_is_needed(document: Any) -> None:
    schemas = document["components"]["schemas"]
    grab = schemas["Grab"]
    assert "event" not in grab["properties"]
    assert "object" in grab["required"]
    jsonschema.Draft202012Validator({**grab, "components": document["components"]}).validate(
        {"object": "shoe"}
    )


async def test_each_payload_has_the_members_that_travel(document: Any) -> None:
    components = document["components"]
    for way, kinds in (("up", UP), ("down", DOWN)):
        for name, kind in kinds.items():
            payload = components["messages"][f"{way}.{name}"]["payload"]["$ref"]
            schema = components["schemas"][payload.rpartition("/")[2]]
            members = {field.encode_name for field in msgspec.structs.fields(kind)}
            assert schema["properties"].keys() == members, name


async def test_a_problem_that_is_told_is_as_its_schema_says(document: Any) -> None:
    payload = document["components"]["messages"]["down.problem"]["payload"]
    validator = jsonschema.Draft202012Validator({**payload, "components": document["components"]})
    told = body_of(Problem(BadPose(reason="one byte short").problem()))
    validator.validate(told)
    assert not validator.is_valid(told["error"])
