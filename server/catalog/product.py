"""What a brand shows and sells."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from server.errors import NotFound, Unprocessable

Sku = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
VariantId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$(?!\n)")]
Line = Annotated[str, Meta(min_length=1, max_length=120)]
Paragraph = Annotated[str, Meta(max_length=2000)]
Metres = Annotated[float, Meta(gt=0, le=50)]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A short text in the three languages of the house."""

    en: Line
    fr: Line
    it: Line


class Descriptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: Paragraph = ""
    fr: Paragraph = ""
    it: Paragraph = ""


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` in minor units (cents) of an ISO 4217 `currency`."""

    amount: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


class Dimensions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The real product's, in metres."""

    width: Metres
    height: Metres
    depth: Metres


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A colour or finish; `material_variant` is its name in the model (KHR_materials_variants)."""

    id: VariantId
    names: Names
    swatch: Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$(?!\n)")]
    material_variant: Annotated[str, Meta(max_length=120)] = ""


class ProductBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What staff say of a product."""

    names: Names
    price: Money
    dimensions: Dimensions
    descriptions: Descriptions = Descriptions()
    variants: Annotated[tuple[Variant, ...], Meta(max_length=50)] = ()
    asset: Annotated[str, Meta(max_length=64)] | None = None


class Product(msgspec.Struct, frozen=True):
    """A product as stored; `version` counts its changes."""

    sku: str
    names: Names
    price: Money
    dimensions: Dimensions
    descriptions: Descriptions = Descriptions()
    variants: tuple[Variant, ...] = ()
    asset: str | None = None
    version: int = 1


class ProductView(Product, frozen=True):
    """With the files of its asset, as many as are ready."""

    files: list[dict[str, Any]] = []


class NoSuchProduct(NotFound):
    type = "unknown-product"
    title = "There is no such product"
    detail = "No product has the SKU {sku}. GET /api/products lists them."


class TwinVariants(Unprocessable):
    type = "twin-variants"
    title = "Two variants share an id"
    detail = "The id {variant} stands more than once."


def make_product(sku: str, body: ProductBody, asset: str | None, version: int) -> Product:
    """The product that `body` describes. Raises TwinVariants."""
    ids = [variant.id for variant in body.variants]
    twins = [id for id in ids if ids.count(id) > 1]
    if twins:
        raise TwinVariants(variant=twins[0])
    return Product(
        sku=sku,
        names=body.names,
        price=body.price,
        dimensions=body.dimensions,
        descriptions=body.descriptions,
        variants=body.variants,
        asset=body.asset or asset,
        version=version,
    )
