"""Products and stores over HTTP: everybody reads, the house writes."""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from server.auth import HOUSE, STAFF
from server.catalog.product import (
    NoSuchProduct,
    Product,
    ProductBody,
    ProductView,
    Sku,
    TwinVariants,
)
from server.catalog.service import CatalogService
from server.catalog.store import BadStore, NoSuchStore, Store, StoreBody, StoreId
from server.errors import BadRequest, Unprocessable
from server.routing import Call, Route

T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T]):
    """A page of a list; `next` goes into `after` for the following one."""

    items: list[T]
    next: str | None = None


class PageQuery(msgspec.Struct):
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    after: str | None = None


def routes(catalog: CatalogService) -> list[Route]:
    async def list_products(call: Call) -> Listing[ProductView]:
        try:
            items, cursor = await catalog.products(call.query.limit, call.query.after)
        except ValueError as error:
            raise BadRequest(reason=str(error)) from error
        return Listing(items, cursor)

    async def show_product(call: Call) -> ProductView:
        return await catalog.view(await catalog.product(call.path["sku"]))

    async def put_product(call: Call) -> Product:
        return await catalog.put_product(checked(call.path["sku"], Sku), call.body)

    async def list_stores(_: Call) -> Listing[Store]:
        return Listing(await catalog.stores())

    async def show_store(call: Call) -> Store:
        return await catalog.store(call.path["store"])

    async def put_store(call: Call) -> Store:
        return await catalog.put_store(checked(call.path["store"], StoreId), call.body)

    return [
        Route(
            "GET",
            "/api/products",
            list_products,
            "What is shown here",
            query=PageQuery,
            returns=Listing[ProductView],
        ),
        Route(
            "GET",
            "/api/products/{sku}",
            show_product,
            "One product with its files",
            returns=ProductView,
            errors=(NoSuchProduct,),
        ),
        Route(
            "PUT",
            "/api/products/{sku}",
            put_product,
            "Create or replace a product",
            roles=HOUSE,
            body=ProductBody,
            returns=Product,
            errors=(TwinVariants,),
        ),
        Route("GET", "/api/stores", list_stores, "Where one can collect", returns=Listing[Store]),
        Route(
            "GET",
            "/api/stores/{store}",
            show_store,
            "One store with its hours",
            returns=Store,
            errors=(NoSuchStore,),
        ),
        Route(
            "PUT",
            "/api/stores/{store}",
            put_store,
            "Create or replace a store",
            roles=STAFF,
            body=StoreBody,
            returns=Store,
            errors=(BadStore,),
        ),
    ]


def checked(text: str, kind: object) -> str:
    """A path's part as `kind`. Raises Unprocessable."""
    try:
        return str(msgspec.convert(text, kind))
    except msgspec.ValidationError as error:
        raise Unprocessable(reason=f"{text!r} cannot be used as a name: {error}.") from error
