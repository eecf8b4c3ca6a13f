"""What avatars can look like: built-in figures, and models of the house."""

from typing import Any

import pytest

from server.rooms.figure_routes import routes
from server.rooms.figures import FigureService, measure
from server.rooms.repository import Figures
from tests.server.rooms.house import opened
from tests.server.web import bearer, serving

BODY = {"name": {"en": "Fox", "fr": "Renard"}, "asset": "fox"}


class Models:
    """Files as the assets tell them."""

    def __init__(self) -> None:
        self.sizes = {"fox": (900, 5_000), "hall": (90_000, 5_000), "whale": (900, 5_000_000)}
        self.metres = {
            "fox": (0.6, 1.7, 0.5),
            "giant": (10.0, 40.0, 8.0),
            "crumb": (0.004, 0.01, 0.004),
            "banner": (9.0, 1.7, 0.1),
        }
        self.sizes |= dict.fromkeys(("giant", "crumb", "banner", "unmeasured"), (900, 5_000))

    async def files(self, asset_id: str) -> list[dict[str, Any]]:
        if asset_id not in self.sizes:
            return []
        triangles, size = self.sizes[asset_id]
        more = {"bytes": size, "triangles": triangles}
        names = {"headset": "headset.glb", "web": "web.glb", "poster": "poster.webp"}
        return [{"profile": p, "lod": 0, "name": n, "url": n, **more} for p, n in names.items()]

    async def dimensions(self, asset_id: str) -> tuple[float, float, float] | None:
        return self.metres.get(asset_id)


@pytest.fixture
async def service(open_store) -> FigureService:
    return FigureService(Figures(await open_store()), Models())


async def test_the_house_offers_a_model_as_a_figure(service):
    async with serving(routes(service)) as client:
        listed = await (await client.get("/api/avatars")).json()
        assert [one["id"] for one in listed["items"]] == ["round", "tall", "small", "leaf", "stone"]
        assert all(one["files"] == [] for one in listed["items"])
        put = await client.put("/api/avatars/fox", json=BODY, headers=bearer("designer"))
        assert put.status == 200, await put.text()
        listed = await (await client.get("/api/avatars")).json()
        assert listed["items"][-1] == await put.json()
        assert {file["name"] for file in listed["items"][-1]["files"]} == {
            "headset.glb", "web.glb", "poster.webp",
        }  # fmt: skip
        gone = await client.delete("/api/avatars/fox", headers=bearer("staff"))
        assert gone.status == 204
        again = await client.delete("/api/avatars/fox", headers=bearer("staff"))
        assert (again.status, (await again.json())["type"]) == (404, "unknown-figure")


@pytest.mark.parametrize(
    ("figure", "body", "problem"),
    [
        ("round", BODY, "built-in-figure"),
        ("hall", {**BODY, "asset": "hall"}, "unfit-figure"),
        ("whale", {**BODY, "asset": "whale"}, "unfit-figure"),
        ("nobody", {**BODY, "asset": "not-ready"}, "unfit-figure"),
        ("nameless", {**BODY, "name": {"fr": "Renard"}}, "unfit-figure"),
        ("A%20Fox", BODY, None),
        ("more", {**BODY, "scale": 9}, None),
    ],
)
async def test_what_cannot_be_worn_is_refused_with_a_reason(service, figure, body, problem):
    async with serving(routes(service)) as client:
        answer = await client.put(f"/api/avatars/{figure}", json=body, headers=bearer("staff"))
        assert answer.status in {409, 422}
        told = await answer.json()
        assert told["detail"]
        assert problem is None or told["type"] == problem


@pytest.mark.parametrize(
    ("asset", "words"),
    [("giant", "40 m tall"), ("crumb", "0.01 m tall"), ("banner", "9 m wide"), ("unmeasured", "")],
)
async def test_a_figure_is_about_as_large_as_a_person(service, asset, words):
    async with serving(routes(service)) as client:
        body, headers = {**BODY, "asset": asset}, bearer("staff")
        answer = await client.put("/api/avatars/big", json=body, headers=headers)
        problem = await answer.json()
        assert (answer.status, problem["type"]) == (422, "unfit-figure")
        assert words in problem["detail"]
        assert not words or "--unit" in problem["detail"]
        (await client.put("/api/avatars/fox", json=BODY, headers=headers)).raise_for_status()


@pytest.mark.parametrize("height", [0.3, 3.0])
def test_small_and_tall_ones_are_welcome(height):
    measure((1.0, height, 1.0))


async def test_shoppers_choose_and_do_not_offer(service):
    async with serving(routes(service)) as client:
        answer = await client.put("/api/avatars/fox", json=BODY, headers=bearer("shopper"))
        assert answer.status == 403


async def test_a_figure_is_worn_in_a_room_and_kept_when_one_comes_back(open_store):
    store = await open_store()
    service = FigureService(Figures(store), Models())
    await Figures(store).put({"id": "fox", **BODY})
    async with opened(store, {"later": service.acts()}) as house:
        anna, bruno = await house.enter("Anna"), await house.enter("Bruno")
        refused = await anna.act("profile", figure="unicorn")
        assert refused["error"]["type"] == "unknown-figure"
        worn = await anna.act("profile", figure="fox", color="#0a0b0c", name="Anna Maria")
        assert worn["avatar"]["figure"] == "fox"
        changed = await bruno.hears("changed")
        assert changed == {"rev": worn["rev"], "avatar": worn["avatar"]}
        carla = await house.enter("Carla")
        assert worn["avatar"] in carla.welcome["avatars"]
        resume = anna.welcome["resume"]
        await anna.leave()
        await bruno.hears("left", avatar_id=worn["avatar"]["id"])
        back = house.shopper("Anna")
        await back.connect({"resume": resume})
        you = back.welcome["you"]
        assert (you["name"], you["figure"], you["color"]) == ("Anna Maria", "fox", "#0a0b0c")


async def test_a_guest_brings_a_figure_along(open_store):
    async with opened(await open_store()) as house:
        anna = house.shopper("Anna")
        anna.person.avatar["figure"] = "leaf"
        await anna.connect({"ticket": (await house.ticket(anna.person))["ticket"]})
        assert anna.welcome["you"]["figure"] == "leaf"
