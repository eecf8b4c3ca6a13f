"""Asking about products and stores, and changing them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import msgspec

from server.catalog.product import NoSuchProduct, Product, ProductBody, ProductView, make_product
from server.catalog.repository import Catalog
from server.catalog.store import NoSuchStore, Slot, Store, StoreBody, make_store, slots_on


class Assets(Protocol):
    async def files(self, asset_id: str) -> list[dict[str, Any]]: ...


@dataclass
class CatalogService:
    catalog: Catalog
    assets: Assets

    async def product(self, sku: str) -> Product:
        """Raises NoSuchProduct."""
        found = await self.catalog.product(sku)
        if found is None:
            raise NoSuchProduct(sku=sku)
        return found

    async def view(self, product: Product) -> ProductView:
        """With the files that are ready."""
        files = await self.assets.files(product.asset) if product.asset else []
        return ProductView(**msgspec.structs.asdict(product), files=files)

    async def products(self, limit: int, after: str | None) -> tuple[list[ProductView], str | None]:
        """Raises ValueError for a cursor that is not ours."""
        found, cursor = await self.catalog.products(limit, after)
        return [await self.view(product) for product in found], cursor

    async def put_product(self, sku: str, body: ProductBody) -> Product:
        """Create or replace; an asset that was attached stays when the body names none."""

        def make(old: Product | None) -> Product:
            if old is None:
                return make_product(sku, body, None, 1)
            new = make_product(sku, body, old.asset, old.version)
            return old if new == old else msgspec.structs.replace(new, version=old.version + 1)

        return await self.catalog.put_product(sku, make)

    async def attach(self, sku: str, asset: str) -> None:
        """The product shows this asset from now on. Raises NoSuchProduct."""

        def make(old: Product | None) -> Product:
            if old is None:
                raise NoSuchProduct(sku=sku)
            if old.asset == asset:
                return old
            return msgspec.structs.replace(old, asset=asset, version=old.version + 1)

        await self.catalog.put_product(sku, make)

    async def exists(self, sku: str) -> bool:
        return await self.catalog.product(sku) is not None

    async def store(self, id: str) -> Store:
        """Raises NoSuchStore."""
        found = await self.catalog.shop(id)
        if found is None:
            raise NoSuchStore(store=id)
        return found

    async def stores(self) -> list[Store]:
        return await self.catalog.shops()

    async def put_store(self, id: str, body: StoreBody) -> Store:
        """Create or replace. Raises BadStore."""

        def make(old: Store | None) -> Store:
            return make_store(id, body, old.version + 1 if old else 1)

        return await self.catalog.put_shop(id, make)

    async def shipping_store(self) -> Store | None:
        """Where gift boxes leave from: the first that ships."""
        return next((store for store in await self.stores() if store.ships), None)

    async def slots(self, store: str, day: date) -> list[Slot]:
        """Raises NoSuchStore."""
        return slots_on(await self.store(store), day)
