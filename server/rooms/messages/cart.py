"""A person's own cart and orders, on all their devices."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from server.rooms.messages.base import Done, Down, Id, Up

MAX_LINES = 50  # of a cart, as many as one can order


class CartLine(Struct, frozen=True):
    sku: Id
    variant: Id | None = None
    quantity: Annotated[int, Meta(ge=1, le=99)] = 1


class SetCart(Up, frozen=True, tag="cart"):
    """Replace one's own cart; the acknowledgement carries it."""

    lines: Annotated[list[CartLine], Meta(max_length=MAX_LINES)]


class Filled(Done, frozen=True, kw_only=True):
    """Answers cart."""

    cart: dict[str, Any]


class CartSet(Down, frozen=True, tag="cart"):
    """To the person's own sockets."""

    cart: dict[str, Any]


class OrderChanged(Down, frozen=True, tag="order"):
    """To the person's own sockets: the order as the shopper may see it."""

    order: dict[str, Any]


UP: tuple[type[Up], ...] = (SetCart,)
DOWN: tuple[type[Down], ...] = (CartSet, OrderChanged)
