"""Filling a server from a folder, and folders that do not fit together."""

import json
import shutil
from pathlib import Path

import pytest

from server.seed import BadSeed, Sower, read_seed


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "scenes" / "demo", tmp_path / "demo")
    return tmp_path / "demo"


def change(file: Path, **members) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **members}))


class Shelves:
    """Catalogue, stock, showrooms and assets at once: they note what the seed puts where."""

    def __init__(self, stocked: set[str], states: dict[str, list[tuple[str, float, str]]]) -> None:
        self.stocked, self.states = stocked, states
        self.counted: dict[tuple[str, str], int] = {}
        self.products: list[str] = []
        self.ingested: dict[str, str | None] = {}
        self.showroom: dict = {}

    async def put_product(self, sku, body):
        self.products.append(sku)

    async def put_store(self, id, body):
        pass

    async def skus_in_stock(self, store):
        return self.stocked

    async def set_on_hand(self, store, sku, on_hand):
        self.counted[store, sku] = on_hand

    async def put_showroom(self, document):
        self.showroom = document

    async def ingest(self, path, sku):
        self.ingested[path.stem] = sku
        return f"asset-{path.stem}"

    async def state(self, asset):
        left = self.states.get(asset, [("ready", 1.0, "")])
        return left.pop(0) if len(left) > 1 else left[0]


async def sow(folder: Path, shelves: Shelves, report=lambda *_: None) -> list[str]:
    async def no_pause(_: float) -> None:
        pass

    return await Sower(shelves, shelves, shelves, shelves, report, no_pause).sow(read_seed(folder))


async def test_products_stores_models_and_the_showroom_are_put_in_place(folder):
    shelves = Shelves(set(), {})
    assert await sow(folder, shelves) == []
    assert len(shelves.products) == 8
    assert shelves.counted["milano", "VASE-01"] == 1
    assert shelves.ingested["shoe"] == "SHOE-01"
    assert shelves.showroom["models"]["showroom"] == "asset-showroom"


async def test_stock_that_exists_is_left_as_it_is(folder):
    shelves = Shelves({"VASE-01"}, {})
    await sow(folder, shelves)
    assert ("milano", "VASE-01") not in shelves.counted
    assert ("milano", "TEA-01") in shelves.counted


async def test_a_model_that_fails_is_named_and_the_rest_goes_on(folder):
    states = {
        "asset-shoe": [("queued", 0.0, ""), ("converting", 0.5, ""), ("failed", 0.5, "Cut off.")]
    }
    seen: list[tuple[float, int]] = []
    shelves = Shelves(set(), states)
    warnings = await sow(folder, shelves, lambda done, total, _: seen.append((done, total)))
    assert warnings == ["shoe: Cut off."]
    assert seen[-1] == (20, 20)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_scene_is_checked_against_its_schema(folder):
    change(folder / "scene.json", lights=[{"kind": "candle"}])
    with pytest.raises(BadSeed, match=r"scene\.json.*lights\[0\]"):
        read_seed(folder)


def test_a_file_that_is_not_there_or_not_json_is_named(folder):
    (folder / "products.json").write_text("{")
    with pytest.raises(BadSeed, match=r"products\.json is not JSON"):
        read_seed(folder)
    (folder / "scene.json").unlink()
    with pytest.raises(BadSeed, match=r"scene\.json cannot be read"):
        read_seed(folder)


def test_a_model_that_is_missing_is_named(folder):
    (folder / "models" / "rug.glb").unlink()
    with pytest.raises(BadSeed, match=r"rug\.glb is missing"):
        read_seed(folder)


def test_a_product_that_makes_no_sense_is_named(folder):
    products = json.loads((folder / "products.json").read_text())
    products["products"][0]["price"]["amount"] = "dear"
    change(folder / "products.json", **products)
    with pytest.raises(BadSeed, match=r"products\.json"):
        read_seed(folder)
