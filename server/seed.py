"""Filling a server from a folder: a scene, its products and stores, and their models.

    DIR/scene.json      the showroom (scenes/scene.schema.json)
    DIR/products.json   {"products": […], "stores": […]}
    DIR/models/*.glb    what both name

Done again, it changes what changed: a model whose bytes are known is not converted anew, stock
that exists is left as it is, and an asset that a designer uploaded meanwhile stays.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import jsonschema
import msgspec

from server.catalog.product import ProductBody
from server.catalog.store import StoreBody

SCHEMA: Final = Path(__file__).parent.parent / "scenes" / "scene.schema.json"
POLL_SECONDS: Final = 0.2


class BadSeed(ValueError):
    """The folder's files do not fit together; the message names file and place."""


class Catalog(Protocol):
    async def put_product(self, sku: str, body: ProductBody) -> Any: ...
    async def put_store(self, id: str, body: StoreBody) -> Any: ...


class Stock(Protocol):
    async def skus_in_stock(self, store: str) -> set[str]: ...
    async def set_on_hand(self, store: str, sku: str, on_hand: int) -> Any: ...


class Showrooms(Protocol):
    async def put_showroom(self, document: dict[str, Any]) -> Any: ...


class Assets(Protocol):
    async def ingest(self, path: Path, sku: str | None) -> str:
        """The id of the asset of this very model; queued when it is new."""
        ...

    async def state(self, asset: str) -> tuple[str, float, str]:
        """(status, progress 0 to 1, what is wrong)."""
        ...


class SeedProduct(msgspec.Struct):
    """A product of products.json: what staff would say of it, and the model to show."""

    sku: str
    model: str
    body: ProductBody


class SeedStore(msgspec.Struct):
    id: str
    body: StoreBody
    stock: dict[str, int]


class Seed(msgspec.Struct):
    """A folder, read and checked."""

    folder: Path
    scene: dict[str, Any]
    products: list[SeedProduct]
    stores: list[SeedStore]

    def model(self, name: str) -> Path:
        return self.folder / "models" / f"{name}.glb"

    def scene_models(self) -> list[str]:
        """Names of the models that stand in the room and are no product."""
        return sorted({node["model"] for node in self.scene["nodes"]})


@dataclass
class Sower:
    """Puts a seed into the services. `report(done, total, name)` is called as models convert."""

    catalog: Catalog
    stock: Stock
    showrooms: Showrooms
    assets: Assets
    report: Callable[[float, int, str], None] = lambda *_: None
    pause: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep)

    async def sow(self, seed: Seed) -> list[str]:
        """Returns warnings: models that did not convert, by name and reason."""
        for store in seed.stores:
            await self.catalog.put_store(store.id, store.body)
            known = await self.stock.skus_in_stock(store.id)
            for sku in store.stock.keys() - known:
                await self.stock.set_on_hand(store.id, sku, store.stock[sku])
        models = {  # first: a room without walls is no place to wait in
            name: await self.assets.ingest(seed.model(name), None) for name in seed.scene_models()
        }
        queued: dict[str, str] = {}
        for product in seed.products:
            await self.catalog.put_product(product.sku, product.body)
            queued[product.model] = await self.assets.ingest(seed.model(product.model), product.sku)
        await self.showrooms.put_showroom(
            {
                "id": seed.scene["id"],
                "name": seed.scene["name"],
                "scene": seed.scene,
                "models": models,
            }
        )
        return await self._wait(queued | models)

    async def _wait(self, assets: dict[str, str]) -> list[str]:
        open_assets, warnings = dict(assets), []
        while open_assets:
            under_way = 0.0
            for name, asset in list(open_assets.items()):
                status, progress, wrong = await self.assets.state(asset)
                under_way += progress
                if status in {"ready", "failed"}:
                    del open_assets[name]
                    under_way -= progress
                    if status == "failed":
                        warnings.append(f"{name}: {wrong}")
            done = len(assets) - len(open_assets) + under_way
            self.report(done, len(assets), next(iter(open_assets), ""))
            if open_assets:
                await self.pause(POLL_SECONDS)
        return warnings


def read_seed(folder: Path) -> Seed:
    """Raises BadSeed."""
    scene = _json(folder / "scene.json")
    try:
        jsonschema.validate(scene, _json(SCHEMA))
    except jsonschema.ValidationError as error:
        raise BadSeed(f"{folder / 'scene.json'}, {error.json_path}: {error.message}") from error
    shelf = _json(folder / "products.json")
    try:
        products = [_product(entry) for entry in shelf["products"]]
        stores = [_store(entry) for entry in shelf["stores"]]
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise BadSeed(f"{folder / 'products.json'}: {error}") from error
    seed = Seed(folder, scene, products, stores)
    names = [*seed.scene_models(), *(product.model for product in products)]
    for name in names:
        if not seed.model(name).is_file():
            raise BadSeed(f"{seed.model(name)} is missing.")
    return seed


def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadSeed(f"{path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise BadSeed(f"{path} is not JSON: {error}.") from error


def _product(entry: dict[str, Any]) -> SeedProduct:
    body = {name: entry[name] for name in ProductBody.__struct_fields__ if name in entry}
    return SeedProduct(entry["sku"], entry["model"], msgspec.convert(body, ProductBody))


def _store(entry: dict[str, Any]) -> SeedStore:
    body = {name: entry[name] for name in StoreBody.__struct_fields__ if name in entry}
    return SeedStore(entry["id"], msgspec.convert(body, StoreBody), entry.get("stock", {}))
