"""How products and stores are stored."""

from collections.abc import Callable

import msgspec

from server.catalog.product import Product
from server.catalog.store import Store as Shop
from server.storage.port import Change, Doc, Exists, Index, Insert, Missing, Store

PRODUCT = "product"
STORE = "store"
INDEXES = (Index(STORE, "ships"), Index(PRODUCT, "asset"))


class Catalog:
    """Products by SKU, stores by id."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def product(self, sku: str) -> Product | None:
        doc = await self.store.get(PRODUCT, sku)
        return msgspec.convert(doc, Product) if doc else None

    async def products(self, limit: int, after: str | None) -> tuple[list[Product], str | None]:
        page = await self.store.find(PRODUCT, {}, limit=limit, after=after)
        return [msgspec.convert(doc, Product) for doc in page.items], page.next

    async def put_product(self, sku: str, make: Callable[[Product | None], Product]) -> Product:
        """Create or change; `make` gets what is there and may run more than once."""

        def change(doc: Doc | None) -> Doc:
            old = msgspec.convert(doc, Product) if doc else None
            new = make(old)
            return doc if doc is not None and new == old else _document(sku, new)

        return msgspec.convert(await self._put(PRODUCT, sku, change), Product)

    async def shop(self, id: str) -> Shop | None:
        doc = await self.store.get(STORE, id)
        return msgspec.convert(doc, Shop) if doc else None

    async def shops(self) -> list[Shop]:
        page = await self.store.find(STORE, {}, limit=1000)
        return [msgspec.convert(doc, Shop) for doc in page.items]

    async def put_shop(self, id: str, make: Callable[[Shop | None], Shop]) -> Shop:
        """Create or change; `make` gets what is there and may run more than once."""

        def change(doc: Doc | None) -> Doc:
            return _document(id, make(msgspec.convert(doc, Shop) if doc else None))

        return msgspec.convert(await self._put(STORE, id, change), Shop)

    async def _put(self, kind: str, id: str, change: Callable[[Doc | None], Doc]) -> Doc:
        try:
            (doc,) = await self.store.run(Change(kind, id, change))
        except Missing:
            (doc,) = await self._insert(kind, id, change)
        assert doc is not None  # noqa: S101 - only Delete answers None
        return doc

    async def _insert(
        self, kind: str, id: str, change: Callable[[Doc | None], Doc]
    ) -> list[Doc | None]:
        try:
            return await self.store.run(Insert(kind, id, change(None)))
        except Exists:  # somebody was faster
            return await self.store.run(Change(kind, id, change))


def _document(id: str, noun: Product | Shop) -> Doc:
    return {**msgspec.to_builtins(noun), "id": id}
